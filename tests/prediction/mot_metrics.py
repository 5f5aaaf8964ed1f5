"""MOTA (Bernardin and Stiefelhagen 2008) and IDF1 (Ristani et al. 2016) of tracks, at IoU 0.5."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from yolov10.boxes import iou

MATCH = 0.5
KEPT = 10  # what a pair matched before is preferred by: more than any IoU


@dataclass(frozen=True)
class Score:
    mota: float
    idf1: float
    switches: int


def score(truth, tracks):
    """Judge tracks by the truth; each is a list of (numbers [n], boxes [n, 4]), one entry a frame."""
    last, together = {}, {}
    matches = switches = 0
    for (objects, boxes), (numbers, given) in zip(truth, tracks, strict=True):
        likeness = iou(np.reshape(boxes, (-1, 4)), np.reshape(given, (-1, 4)))
        for row, column in np.argwhere(likeness >= MATCH):
            pair = objects[row], numbers[column]
            together[pair] = together.get(pair, 0) + 1
        wanted = np.where(likeness >= MATCH, likeness, 0)
        kept = np.array([[last.get(one) == other for other in numbers] for one in objects])
        wanted += KEPT * kept.reshape(wanted.shape) * (wanted > 0)
        for row, column in zip(*linear_sum_assignment(wanted, maximize=True), strict=True):
            if wanted[row, column] > 0:
                one, other = objects[row], numbers[column]
                matches += 1
                switches += last.get(one, other) != other
                last[one] = other
    boxes, given = (sum(len(numbers) for numbers, _ in side) for side in (truth, tracks))
    missed, false = boxes - matches, given - matches
    return Score(1 - (missed + false + switches) / boxes, _idf1(together, boxes, given), switches)


def _idf1(together, boxes, given):
    """Twice the frames of the best pairing of objects and tracks, over all boxes of both."""
    objects, numbers = ({pair[side] for pair in together} for side in (0, 1))
    frames = np.array([[together.get((one, other), 0) for other in numbers] for one in objects])
    rows, columns = linear_sum_assignment(frames.reshape(len(objects), len(numbers)), maximize=True)
    return 2 * frames[rows, columns].sum() / (boxes + given) if together else 0.0
