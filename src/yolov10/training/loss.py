"""The loss of consistent dual assignments: both heads learn by the same terms, from 10 anchors a box or 1.

The class term is over all anchors and classes, but nearly all targets are zero. With logits x and targets t,

    Σ BCE(x, t) = Σ softplus(x) − Σ t·x,

and the second sum, as the box terms, needs the foreground only: no dense target is ever built.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import softplus

from yolov10.architecture import REG_MAX
from yolov10.training.assigner import Positives, assign, at_least_float32
from yolov10.training.box_loss import (
    boxes_around,
    ciou,
    distances_to_sides,
    distribution_focal_loss,
    expected_distances,
)
from yolov10.training.candidates import (
    Grid,
    GroundTruths,
    Level,
    Pairs,
    grid_of,
    ground_truths,
    pairs_inside,
)

TOPK = {"one2many": 10, "one2one": 1}  # anchors a ground truth may select in each head


@dataclass(frozen=True)
class DualAssignmentLoss:
    """The training loss of a batch (spec 4.2, paper section 3.1); `box`, `cls` and `dfl` are the gains."""

    num_classes: int
    box: float = field(default=7.5, kw_only=True)
    cls: float = field(default=0.5, kw_only=True)
    dfl: float = field(default=1.5, kw_only=True)

    def __call__(self, maps: Mapping[str, Sequence[Tensor]], targets: Tensor) -> tuple[Tensor, Tensor]:
        """Total, a scalar that includes the batch size, and items [6]: box, cls, dfl of each head, detached.

        maps: for "one2many" and "one2one" the raw maps P3, P4, P5 [B, 64 + classes, h, w], of any precision.
        targets [rows, 6]: image, class, cx cy w h normalised by the input size.
        Raises UserError for a class the network does not have.
        """
        finest = maps["one2many"][0]
        grid = grid_of(maps["one2many"])
        with torch.autocast(finest.device.type, enabled=False):
            targets = targets.to(finest.device, torch.promote_types(finest.dtype, torch.float32))
            truths = ground_truths(targets, grid, self.num_classes)
            pairs = pairs_inside(truths, grid)
            gains = torch.tensor([self.box, self.cls, self.dfl], device=finest.device)
            items = torch.cat(
                [gains * head_loss(maps[head], grid, truths, pairs, k) for head, k in TOPK.items()]
            )
            return items.sum() * grid.batch, items.detach()


def head_loss(maps: Sequence[Tensor], grid: Grid, truths: GroundTruths, pairs: Pairs, topk: int) -> Tensor:
    """Box, cls and dfl [3] of one head, divided by the sum of the target scores, at least 1 (spec 4.2)."""
    positives = assign(maps, grid, truths, pairs, topk)
    sums = [level_loss(raw, level, truths, positives) for raw, level in zip(maps, grid.levels, strict=True)]
    return torch.stack(sums).sum(0) / positives.score.sum().clamp(min=1)


def level_loss(raw: Tensor, level: Level, truths: GroundTruths, positives: Positives) -> Tensor:
    """Box, cls and dfl [3] summed over one raw map [B, 64 + classes, h, w] (spec 4.2)."""
    (here,) = ((positives.anchor >= level.first) & (positives.anchor < level.stop)).nonzero(as_tuple=True)
    cell = positives.anchor[here] - level.first
    ground_truth, score = positives.ground_truth[here], positives.score[here]
    background, logit, bins = gather(raw, positives.image[here], truths.category[ground_truth], cell)

    target = truths.box[ground_truth] / level.stride
    centre = level.centres(cell)
    predicted = boxes_around(centre, expected_distances(bins))
    box = score * (1 - ciou(predicted, target))
    dfl = score * distribution_focal_loss(bins, distances_to_sides(centre, target))
    return torch.stack([box.sum(), background - (score * logit).sum(), dfl.sum()])


def gather(raw: Tensor, image: Tensor, category: Tensor, cell: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What the loss needs of a raw map: Σ softplus of all class logits; at n cells a logit and the bins.

    image, category, cell [n] → scalar, logits [n], bins [n, 4, 16], in float32 at least. No cell of an image
    may come twice.
    """
    background, logit, bins = _Gather.apply(raw, image, category, cell)  # type: ignore[no-untyped-call]
    return background, logit, bins.unflatten(1, (4, REG_MAX))


class _Gather(torch.autograd.Function):
    """`gather` with a gradient that is written once, into one buffer.

    Plain indexing makes a gradient of the map's size for each of the three and adds them up:
    three times as slow.
    """

    @staticmethod
    def forward(ctx: Any, raw: Tensor, image: Tensor, category: Tensor, cell: Tensor) -> tuple[Tensor, ...]:  # noqa: ANN401
        ctx.save_for_backward(raw, image, category, cell)
        flat = raw.flatten(2)
        background = softplus(at_least_float32(flat[:, 4 * REG_MAX :])).sum()
        logit = flat[image, 4 * REG_MAX + category, cell]
        bins = flat[image, : 4 * REG_MAX, cell]
        return background, at_least_float32(logit), at_least_float32(bins)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, background: Tensor, logit: Tensor, bins: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        raw, image, category, cell = ctx.saved_tensors
        gradient = torch.empty_like(raw)  # every number of it is written below
        flat = gradient.view(*raw.shape[:2], -1)
        flat[:, : 4 * REG_MAX] = 0
        probability = at_least_float32(raw.flatten(2)[:, 4 * REG_MAX :]).sigmoid()
        torch.mul(probability, background, out=flat[:, 4 * REG_MAX :])
        flat[image, 4 * REG_MAX + category, cell] += logit.to(raw.dtype)
        flat[image, : 4 * REG_MAX, cell] = bins.to(raw.dtype)
        return gradient, None, None, None
