"""Objects that were boxed twice: two boxes of a class that cover nearly the same pixels."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yolov10.boxes import iou
from yolov10.data.sample import Sample

TWICE = 0.8
"""Intersection over union above which two boxes of a class are held for one object's."""

BLOCK = 1024
"""Boxes compared with all others at once, which bounds the memory."""


@dataclass(frozen=True)
class Overlap:
    """Two boxes of one class in one picture, xyxy, source pixels."""

    path: Path
    name: str
    first: tuple[float, ...]
    second: tuple[float, ...]
    iou: float


def overlaps(samples: Iterable[Sample], names: list[str]) -> list[Overlap]:
    """All pairs of boxes of the same class whose IoU is above `TWICE`; crowds are left out."""
    found = []
    for sample in samples:
        boxes, classes = sample.boxes[~sample.crowd], sample.classes[~sample.crowd]
        for i, j, overlap in _pairs(boxes, classes):
            first, second = tuple(boxes[i].tolist()), tuple(boxes[j].tolist())
            found.append(Overlap(sample.path, names[classes[i]], first, second, overlap))
    return found


def _pairs(boxes: NDArray[np.float32], classes: NDArray[np.int64]) -> Iterator[tuple[int, int, float]]:
    """Find indices i < j of boxes [n,4] of one class whose IoU is above `TWICE`, and that IoU."""
    for start in range(0, len(boxes), BLOCK):
        block = slice(start, start + BLOCK)
        overlap = iou(boxes[block], boxes) * (classes[block, None] == classes)
        for i, j in np.argwhere(np.triu(overlap, start + 1) > TWICE):
            yield start + int(i), int(j), float(overlap[i, j])
