"""Work cut into chunks, each known by what it is about: the same again is the same chunk."""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from yolov10.cluster.tables import RowGroup
from yolov10.disk_cache import entry_key
from yolov10.prediction.picture import Picture

SIZES = ((10_000, 16), (1_000_000, 64), (math.inf, 256))
"""Of so many pictures in all, how many have their results kept together: what a kill costs a worker."""
MOST_CHUNKS = 64
"""Chunks that a worker is handed at a time."""
TASKS_A_WORKER = 16
"""At least, where there is so much: they then end at about one time."""


@dataclass(frozen=True)
class Chunk:
    """Pictures that follow each other."""

    key: str
    """A digest of the names and versions of what is in it, the model and the settings."""
    count: int
    start: int = 0
    """Of rows: the number of the first in its row group."""
    pictures: tuple[Picture, ...] = ()
    """None of rows."""


@dataclass(frozen=True)
class Task:
    """Chunks that one worker does, one after another."""

    chunks: tuple[Chunk, ...]
    rows: RowGroup | None = None
    """Where they are rows: of which group."""


def cut(entries: Sequence[Picture | RowGroup], fingerprint: str) -> list[Task]:
    """All that there is to do, in order: a chunk of pictures, or a row group, a task.

    fingerprint: of all that results depend on beside the pictures.
    """
    count = sum(one.rows if isinstance(one, RowGroup) else 1 for one in entries)
    size = next(size for most, size in SIZES if count <= most)
    tasks = []
    for kind, group in itertools.groupby(entries, type):
        if kind is RowGroup:
            tasks += [_of_rows(one, size, fingerprint) for one in group if isinstance(one, RowGroup)]
            continue
        pictures = (one for one in group if isinstance(one, Picture))
        while some := tuple(itertools.islice(pictures, size)):
            key = entry_key([fingerprint, *map(_version, some)])
            tasks.append(Task((Chunk(key, len(some), pictures=some),)))
    return tasks


def _version(picture: Picture) -> tuple[object, ...]:
    """What tells a picture from another that has its name: of a file here, its folder, size and time."""
    path = Path(picture.source)
    try:
        facts = path.stat()
    except (OSError, ValueError):  # an address, or a file that is not there
        return (picture.source,)
    return picture.source, path.absolute(), facts.st_size, facts.st_mtime_ns


def _of_rows(group: RowGroup, size: int, fingerprint: str) -> Task:
    chunks = (
        Chunk(entry_key([fingerprint, group, start]), min(size, group.rows - start), start)
        for start in range(0, group.rows, size)
    )
    return Task(tuple(chunks), group)


def left_of(tasks: Iterable[Task], done: set[str]) -> list[Task]:
    """The tasks without the chunks that are done."""
    remaining = (
        replace(task, chunks=tuple(chunk for chunk in task.chunks if chunk.key not in done)) for task in tasks
    )
    return [task for task in remaining if task.chunks]


def joined(tasks: list[Task], workers: int) -> list[Task]:
    """The same work in fewer tasks, for every task costs Ray some milliseconds."""
    several = min(MOST_CHUNKS, max(1, len(tasks) // (workers * TASKS_A_WORKER)))
    together: list[Task] = []
    for task in tasks:
        last = together[-1] if together else None
        if last and last.rows is task.rows is None and len(last.chunks) < several:
            together[-1] = Task(last.chunks + task.chunks)
        else:
            together.append(task)
    return together
