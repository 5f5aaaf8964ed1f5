"""The report behind `data check`: faults and statistics of every split of a data set."""

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yolov10.data.dataset import Dataset
from yolov10.data.faults import Fault, FaultKind
from yolov10.data.overlaps import Overlap, overlaps
from yolov10.data.sample import Sample
from yolov10.data.twins import Look, Place, Twins, duplicates, look, near_duplicates
from yolov10.errors import UserError
from yolov10.images import read

SMALL, MEDIUM = 32**2, 96**2
"""COCO's limits in square pixels: small < 32², medium < 96², large from there."""


@dataclass(frozen=True)
class ClassCount:
    """How often a class occurs, crowds left out."""

    boxes: int
    pictures: int


@dataclass(frozen=True)
class SplitReport:
    """One split. Boxes exclude crowds."""

    pictures: int
    boxes: int
    crowds: int
    background: int
    """Pictures without a box or crowd, those without a label file among them."""
    unlabelled: int
    """Pictures without a label file."""
    classes: dict[str, ClassCount]
    small: int
    medium: int
    large: int
    boxes_per_picture: tuple[int, float, int]
    """Least, mean, most."""
    overlaps: list[Overlap]
    """Pairs of boxes that seem to be one object's."""
    faults: list[Fault]
    faults_by_kind: dict[FaultKind, int]


@dataclass(frozen=True)
class Report:
    """What `check` found."""

    splits: dict[str, SplitReport]
    duplicates: list[list[Place]]
    """Groups of pictures with the same bytes, each with its split."""
    near_duplicates: list[Twins]
    """Pictures of one split that look nearly like one of another."""

    @property
    def has_faults(self) -> bool:
        """Whether any row or picture was dropped or mended; statistics and likenesses do not count."""
        return any(split.faults for split in self.splits.values())

    def to_dict(self) -> dict[str, Any]:
        """Give the report in JSON's types, paths as text."""
        report: dict[str, Any] = _plain(asdict(self))
        return report


def check(datasets: Mapping[str, Dataset], *, progress: Callable[[], None] | None = None) -> Report:
    """Decode every picture of the splits (by name) and gather what is wrong and how much there is.

    `progress` is called after each picture.
    """
    looks: dict[str, list[Look]] = {}
    splits = {}
    for split, dataset in datasets.items():
        looks[split], faults = _look_at(split, dataset.samples, progress)
        splits[split] = _report(dataset, faults)
    everything = [one for split in looks.values() for one in split]
    return Report(splits, duplicates(everything), near_duplicates(looks))


def _look_at(
    split: str, samples: list[Sample], progress: Callable[[], None] | None
) -> tuple[list[Look], list[Fault]]:
    """Decode pictures; a fault for each that cannot be."""
    looks, faults = [], []
    with ThreadPoolExecutor() as pool:
        for found in pool.map(partial(_look, split), samples):
            if isinstance(found, Fault):
                faults.append(found)
            else:
                looks.append(found)
            if progress:
                progress()
    return looks, faults


def _look(split: str, sample: Sample) -> Look | Fault:
    try:
        return look(split, sample.path, read(sample.path))
    except UserError as fault:
        return Fault.of(fault, sample.path, "unreadable picture")


def _report(dataset: Dataset, faults: list[Fault]) -> SplitReport:
    """Statistics of one split, and its faults with those that decoding added."""
    samples, faults = dataset.samples, dataset.faults + faults
    classes = [sample.classes[~sample.crowd] for sample in samples]
    counts = [len(own) for own in classes]
    boxes = np.concatenate([np.empty((0, 4)), *(sample.boxes[~sample.crowd] for sample in samples)])
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    small, up_to_medium = int((areas < SMALL).sum()), int((areas < MEDIUM).sum())
    return SplitReport(
        pictures=len(samples),
        boxes=len(boxes),
        crowds=sum(int(sample.crowd.sum()) for sample in samples),
        background=sum(len(sample.classes) == 0 for sample in samples),
        unlabelled=len(dataset.unlabelled),
        classes=_class_counts(dataset.names, classes),
        small=small,
        medium=up_to_medium - small,
        large=len(boxes) - up_to_medium,
        boxes_per_picture=(min(counts), len(boxes) / len(samples), max(counts)) if counts else (0, 0.0, 0),
        overlaps=overlaps(samples, dataset.names),
        faults=faults,
        faults_by_kind=dict(Counter(fault.kind for fault in faults)),
    )


def _class_counts(names: list[str], classes: list[NDArray[np.int64]]) -> dict[str, ClassCount]:
    """Boxes of each class, and pictures with at least one, from the classes [n] of each picture."""
    none = np.empty(0, np.int64)
    boxes = np.bincount(np.concatenate([none, *classes]), minlength=len(names))
    pictures = np.bincount(np.concatenate([none, *map(np.unique, classes)]), minlength=len(names))
    return {name: ClassCount(int(boxes[i]), int(pictures[i])) for i, name in enumerate(names)}


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """`value` with its paths as text and its tuples as lists."""
    match value:
        case dict():
            return {key: _plain(one) for key, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case Path():
            return str(value)
        case _:
            return value
