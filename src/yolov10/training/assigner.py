"""Which anchors learn which ground truth: the task-aligned assigner, on sparse pairs (spec 4.3)."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from yolov10.architecture import REG_MAX
from yolov10.training.box_loss import boxes_around, ciou, expected_distances
from yolov10.training.candidates import Grid, GroundTruths, Pairs

_PIECE = 1 << 17  # pairs whose overlap is computed at a time, which bounds the memory of the steps on the way
_INFINITY_BITS = 0x7F800000  # of float32


@dataclass(frozen=True)
class Positives:
    """The foreground anchors [F]: image, anchor, ground_truth, and score, the target for that one's class."""

    image: Tensor
    anchor: Tensor
    ground_truth: Tensor
    score: Tensor


@torch.no_grad()
def assign(maps: Sequence[Tensor], grid: Grid, truths: GroundTruths, pairs: Pairs, topk: int) -> Positives:
    """The anchors that learn a ground truth, at most `topk` selected by each, and how strongly (spec 4.3).

    maps: a head's raw outputs [B, 64 + classes, h, w].
    No pair of metric 0 is selected: the specification leaves the choice among equal metrics open, nearly all
    anchors of metric 0 are outside the box, and a positive of metric 0 has score 0 anyway.
    """
    # How well does the prediction fit already? √(probability of the class) · overlap⁶ (step 2)
    overlap = overlaps(maps, grid, truths, pairs)
    metric = probabilities(maps, grid, truths, pairs).sqrt() * overlap.pow(3).square()
    selected = _largest(metric, pairs.ground_truth, len(truths.box), topk)  # step 3

    # An anchor that several selected goes to the one that overlaps it most, even one that did not (step 4).
    claims = torch.bincount(pairs.slot[selected], minlength=grid.slots)
    undisputed = selected[claims[pairs.slot[selected]] == 1]
    (rivals,) = (claims > 1).index_select(0, pairs.slot).nonzero(as_tuple=True)
    winners = rivals[_largest(overlap[rivals], pairs.slot[rivals], grid.slots, 1)]
    final = torch.cat([undisputed, winners])

    # The best anchor of a ground truth is worth its overlap, the others in proportion to the metric (step 6).
    ground_truth, slot = pairs.ground_truth[final], pairs.slot[final]
    metric, overlap = metric[final], overlap[final]
    zeros = metric.new_zeros(len(truths.box))
    best_metric = zeros.scatter_reduce(0, ground_truth, metric, "amax")[ground_truth]
    best_overlap = zeros.scatter_reduce(0, ground_truth, overlap, "amax")[ground_truth]
    score = metric * best_overlap / (best_metric + 1e-9)
    return Positives(truths.image[ground_truth], slot % grid.anchors, ground_truth, score)


def overlaps(maps: Sequence[Tensor], grid: Grid, truths: GroundTruths, pairs: Pairs) -> Tensor:
    """Complete IoU [P] of each pair's ground truth and prediction, clamped at 0 (spec 4.3 step 2)."""
    predicted = predicted_boxes(maps, grid, pairs.inside)
    pieces = zip(torch.split(pairs.ground_truth, _PIECE), torch.split(pairs.slot, _PIECE), strict=True)
    return torch.cat(
        [
            ciou(truths.box.index_select(0, ground_truth), predicted.index_select(0, slot)).clamp(min=0)
            for ground_truth, slot in pieces
        ]
    )


def predicted_boxes(maps: Sequence[Tensor], grid: Grid, slots: Tensor) -> Tensor:
    """Boxes [B · anchors, 4] in pixels by slot, decoded for the given slots [n] only, else undefined."""
    image, anchor = slots // grid.anchors, slots % grid.anchors
    boxes = at_least_float32(maps[0].new_empty(grid.slots, 4))
    for raw, level in zip(maps, grid.levels, strict=True):
        (here,) = ((anchor >= level.first) & (anchor < level.stop)).nonzero(as_tuple=True)
        cell = anchor[here] - level.first
        bins = raw.flatten(2)[image[here], : 4 * REG_MAX, cell].view(-1, 4, REG_MAX)
        decoded = boxes_around(level.centres(cell), expected_distances(at_least_float32(bins))) * level.stride
        boxes.index_copy_(0, slots[here], decoded)
    return boxes


def probabilities(maps: Sequence[Tensor], grid: Grid, truths: GroundTruths, pairs: Pairs) -> Tensor:
    """Probability [P] of the ground truth's class at each pair's anchor (spec 4.3 step 2)."""
    logits = []
    by_level = (torch.split(pairs.ground_truth, pairs.sizes), torch.split(pairs.slot, pairs.sizes))
    for raw, level, ground_truth, slot in zip(maps, grid.levels, *by_level, strict=True):
        # (image · channels + channel) · cells + cell: the slot, and an offset that the ground truth decides.
        plane = truths.image * raw.shape[1] + 4 * REG_MAX + truths.category
        offset = plane * level.height * level.width - truths.image * grid.anchors - level.first
        logits.append(raw.take(slot + offset.index_select(0, ground_truth)))
    return at_least_float32(torch.cat(logits)).sigmoid()


def _largest(value: Tensor, group: Tensor, groups: int, k: int) -> Tensor:
    """Indices of the k largest positive values of every group, the first of equal ones.

    value [n], not negative; group [n] in 0 … groups − 1.
    """
    # Deal each group out to k hands: its k-th largest value is at least the smallest of the hands' largest.
    # That leaves a few values to sort, however many anchors lie inside a box.
    hand = group * k + torch.arange(k, device=group.device).repeat(len(group) // k + 1)[: len(group)]
    threshold = value.new_zeros(groups * k).scatter_reduce_(0, hand, value, "amax").view(groups, k).amin(1)
    (left,) = ((value >= threshold.index_select(0, group)) & (value > 0)).nonzero(as_tuple=True)
    # One sort by group, then falling value: floats that are not negative order as their bits do.
    falling = _INFINITY_BITS - value[left].float().view(torch.int32).long()
    key, order = (group[left] << 32 | falling).sort(stable=True)
    member = key >> 32
    rank = torch.arange(len(member), device=member.device) - torch.searchsorted(member, member)
    return left[order[rank < k]]


def at_least_float32(tensor: Tensor) -> Tensor:
    """Half precision widened to float32; float32 and float64 as they are."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))
