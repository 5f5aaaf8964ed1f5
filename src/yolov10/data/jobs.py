"""The unit of work of the loader: a few training pictures, made here or in another process alike."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yolov10.data.augment import augment
from yolov10.data.augmentation import Augmentation
from yolov10.data.pictures import Pictures


@dataclass(frozen=True)
class Job:
    """Which training pictures to make. Nothing else decides what they are."""

    seed: int
    epoch: int
    indices: tuple[int, ...]
    augmentation: Augmentation


@dataclass(frozen=True, eq=False)
class Made:
    """What came of a job, next to the pictures themselves."""

    targets: NDArray[np.float32]
    """[rows,6]: picture within the job, class, cx cy w h normalised."""
    faults: list[str]
    """What is wrong with pictures that turned out not to be readable; they are gray and have no objects."""


def make(pictures: Pictures, job: Job, images: NDArray[np.uint8]) -> Made:
    """Make the pictures of a job in `images`, uint8 RGB [len(job.indices),3,size,size]."""
    known = set(pictures.unreadable)
    targets = np.concatenate([np.zeros((0, 6), np.float32), *_targets(pictures, job, images)])
    return Made(targets, [fault for index, fault in pictures.unreadable.items() if index not in known])


def _targets(pictures: Pictures, job: Job, images: NDArray[np.uint8]) -> Iterator[NDArray[np.float32]]:
    """Make one picture after the other, and give the rows of each."""
    for position, index in enumerate(job.indices):
        rng = np.random.default_rng(np.random.SeedSequence(job.seed, spawn_key=(job.epoch, index)))
        classes, boxes = augment(pictures, index, job.augmentation, rng, images[position])
        rows = np.empty((len(classes), 6), np.float32)
        rows[:, 0], rows[:, 1] = position, classes
        rows[:, 2:4] = (boxes[:, :2] + boxes[:, 2:]) / (2 * pictures.size)
        rows[:, 4:6] = (boxes[:, 2:] - boxes[:, :2]) / pictures.size
        yield rows
