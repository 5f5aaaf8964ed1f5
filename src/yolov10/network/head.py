"""The detection head: two of them over the same features, and what turns raw maps into boxes (spec 3)."""

import copy
import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from yolov10.architecture import MAX_DETECTIONS, REG_MAX, STRIDES, head_widths
from yolov10.errors import UserError
from yolov10.network.blocks import Conv


class DFL(nn.Module):
    """The mean of a distribution over the bins 0…15 (spec 3.3); its frozen weights are those bins."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(REG_MAX, 1, 1, bias=False)
        # Not arange: on the meta device, where weights are loaded, it costs the import of torch's compiler.
        bins = torch.tensor([float(bin) for bin in range(REG_MAX)]).view(1, REG_MAX, 1, 1)
        self.conv.weight = nn.Parameter(bins, requires_grad=False)

    def forward(self, bins: Tensor) -> Tensor:
        """Logits [B, 64, A] → distances left, top, right, bottom [B, 4, A] in cells."""
        b, _, a = bins.shape
        probabilities = bins.view(b, 4, REG_MAX, a).softmax(dim=2)
        # A sum rather than the convolution itself, so that autocast leaves coordinates in float32.
        return (probabilities * self.conv.weight.to(bins.dtype).view(REG_MAX, 1)).sum(dim=2)


class Detect(nn.Module):
    """One-to-many head (`cv2` boxes, `cv3` classes) and its one-to-one twin (spec 3.1)."""

    def __init__(self, in_channels: Sequence[int], num_classes: int) -> None:
        super().__init__()
        self.num_classes = num_classes
        box, cls = head_widths(tuple(in_channels), num_classes)
        levels = list(zip(in_channels, STRIDES, strict=True))
        self.cv2: nn.ModuleList | None = nn.ModuleList(_box_branch(c, box) for c in in_channels)
        self.cv3: nn.ModuleList | None = nn.ModuleList(
            _class_branch(c, cls, num_classes, stride) for c, stride in levels
        )
        self.dfl = DFL()
        self.one2one_cv2 = copy.deepcopy(self.cv2)  # both heads start from the same weights (spec 1.11)
        self.one2one_cv3 = copy.deepcopy(self.cv3)

    def one2many(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Raw maps of the training head: P3, P4, P5, each [B, 64 + classes, h, w].

        Raises UserError once that head is gone.
        """
        if self.cv2 is None or self.cv3 is None:
            raise UserError("the one-to-many head was dropped by fuse(): load weights of both heads")
        return _raw_maps(features, self.cv2, self.cv3)

    def one2one(self, features: Sequence[Tensor]) -> list[Tensor]:
        """Raw maps of the head in use, same shapes as `one2many`."""
        return _raw_maps(features, self.one2one_cv2, self.one2one_cv3)

    def decode(self, maps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Raw maps → boxes xyxy [B, 4, A] in input pixels, probabilities [B, classes, A]; A runs P3, P4, P5.

        In float32 whatever the maps are: a bfloat16 pixel coordinate near 640 is off by up to 2.
        """
        flat = torch.cat([level.flatten(2) for level in maps], dim=2).float()
        bins, logits = flat[:, : 4 * REG_MAX], flat[:, 4 * REG_MAX :]
        centres, strides = anchor_points(maps)
        left_top, right_bottom = self.dfl(bins).chunk(2, dim=1)
        boxes = torch.cat([centres - left_top, centres + right_bottom], dim=1) * strides
        return boxes, logits.sigmoid()


def anchor_points(maps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Cell centres [2, A] as x, y in cells, and strides [A], row by row and P3, P4, P5 (spec 3.3)."""
    centres, strides = [], []
    for level, stride in zip(maps, STRIDES, strict=True):
        h, w = level.shape[-2:]
        x = torch.arange(w, device=level.device, dtype=torch.float32) + 0.5
        y = torch.arange(h, device=level.device, dtype=torch.float32) + 0.5
        grid_y, grid_x = torch.meshgrid(y, x, indexing="ij")
        centres.append(torch.stack([grid_x.flatten(), grid_y.flatten()]))
        strides.append(torch.full((h * w,), float(stride), device=level.device))
    return torch.cat(centres, dim=1), torch.cat(strides)


def top_detections(boxes: Tensor, scores: Tensor, limit: int = MAX_DETECTIONS) -> Tensor:
    """The best (anchor, class) pairs, without suppression: [B, min(limit, A), 6], highest first (spec 3.4).

    boxes [B, 4, A], scores [B, classes, A] → rows x1 y1 x2 y2 score class. An anchor may appear once a class.
    Taking the best anchors first only saves work: every one of the best pairs lies on one of them.
    """
    b, classes, a = scores.shape
    k = min(limit, a)
    anchors = scores.amax(dim=1).topk(k).indices  # [B, k]
    candidates = scores.gather(2, anchors[:, None].expand(b, classes, k)).transpose(1, 2).flatten(1)
    best, flat = candidates.topk(k)
    chosen = anchors.gather(1, flat // classes)
    kept = boxes.gather(2, chosen[:, None].expand(b, 4, k)).transpose(1, 2)
    return torch.cat([kept, best[..., None], (flat % classes)[..., None].to(boxes.dtype)], dim=2)


def _raw_maps(features: Sequence[Tensor], boxes: nn.ModuleList, classes: nn.ModuleList) -> list[Tensor]:
    return [torch.cat([box(x), cls(x)], dim=1) for x, box, cls in zip(features, boxes, classes, strict=True)]


def _box_branch(c: int, hidden: int) -> nn.Sequential:
    return nn.Sequential(Conv(c, hidden, 3), Conv(hidden, hidden, 3), _predictor(hidden, 4 * REG_MAX, 1.0))


def _class_branch(c: int, hidden: int, num_classes: int, stride: int) -> nn.Sequential:
    """Two depthwise-separable stages, lighter than the box branch (spec 3.1)."""
    prior = 5 / num_classes / (640 / stride) ** 2  # about five objects on a 640×640 picture
    return nn.Sequential(
        nn.Sequential(Conv(c, c, 3, groups=c), Conv(c, hidden)),
        nn.Sequential(Conv(hidden, hidden, 3, groups=hidden), Conv(hidden, hidden)),
        _predictor(hidden, num_classes, math.log(prior)),
    )


def _predictor(c: int, outputs: int, bias: float) -> nn.Conv2d:
    """A branch's last convolution, the only kind with a bias; the bias starts at the prior (spec 3.1)."""
    last = nn.Conv2d(c, outputs, 1)
    assert last.bias is not None
    nn.init.constant_(last.bias, bias)
    return last
