"""The network: rows of `architecture.py` become modules, forward is a loop over them.

B images, A anchor points (cells of all three levels), h×w cells of one level, nc classes.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Self, get_args

import torch
from torch import Tensor, nn

from yolov10.architecture import STRIDES, Layer, layers
from yolov10.errors import UserError
from yolov10.model_card import ModelCard
from yolov10.network.blocks import PSA, SPPF, C2f, C2fCIB, Concat, Conv, SCDown
from yolov10.network.fuse import fuse_modules
from yolov10.network.head import Detect, top_detections

Head = Literal["one2one", "one2many"]


def build(scale: str, num_classes: int = 80) -> "YOLOv10":
    """A network with fresh weights, both heads, published state-dict names, in training mode.

    Raises UserError for a scale other than n s m b l x, or fewer than one class.
    """
    return YOLOv10(ModelCard.unnamed(scale, num_classes))


class YOLOv10(nn.Module):
    """The detector of one scale; what it returns depends on its mode.

    `train()(images)`: `{"one2many": [P3, P4, P5], "one2one": [P3, P4, P5]}`, raw maps [B, 64 + nc, h, w].
    `eval()(images)`: detections [B, min(300, A), 6] of the one-to-one head, without ever computing the other.
    images: [B, 3, H, W] RGB in 0..1, H and W multiples of 32.
    """

    def __init__(self, card: ModelCard) -> None:
        super().__init__()
        self.card = card
        rows = layers(card.scale, len(card.names))
        self.model = nn.ModuleList(_module(row) for row in rows)
        self.sources = tuple(row.sources for row in rows)
        # A map is dropped as soon as no later layer reads it.
        self.last_reader = {source: row.index for row in rows for source in row.sources}

    @property
    def head(self) -> Detect:
        """The last layer: both heads, or one once fused."""
        head = self.model[-1]
        assert isinstance(head, Detect)
        return head

    @property
    def fused(self) -> bool:
        """Whether batch-norm was folded away."""
        stem = self.model[0]
        assert isinstance(stem, Conv)
        return not isinstance(stem.bn, nn.BatchNorm2d)

    def forward(self, images: Tensor) -> Tensor | dict[str, list[Tensor]]:
        if not self.training:
            return self.detect(images)
        features = self.features(images)
        # The one-to-one head learns from the features but does not shape them (spec 3.2).
        detached = [level.detach() for level in features]
        return {"one2many": self.head.one2many(features), "one2one": self.head.one2one(detached)}

    def detect(self, images: Tensor, classes: Sequence[int] | None = None) -> Tensor:
        """Detections of the one-to-one head; of some `classes` only, chosen before the top-k.

        No classes give no rows, [B, 0, 6]. Raises UserError for a class the network does not have.
        """
        boxes, scores = self.head.decode(self.head.one2one(self.features(images)))
        if classes is None:
            return top_detections(boxes, scores)
        absent = [index for index in classes if not 0 <= index < scores.shape[1]]
        if absent:
            raise UserError(f"no class {absent[0]}: the network has classes 0 to {scores.shape[1] - 1}")
        if len(classes) == 0:
            return boxes.new_zeros((len(boxes), 0, 6))
        wanted = torch.tensor(classes, dtype=torch.long, device=scores.device)
        rows = top_detections(boxes, scores[:, wanted])
        return torch.cat([rows[..., :5], wanted[rows[..., 5:].long()].to(rows.dtype)], dim=2)

    def decode(self, images: Tensor, head: Head = "one2one") -> Tensor:
        """All anchors of one head, [B, 4 + nc, A]: cx cy w h in input pixels, probabilities (spec 3.2).

        Raises UserError for a head there is not, or that was dropped.
        """
        if head not in get_args(Head):
            raise UserError(f"no head {head!r}: choose {' or '.join(get_args(Head))}")
        features = self.features(images)
        maps = self.head.one2one(features) if head == "one2one" else self.head.one2many(features)
        boxes, scores = self.head.decode(maps)
        left_top, right_bottom = boxes.chunk(2, dim=1)
        return torch.cat([(left_top + right_bottom) / 2, right_bottom - left_top, scores], dim=1)

    def features(self, images: Tensor) -> list[Tensor]:
        """What the heads read: P3, P4, P5."""
        height, width = images.shape[-2:]
        if images.dim() != 4 or images.shape[1] != 3 or height % STRIDES[-1] or width % STRIDES[-1]:
            raise ValueError(
                f"images must be [B, 3, H, W] with H and W multiples of 32, not {list(images.shape)}"
            )
        maps: dict[int, Tensor] = {-1: images}
        for index, (module, sources) in enumerate(zip(self.model[:-1], self.sources, strict=False)):
            maps[index] = module(*(maps[source] for source in sources))
            for source in sources:
                if self.last_reader[source] == index:
                    del maps[source]
        return [maps[source] for source in self.sources[-1]]

    def fuse(self) -> Self:
        """Fold batch-norm, merge RepVGGDW, drop the one-to-many head: same detections, fewer parameters.

        In place; returns the network, in eval mode. What is left cannot be trained.
        """
        self.eval()
        fuse_modules(self)
        return self.drop_one2many()

    def drop_one2many(self) -> Self:
        """Forget the training head, in place; returns the network, in eval mode."""
        self.eval()
        self.head.cv2 = self.head.cv3 = None
        return self

    def train(self, mode: bool = True) -> Self:
        """As `nn.Module.train`. Raises UserError for a network without its training head or batch-norm."""
        if mode and (self.fused or self.head.cv2 is None):
            raise UserError(
                "a fused or one-head network cannot be trained: load unfused weights of both heads"
            )
        return super().train(mode)


MODULES: Mapping[str, type[nn.Module]] = {
    "Conv": Conv,
    "C2f": C2f,
    "C2fCIB": C2fCIB,
    "SCDown": SCDown,
    "SPPF": SPPF,
    "PSA": PSA,
}


def _module(row: Layer) -> nn.Module:
    match row.kind:
        case "Upsample":
            return nn.Upsample(scale_factor=2, mode="nearest")
        case "Concat":
            return Concat()
        case "Detect":
            return Detect(row.in_channels, **row.options)
        case _:
            return MODULES[row.kind](*row.in_channels, row.out_channels, **row.options)
