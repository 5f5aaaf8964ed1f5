"""What a worker does: open the model once, then detect in one chunk of pictures after another."""

import io
import itertools
import os
import pickle
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from yolov10.cluster.model import PackedModel, unpacked
from yolov10.cluster.session import back_home
from yolov10.cluster.tables import pictures_of
from yolov10.cluster.work import Chunk, Task
from yolov10.errors import UserError
from yolov10.prediction.detector_settings import DetectorSettings, open_detector
from yolov10.prediction.picture import Picture
from yolov10.prediction.writers import JsonLines

if TYPE_CHECKING:
    import ray


@dataclass(frozen=True)
class Job:
    """All that a worker needs to know before its first task."""

    model: "ray.ObjectRef[PackedModel]"
    settings: DetectorSettings
    batch: int
    folder: str
    """Where relative paths begin, if it is there."""
    attempts: "ray.actor.ActorHandle[Attempts]"


class Attempts:
    """One process of the cluster, which knows the workers that began each chunk and did not end it.

    Ray begins anew what a worker died of, and would for ever. It also asks anew where an answer did not come,
    as on a slow machine: asked twice, this says the same.
    """

    def __init__(self) -> None:
        self.workers: defaultdict[str, set[str]] = defaultdict(set)

    def begin(self, key: str, worker: str) -> int:
        """A worker is at a chunk; how many other ones were before."""
        self.workers[key].add(worker)
        return len(self.workers[key]) - 1

    def end(self, key: str) -> None:
        """It is done."""
        self.workers.pop(key, None)


MOST_ATTEMPTS = 4
"""Workers that may die at the same pictures."""


class Worker:
    """Ray makes one a process, and calls it with batches of pickled tasks."""

    def __init__(self, job: Job) -> None:
        import ray

        with suppress(OSError):
            os.chdir(job.folder)
        back_home()
        self.job = job
        self.name = uuid.uuid4().hex  # Ray's own for it is the same after a death
        with unpacked(ray.get(job.model)) as model:
            self.detector = open_detector(job.settings, model)

    def __call__(self, batch: dict[str, Any]) -> Iterator[dict[str, list[Any]]]:
        """The results of each chunk, as soon as they are there: its key, its lines of JSON, what went before.

        That is how many workers died at it.
        """
        for data in batch["task"]:
            task: Task = pickle.loads(data)  # noqa: S301 - from our own driver
            for chunk, pictures in opened(task, self.job.settings.max_pixels):
                deaths = self.begin(chunk, pictures)
                lines = self.lines_of(pictures)
                self.job.attempts.end.remote(chunk.key)
                yield {"key": [chunk.key], "lines": [lines], "deaths": [deaths]}

    def begin(self, chunk: Chunk, pictures: Sequence[Picture]) -> int:
        """How many workers died at these pictures. Raises UserError naming them where too many did."""
        import ray

        deaths: int = ray.get(self.job.attempts.begin.remote(chunk.key, self.name))  # type: ignore[assignment]
        if deaths >= MOST_ATTEMPTS:
            raise UserError(
                f"{deaths} workers died at the pictures from {pictures[0].source} to {pictures[-1].source}: "
                "leave those out that are too large for the memory, or give --threads, for fewer workers"
            )
        return deaths

    def lines_of(self, pictures: Sequence[Picture]) -> bytes:
        """The results of pictures, a line each (contract, section 2)."""
        text = io.StringIO()
        writer = JsonLines(text)
        for result in self.detector.results(pictures, batch=self.job.batch):
            writer.write(result)
        return text.getvalue().encode("utf-8", "backslashreplace")


def opened(task: Task, max_pixels: int) -> Iterator[tuple[Chunk, tuple[Picture, ...]]]:
    """Each chunk with its pictures; a row group is read once, from its beginning to the last row wanted."""
    if task.rows is None:
        yield from ((chunk, chunk.pictures) for chunk in task.chunks)
        return
    rows, position = pictures_of(task.rows, max_pixels), 0
    for chunk in task.chunks:
        skipped = chunk.start - position
        yield chunk, tuple(itertools.islice(rows, skipped, skipped + chunk.count))
        position = chunk.start + chunk.count
