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
from yolov10.images import Image
from yolov10.prediction.capture import Capture

SHORTEST_WAIT, LONGEST_WAIT = 0.5, 5.0
"""Seconds from one attempt to reach a source again to the next; the first is made at once."""

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Shot:
    """A frame of a video."""

    number: int
    """From 0; those that nobody saw count."""
    seconds: float
    """Since the first."""
    pixels: Image


@dataclass(frozen=True)
class Reopening:
    """How a live source that broke off is reached again."""

    source: str
    """Its name."""
    reopen: Callable[[], Capture]
    """Raises UserError while it cannot be reached."""
    patience: float
    """Seconds without a frame after which it is given up; with 0, its end is the end."""
    tell: Callable[[str], None]
    """Told when it breaks off."""


def received(first: Capture, step: int, again: Reopening, stop: threading.Event) -> Iterator[Shot]:
    """Every `step`-th frame of a live source, in order, until `stop` is set.

    Raises UserError when it broke off and cannot be reached again.
    """
    capture, number, wait = first, 0, 0.0
    start = last = time.monotonic()
    while True:
        with contextlib.closing(capture):
            there = True
            while there and not stop.is_set():
                there, pixels = capture.next(wanted=number % step == 0)
                if pixels is not None:
                    yield Shot(number, time.monotonic() - start, pixels)
                if there:
                    number, last, wait = number + 1, time.monotonic(), 0.0
        if again.patience == 0 or stop.is_set():
            return
        if wait == 0:
            again.tell(f"{again.source}: broke off; trying to reach it again")
        reached = None
        while reached is None:
            if time.monotonic() + wait - last > again.patience:
                raise UserError(
                    f"{again.source}: broke off, and was out of reach for {again.patience:g} seconds"
                )
            if stop.wait(wait):
                return
            wait = min(max(2 * wait, SHORTEST_WAIT), LONGEST_WAIT)
            with contextlib.suppress(UserError):
                reached = again.reopen()
        capture = reached


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
