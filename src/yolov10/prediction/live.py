"""Sources that go on whether they are read or not: no lag behind them, and back to one that breaks off."""

import atexit
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from yolov10.errors import UserError
from yolov10.prediction.capture import Capture
from yolov10.prediction.picture import Picture, frame
from yolov10.prediction.video import Footage, Moment

SHORTEST_WAIT, LONGEST_WAIT = 0.5, 5.0
"""Seconds from one attempt to reach a source again to the next; the first is made at once."""

T = TypeVar("T")


@dataclass(frozen=True)
class Reopening:
    """How a live source that broke off is reached again."""

    source: str
    """Its name."""
    reopen: Callable[[], Capture]
    """Raises UserError while it cannot be reached."""
    patience: float
    """Seconds for which it is sought before it is given up; with 0, its end is the end."""
    tell: Callable[[str], None]
    """Told when it breaks off."""


def received(first: Capture, footage: Footage, again: Reopening, stop: threading.Event) -> Iterator[Picture]:
    """The frames of a live source that are to be looked at, in order, until `stop` is set.

    Raises UserError when it broke off and cannot be reached again.
    """
    absence = _Absence(again, stop)
    capture: Capture | None = first
    number, start = 0, time.monotonic()
    while capture is not None:
        with contextlib.closing(capture):
            while not stop.is_set():
                there, pixels = capture.next(wanted=number % footage.step == 0)
                if not there:
                    break
                absence.end()
                if pixels is not None:
                    yield frame(Moment(footage, number, time.monotonic() - start, absence.count), pixels)
                number += 1
        capture = absence.reach_again()


class _Absence:
    """A live source while it gives no frames. It may be opened several times before it gives one."""

    def __init__(self, again: Reopening, stop: threading.Event) -> None:
        self.again, self.stop = again, stop
        self.count = 0
        """How often it broke off."""
        self.since: float | None = None
        self.wait = 0.0

    def end(self) -> None:
        """There is a frame, whether anybody looks at it or not."""
        self.since, self.wait = None, 0.0

    def reach_again(self) -> Capture | None:
        """The source reached again; None when it is not to be. Raises UserError at the end of patience."""
        if self.again.patience == 0 or self.stop.is_set():
            return None
        if self.since is None:
            self.since, self.count = time.monotonic(), self.count + 1
            self.again.tell(f"{self.again.source}: broke off; trying to reach it again")
        while self.wait == 0 or time.monotonic() + self.wait - self.since <= self.again.patience:
            if self.stop.wait(self.wait):
                return None
            self.wait = min(max(2 * self.wait, SHORTEST_WAIT), LONGEST_WAIT)
            with contextlib.suppress(UserError):
                return self.again.reopen()
        raise UserError(
            f"{self.again.source}: broke off, and was out of reach for {self.again.patience:g} seconds"
        )


def newest(make: Callable[[threading.Event], Iterator[T]]) -> Iterator[T]:
    """Of what an iterator gives, the newest each time: a thread takes all of it, and drops what is older.

    make: given an event, the iterator, which ends soon after that is set. What it raises is raised here.
    """
    stop, changed = threading.Event(), threading.Condition()
    waiting: deque[T] = deque(maxlen=1)
    ended: list[Exception | None] = []

    def take_all() -> None:
        fault = None
        try:
            for item in make(stop):
                with changed:
                    waiting.append(item)
                    changed.notify()
        except Exception as raised:
            fault = raised
        with changed:
            ended.append(fault)
            changed.notify()

    # A daemon, as a program that ends without closing us must not wait for it; but let go of the source.
    thread = threading.Thread(target=take_all, name="yolov10-live", daemon=True)

    def end() -> None:
        stop.set()
        thread.join()

    atexit.register(end)
    thread.start()
    try:
        while True:
            with changed:
                changed.wait_for(lambda: waiting or ended)
                if not waiting:
                    break
                item = waiting.pop()
            yield item
    finally:
        end()
        atexit.unregister(end)
    if ended[0] is not None:
        raise ended[0]
