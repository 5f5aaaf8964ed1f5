"""Calls of several threads, run together: dynamic batching behind the protocol of every runtime."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from yolov10.runtimes.runtime import Around, Images, Runtime, only, sides_of

USUAL_PIXELS = 640 * 640
"""Of a network's input: a batch of larger ones is smaller, so that it takes no more memory."""


@dataclass(eq=False)
class _Call:
    """One thread's images, and in the end their rows or the runtime's fault."""

    runtime: Runtime
    images: Images
    rows: NDArray[np.float32] | None = None
    fault: BaseException | None = None
    weight: float = field(init=False)
    woken: threading.Event = field(init=False, default_factory=threading.Event)
    """Set when it is done, or when it is its turn to run."""

    def __post_init__(self) -> None:
        height, width = sides_of(self.images)
        self.weight = len(self.images) * max(height * width / USUAL_PIXELS, 1)

    def fits(self, other: "_Call") -> bool:
        """Whether both can run as one batch."""
        return self.runtime is other.runtime and self.images.shape[1:] == other.images.shape[1:]

    @property
    def done(self) -> bool:
        return self.rows is not None or self.fault is not None


class Batcher:
    """Runs calls one batch after another, the oldest first, with those behind it that fit if that is faster.

    There is no timer and no thread of its own: a call that finds nothing running runs at once, alone if need
    be; those that come meanwhile gather, and the oldest of them runs the next batch. One batch runs at a
    time, of all models, since each takes all cores.
    largest: pictures of the usual size in a batch. observe: told the pictures and seconds of every batch.
    """

    def __init__(self, largest: int, observe: Callable[[int, float], None]) -> None:
        self.largest = largest
        self.observe = observe
        self.waiting: deque[_Call] = deque()
        self.running = False
        self.lock = threading.Lock()

    def run(self, runtime: Runtime, images: Images) -> NDArray[np.float32]:
        """Rows of images, of all classes, as `Runtime` says; raises what the runtime raises."""
        call = _Call(runtime, images)
        with self.lock:
            self.waiting.append(call)
            waits, self.running = self.running, True
        if waits:
            call.woken.wait()
        if not call.done:
            self._run_next()
        if call.fault is not None:
            raise call.fault
        assert call.rows is not None
        return call.rows

    def _run_next(self) -> None:
        """Run the oldest call and its company; then wake whose turn it is, and them, and nobody else."""
        with self.lock:
            batch = self._take()
        _run_together(batch, self.observe)
        with self.lock:
            heirs = list(self.waiting)[:1]
            self.running = bool(heirs)
        for call in heirs + batch:
            call.woken.set()

    def _take(self) -> list[_Call]:
        first = self.waiting.popleft()
        if not first.runtime.gains_together:
            return [first]  # in company, each would wait for the last to be done
        batch, weight = [first], first.weight
        for call in list(self.waiting):
            if call.fits(first) and weight + call.weight <= self.largest:
                batch.append(call)
                weight += call.weight
                self.waiting.remove(call)
        return batch


def _run_together(batch: list[_Call], observe: Callable[[int, float], None]) -> None:
    """Fill in the rows of every call, or the fault of all."""
    try:
        images = batch[0].images if len(batch) == 1 else np.concatenate([call.images for call in batch])
        start = time.perf_counter()
        rows = batch[0].runtime(images)
        observe(len(images), time.perf_counter() - start)
    except BaseException as fault:  # whatever it is: each caller gets it, none waits for ever
        for call in batch:
            call.fault = fault
        return
    begin = 0
    for call in batch:
        call.rows = rows[begin : begin + len(call.images)]
        begin += len(call.images)


class Batched(Around):
    """A runtime whose calls run together with those of other threads.

    Classes are chosen of what is found: before that, each choice would be a graph of its own to be compiled,
    while all wait, and a batch of its own.
    """

    def __init__(self, runtime: Runtime, batcher: Batcher) -> None:
        super().__init__(runtime)
        self.batcher = batcher

    def __call__(self, images: Images, classes: Sequence[int] | None = None) -> NDArray[np.float32]:
        """As `Runtime` says."""
        rows = self.batcher.run(self.runtime, images)
        return rows if classes is None else only(classes, rows)
