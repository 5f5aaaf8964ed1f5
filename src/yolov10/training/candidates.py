"""Which anchors may learn which ground truth: those whose centre lies inside the box (spec 4.1, 4.3 step 1).

On each level they form a rectangle of cells, so pairs of ground truth and anchor are counted out directly and
nothing of the size ground truths × anchors ever exists. An anchor is an index into P3, P4, P5, row by row;
a slot is an anchor of one image of the batch: image · anchors + anchor.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from yolov10.architecture import STRIDES
from yolov10.errors import UserError


@dataclass(frozen=True)
class Level:
    """The cells of one map, their size in pixels, and where its anchors begin among those of a picture."""

    height: int
    width: int
    stride: int
    first: int

    @property
    def stop(self) -> int:
        """The index after the level's last anchor."""
        return self.first + self.height * self.width

    def centres(self, cell: Tensor) -> Tensor:
        """Anchor centres [n, 2], x then y in cells, of row-major cell indices [n]."""
        return torch.stack([cell % self.width, cell // self.width], 1) + 0.5


@dataclass(frozen=True)
class Grid:
    """The anchors of a batch."""

    batch: int
    levels: tuple[Level, ...]

    @property
    def anchors(self) -> int:
        """Anchors of one picture."""
        return self.levels[-1].stop

    @property
    def slots(self) -> int:
        """Anchors of the whole batch."""
        return self.batch * self.anchors


@dataclass(frozen=True)
class GroundTruths:
    """The labelled boxes of a batch: image [G], category [G], box [G, 4] xyxy in pixels of the input."""

    image: Tensor
    category: Tensor
    box: Tensor


@dataclass(frozen=True)
class Pairs:
    """Every ground truth with every slot inside it: ground_truth [P], slot [P], P3 before P4 before P5.

    sizes: how many are of each level. inside [n]: the slots that occur, each once.
    """

    ground_truth: Tensor
    slot: Tensor
    sizes: list[int]
    inside: Tensor


def grid_of(maps: Sequence[Tensor]) -> Grid:
    """The anchors of raw maps P3, P4, P5 [B, channels, h, w]."""
    levels: list[Level] = []
    for raw, stride in zip(maps, STRIDES, strict=True):
        levels.append(Level(raw.shape[2], raw.shape[3], stride, levels[-1].stop if levels else 0))
    return Grid(len(maps[0]), tuple(levels))


def ground_truths(targets: Tensor, grid: Grid, num_classes: int) -> GroundTruths:
    """The valid rows of targets [rows, 6]: image, class, cx cy w h normalised by the input size (spec 4.1).

    Raises UserError for a class the network does not have.
    """
    finest = grid.levels[0]
    size = targets.new_tensor([finest.width, finest.height]) * finest.stride
    centre, half = targets[:, 2:4] * size, targets[:, 4:] * size / 2
    box = torch.cat([centre - half, centre + half], 1)
    valid = box.sum(1) > 0  # padding is zeros
    image, category = targets[valid, :2].long().unbind(1)
    unknown = category[(category < 0) | (category >= num_classes)]
    if len(unknown):
        raise UserError(
            f"a label has class {int(unknown[0])}, but the network's classes are 0 to {num_classes - 1}: "
            "correct the label, or build the network with more classes"
        )
    return GroundTruths(image, category, box[valid])


def pairs_inside(truths: GroundTruths, grid: Grid) -> Pairs:
    """Every ground truth with every anchor whose centre is strictly inside its box (spec 4.3 step 1)."""
    parts = [_pairs_on(level, truths.box, truths.image * grid.anchors + level.first) for level in grid.levels]
    ground_truth, slot = (torch.cat(part) for part in zip(*parts, strict=True))
    occurs = torch.zeros(grid.slots, dtype=torch.bool, device=slot.device)
    (inside,) = occurs.index_fill_(0, slot, True).nonzero(as_tuple=True)
    return Pairs(ground_truth, slot, [len(part) for part, _ in parts], inside)


def _pairs_on(level: Level, box: Tensor, first_slot: Tensor) -> tuple[Tensor, Tensor]:
    """Ground truth [P] and slot [P] of one level's pairs; first_slot [G] is cell 0 of the box's image.

    Column q is inside if x1 < (q + 0.5)·stride < x2; with a power of two as stride no rounding blurs this.
    """
    limit = box.new_tensor([level.width, level.height])
    edge = box / level.stride - 0.5
    start = (edge[:, :2].floor() + 1).clamp(min=0).minimum(limit).long()
    stop = edge[:, 2:].ceil().clamp(min=0).minimum(limit).long()
    (left, top), (columns, rows) = start.unbind(1), (stop - start).clamp(min=0).unbind(1)

    box_of_row, row = _count(rows)
    row_slot = (first_slot + top * level.width + left)[box_of_row] + row * level.width
    row_of_pair, column = _count(columns[box_of_row])
    return box_of_row.index_select(0, row_of_pair), row_slot.index_select(0, row_of_pair) + column


def _count(lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Count 0, 1, … to each length in turn: whose turn it is and the count; 2, 3 give 00111 and 01012."""
    turn = torch.repeat_interleave(lengths)
    begin = lengths.cumsum(0) - lengths
    return turn, torch.arange(len(turn), device=turn.device) - begin.index_select(0, turn)
