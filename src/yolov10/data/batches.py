"""Training batches, in an order and with contents that follow from the seed alone."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from yolov10.data.augmentation import Augmentation
from yolov10.data.crew import Crew, hire
from yolov10.data.dataset import Dataset
from yolov10.data.jobs import Job

JOB = 16
"""Training pictures that a worker makes at a time: 20 MB at 640 pixels."""
CACHE_BYTES = 1 << 30
"""Memory for decoded pictures unless said otherwise."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Training pictures and their objects."""

    images: NDArray[np.uint8]
    """[B,3,size,size] RGB, still to be divided by 255 (spec 5.6)."""
    targets: NDArray[np.float32]
    """[rows,6]: image, class, cx cy w h normalised (spec 4.1)."""
    sources: list[Path]
    """The file that each picture is made of, or the first of several."""


def training_batches(
    dataset: Dataset,
    *,
    image_size: int,
    batch: int,
    augmentation: Augmentation,
    seed: int,
    epoch: int,
    workers: int,
    rank: int = 0,
    world: int = 1,
    start: int = 0,
) -> Iterator[Batch]:
    """Give the batches of one epoch, from the `start`-th on; for several epochs keep a `Loader`."""
    with Loader(
        dataset, image_size=image_size, batch=batch, seed=seed, workers=workers, rank=rank, world=world
    ) as loader:
        yield from loader.batches(epoch, augmentation, start=start)


def epoch_order(count: int, *, seed: int, epoch: int, rank: int = 0, world: int = 1) -> NDArray[np.int64]:
    """Shuffle samples for an epoch, and give the share of one of several processes, which no other has.

    Where they do not come out even, the first processes get one more. The shares interleave: the processes'
    batches together are the batches of one process alone.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(epoch,)))
    return rng.permutation(count)[rank::world]


def batches_per_epoch(count: int, batch: int, world: int = 1) -> int:
    """Batches that each of `world` processes gets of `count` samples; the last may be smaller, even empty."""
    return ceil(ceil(count / world) / batch)


class Loader:
    """Makes the training batches of every epoch; its workers live until it is closed.

    Which pictures a batch holds, and every byte of them, follows from (seed, epoch, index): not from the
    number of workers. A picture that can no longer be read stays gray and has no objects, and its file is
    named once, to `warn`. Raises UserError when a worker dies.
    """

    def __init__(
        self,
        dataset: Dataset,
        *,
        image_size: int,
        batch: int,
        seed: int = 0,
        workers: int = 0,
        rank: int = 0,
        world: int = 1,
        cache_bytes: int = CACHE_BYTES,
        warn: Callable[[str], None] = warnings.warn,
    ) -> None:
        """Start the workers; with none, whoever takes the batches does the work.

        image_size: side of the square training pictures. batch: pictures of this process, which is number
        `rank` of `world`. cache_bytes: memory for decoded pictures, over all workers together.
        """
        assert 0 <= rank < world
        self._samples = dataset.samples
        self._size, self._batch, self._seed = image_size, batch, seed
        self._rank, self._world = rank, world
        self._workers, self._cache_bytes = workers, cache_bytes
        self._warn = warn
        self._named: set[str] = set()
        self._crew: Crew | None = self._hire()

    def __len__(self) -> int:
        return batches_per_epoch(len(self._samples), self._batch, self._world)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the workers."""
        if self._crew:
            self._crew.close()
        self._crew = None

    def batches(self, epoch: int, augmentation: Augmentation, *, start: int = 0) -> Iterator[Batch]:
        """Give the batches of an epoch, from the `start`-th on; one epoch at a time.

        Leaving it early costs the workers, whose next answers nobody wants; the next epoch starts new ones.
        """
        crew = self._crew = self._crew or self._hire()
        count = len(self._samples)
        order = epoch_order(count, seed=self._seed, epoch=epoch, rank=self._rank, world=self._world)
        ends = range((start + 1) * self._batch, (len(self) + 1) * self._batch, self._batch)
        groups = [order[end - self._batch : end] for end in ends]
        parts = (part for group in groups for part in _cut(group, JOB))
        try:
            crew.begin(Job(self._seed, epoch, tuple(part.tolist()), augmentation) for part in parts)
            for group in groups:
                yield self._batch_of(group, crew)
        finally:
            if crew.busy:
                self.close()

    def _hire(self) -> Crew:
        return hire(self._samples, self._size, workers=self._workers, cache_bytes=self._cache_bytes)

    def _batch_of(self, indices: NDArray[np.int64], crew: Crew) -> Batch:
        """Put together what the crew makes of the next jobs."""
        images = np.empty((len(indices), 3, self._size, self._size), np.uint8)
        targets = [np.zeros((0, 6), np.float32)]
        for first in range(0, len(indices), JOB):
            made = crew.answer(images[first : first + JOB])
            made.targets[:, 0] += first
            targets.append(made.targets)
            for fault in made.faults:
                if fault not in self._named:
                    self._named.add(fault)
                    self._warn(f"{fault}; it is left out of training")
        return Batch(images, np.concatenate(targets), [self._samples[index].path for index in indices])


def _cut(indices: NDArray[np.int64], length: int) -> list[NDArray[np.int64]]:
    return [indices[first : first + length] for first in range(0, len(indices), length)]
