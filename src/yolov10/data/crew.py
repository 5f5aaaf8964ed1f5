"""Who makes the training pictures: worker processes taking turns, or this process alone."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from yolov10.data.jobs import Job, Made, make
from yolov10.data.pictures import Pictures
from yolov10.data.sample import Sample
from yolov10.data.worker import WorkerProcess, pack_setup
from yolov10.errors import UserError

ASKED_AHEAD = 2
"""Jobs that each maker has: the one it is at, and the next."""


class Maker(Protocol):
    """Does jobs in the order they are asked for."""

    def ask(self, job: Job) -> None:
        """Take a job."""

    def answer(self, images: NDArray[np.uint8]) -> Made:
        """Give what came of the oldest, its pictures in `images`."""

    def close(self) -> None:
        """End."""


class ThisProcess:
    """Does a job when its answer is wanted."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures
        self._jobs: deque[Job] = deque()

    def ask(self, job: Job) -> None:
        self._jobs.append(job)

    def answer(self, images: NDArray[np.uint8]) -> Made:
        return make(self._pictures, self._jobs.popleft(), images)

    def close(self) -> None:
        self._jobs.clear()


class Crew:
    """Makers that take turns, so that the answers come in the order of the jobs however many there are."""

    def __init__(self, makers: list[Maker]) -> None:
        self.makers = makers
        self._asked: deque[Maker] = deque()
        self._jobs: Iterator[Job] = iter(())
        self._turns = cycle(makers)

    @property
    def busy(self) -> bool:
        """Whether there are answers still to be fetched."""
        return bool(self._asked)

    def begin(self, jobs: Iterable[Job]) -> None:
        """Start on jobs; the earlier ones must all have been answered."""
        assert not self.busy
        self._jobs = iter(jobs)
        self._ask(ASKED_AHEAD * len(self.makers))

    def answer(self, images: NDArray[np.uint8]) -> Made:
        """Give what came of the next job, its pictures in `images`. Raises UserError when a worker died."""
        made = self._asked.popleft().answer(images)
        self._ask(1)
        return made

    def close(self) -> None:
        """End the makers."""
        for maker in self.makers:
            maker.close()

    def _ask(self, count: int) -> None:
        for job, maker in zip(islice(self._jobs, count), self._turns, strict=False):
            maker.ask(job)
            self._asked.append(maker)


def hire(samples: list[Sample], size: int, *, workers: int, cache_bytes: int) -> Crew:
    """Start a crew of worker processes, or of this process where `workers` is 0."""
    if workers == 0:
        return Crew([ThisProcess(Pictures(samples, size, cache_bytes=cache_bytes))])
    processes = [WorkerProcess() for _ in range(workers)]
    setup = pack_setup(samples, size, cache_bytes // workers)
    try:
        for process in processes:
            process.set_up(setup)
    except UserError:
        Crew([*processes]).close()
        raise
    return Crew([*processes])
