"""Which detections are right: each takes the box it overlaps most, the surest first, as in COCO's AP."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yolov10.boxes import areas, intersections, share
from yolov10.data.sample import Sample

MATCH_IOU = 0.5
"""Intersection over union from which a detection counts as the box's."""

NONE = -1


@dataclass(frozen=True, eq=False)
class Matches:
    """What became of the K detections of one picture."""

    boxes: NDArray[np.int64]
    """[K] index of the box each took, of its own class; `NONE` where it took none."""
    ignored: NDArray[np.bool_]
    """[K] neither right nor false: it lies in a crowd of its class."""

    @property
    def right(self) -> NDArray[np.bool_]:
        """[K] it took a box."""
        right: NDArray[np.bool_] = self.boxes != NONE
        return right


def overlaps(
    boxes: NDArray[np.float32], others: NDArray[np.float32], crowd: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Intersection over union [n, m] of boxes [n, 4] and [m, 4] xyxy.

    With an other that is a `crowd` [m], the share of the box that lies in it.
    """
    shared, area = intersections(boxes, others), areas(boxes)[:, None]
    whole = area + areas(others) - shared
    if crowd is not None:
        whole = np.where(crowd, area, whole)
    return share(shared, whole)


def match(rows: NDArray[np.float32], sample: Sample) -> Matches:
    """Match detections [K, 6] (xyxy, score, class; surest first) with the boxes of their picture and class.

    What of this holds for the detections above any confidence is the same as matching them alone.
    """
    iou = overlaps(rows[:, :4], sample.boxes, sample.crowd)
    possible = (iou >= MATCH_IOU) & (rows[:, 5, None] == sample.classes)
    taken = _take(iou, possible & ~sample.crowd)
    return Matches(taken, (taken == NONE) & (possible & sample.crowd).any(axis=1))


def _take(iou: NDArray[np.float64], possible: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Row by row, the column [n] of the greatest IoU among those possible and not yet taken, else `NONE`."""
    taken = np.full(len(iou), NONE, np.int64)
    for row in np.flatnonzero(possible.any(axis=1)):
        free = np.flatnonzero(possible[row])
        if len(free):
            taken[row] = free[iou[row, free].argmax()]
            possible[:, taken[row]] = False
    return taken


def confusion(
    rows: NDArray[np.float32], sample: Sample, matches: Matches, threshold: float, num_classes: int
) -> NDArray[np.int64]:
    """Count, for one picture, what is there (row) against what was found (column); the last is nothing.

    [classes + 1, classes + 1]. Of the detections surer than `threshold`, those that took a box of their own
    class are right; the rest may take boxes that are left, of whatever class. So the diagonal is what
    precision and recall count.
    """
    found = rows[:, 5].astype(np.int64)
    sure = rows[:, 4] > threshold
    right = sure & matches.right
    left_boxes = ~sample.crowd
    left_boxes[matches.boxes[right]] = False
    left_rows = np.flatnonzero(sure & ~right & ~matches.ignored)
    iou = overlaps(rows[left_rows, :4], sample.boxes)
    mistaken = _take(iou, (iou >= MATCH_IOU) & left_boxes)
    left_boxes[mistaken[mistaken != NONE]] = False

    nothing = num_classes
    missed = sample.classes[left_boxes]
    # `NONE` is −1 and so picks the last.
    there = np.concatenate([found[right], np.append(sample.classes, nothing)[mistaken], missed])
    said = np.concatenate([found[right], found[left_rows], np.full(len(missed), nothing)])
    side = num_classes + 1
    return np.bincount(there * side + said, minlength=side * side).reshape(side, side)


def suppress(rows: NDArray[np.float32], iou: float, limit: int | None = None) -> NDArray[np.int64]:
    """Non-maximum suppression within each class: indices of what it keeps, the first `limit` at most.

    rows [K, 6] xyxy, score, class; surest first. A row goes when a kept one of its class overlaps it by more
    than `iou`.
    """
    kept = []
    alive = np.ones(len(rows), np.bool_)
    for index in range(len(rows)):
        if alive[index]:
            kept.append(index)
            if len(kept) == limit:
                break
            rest = rows[index + 1 :]
            twin = (overlaps(rows[index, None, :4], rest[:, :4])[0] > iou) & (rest[:, 5] == rows[index, 5])
            alive[index + 1 :] &= ~twin
    return np.array(kept, np.int64)
