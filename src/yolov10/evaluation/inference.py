"""Running a model over a data set's pictures: all its detections, in the pictures' own pixels."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yolov10 import images
from yolov10.data.sample import Sample
from yolov10.errors import UserError
from yolov10.evaluation.shapes import Slot, fill
from yolov10.images import Image
from yolov10.runtimes.runtime import Runtime

AHEAD = 2
"""Batches read while one is with the network."""


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found in the pictures that could be read."""

    samples: list[Sample]
    rows: list[NDArray[np.float32]]
    """[K, 6] of each: xyxy in pixels of the picture, score, class of the data set; surest first."""
    read_seconds: float
    """Spent waiting for pictures; they are read while the network works."""
    infer_seconds: float


def find_all(
    runtime: Runtime,
    samples: Sequence[Sample],
    batches: Sequence[Sequence[Slot]],
    classes: NDArray[np.int64],
    *,
    progress: Callable[[], None],
    warn: Callable[[str], None],
) -> Findings:
    """Detect in every sample, batch by batch; no score is too low to be kept (spec 6.1, 9.2 trap 20).

    classes: the data set's class for each of the model's, −1 for those it does not have. `progress` is called
    after each picture, `warn` with each that cannot be read. Raises UserError when none can.
    """
    rows: dict[int, NDArray[np.float32]] = {}
    infer_seconds = 0.0
    start = time.perf_counter()
    with ThreadPoolExecutor() as pool:
        for batch, pictures in _read_ahead(pool, samples, batches):
            whole = [
                (slot, one) for slot, one in zip(batch, pictures, strict=True) if not isinstance(one, str)
            ]
            for fault in (one for one in pictures if isinstance(one, str)):
                warn(fault)
            if whole:
                begin = time.perf_counter()
                found = runtime(np.stack([pixels for _, pixels in whole]))
                infer_seconds += time.perf_counter() - begin
                for (slot, _), own in zip(whole, found, strict=True):
                    rows[slot.index] = _in_source(own, slot, classes)
            for _ in batch:
                progress()
    if not rows:
        raise UserError("none of the pictures can be read: `yolov10 data check` names the faults")
    kept = sorted(rows)
    seconds = time.perf_counter() - start
    return Findings(
        [samples[index] for index in kept],
        [rows[index] for index in kept],
        seconds - infer_seconds,
        infer_seconds,
    )


def _read_ahead(
    pool: ThreadPoolExecutor, samples: Sequence[Sample], batches: Sequence[Sequence[Slot]]
) -> Iterator[tuple[Sequence[Slot], list[Image | str]]]:
    """Each batch and its pictures ready for the network, or why one cannot be read."""
    waiting: deque[tuple[Sequence[Slot], list[Future[Image | str]]]] = deque()
    for batch in batches:
        waiting.append((batch, [pool.submit(_read, samples[slot.index], slot) for slot in batch]))
        if len(waiting) > AHEAD:
            done, futures = waiting.popleft()
            yield done, [future.result() for future in futures]
    for done, futures in waiting:
        yield done, [future.result() for future in futures]


def _read(sample: Sample, slot: Slot) -> Image | str:
    try:
        return fill(slot, images.read(sample.path))
    except UserError as fault:
        return str(fault)


def _in_source(rows: NDArray[np.float32], slot: Slot, classes: NDArray[np.int64]) -> NDArray[np.float32]:
    """The network's rows in pixels of the picture and classes of the data set.

    Rows of other classes are left out, as COCO does, and those that are no numbers, which a network that
    training has ruined gives.
    """
    rows = rows[np.isfinite(rows).all(axis=1)]
    if len(rows) and not -1 <= rows[:, 5].min() <= rows[:, 5].max() < len(classes) - 1:
        worst = rows[np.abs(rows[:, 5]).argmax(), 5]
        raise UserError(f"the model gives class {worst:.0f}, but it names {len(classes) - 1}")
    own = classes[rows[:, 5].astype(np.int64)]
    found = np.column_stack([slot.frame.undo(rows[:, :4]), rows[:, 4], own]).astype(np.float32)
    return found[own >= 0]
