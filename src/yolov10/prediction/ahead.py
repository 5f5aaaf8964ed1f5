"""Pictures read and made ready for the network by threads, while the network works on those before them."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from yolov10.image_size import ImageSize
from yolov10.images import Encoded, Image
from yolov10.letterbox import Frame, fill_planes, fit, letterbox
from yolov10.prediction.picture import Picture

WORKERS = 2
"""Threads that read: two keep up with the fastest network that two cores run."""

T = TypeVar("T")
U = TypeVar("U")


class Room:
    """Memory in which a picture is made ready for the network."""

    def __init__(self, height: int, width: int) -> None:
        self.canvas = np.empty((height, width, 3), np.uint8)
        self.channels = np.empty((3, height, width), np.uint8)
        self.planes = np.empty((1, 3, height, width), np.float32)

    def fill(self, pixels: Image, frame: Frame) -> None:
        """Make the planes those of a picture, or of a smaller copy of it, that lies in the frame."""
        fill_planes(self.planes[0], letterbox(pixels, frame, self.canvas), self.channels)


@dataclass(frozen=True, eq=False)
class Ready:
    """A picture as the network takes it."""

    picture: Picture
    as_read: Image
    """BGR [h, w, 3], upright; of a large JPEG, twice what the network needs or more, a smaller copy."""
    frame: Frame
    room: Room

    @property
    def planes(self) -> NDArray[np.float32]:
        """[1, 3, H, W], RGB 0..1."""
        return self.room.planes


class Rooms:
    """Rooms to be filled again: fresh memory costs as much as filling it."""

    def __init__(self) -> None:
        self.free: dict[tuple[int, int], deque[Room]] = {}
        self.lock = threading.Lock()

    def take(self, height: int, width: int) -> Room:
        """One that nobody uses, its contents are of no meaning."""
        with self.lock:
            if free := self.free.get((height, width)):
                return free.pop()
        return Room(height, width)

    def give_back(self, room: Room) -> None:
        """Nobody looks at it any more. A few shapes are remembered."""
        with self.lock:
            shape = (room.planes.shape[2], room.planes.shape[3])
            if shape not in self.free and len(self.free) >= SHAPES_KEPT:
                self.free.clear()
            self.free.setdefault(shape, deque(maxlen=ROOMS_KEPT)).append(room)


SHAPES_KEPT, ROOMS_KEPT = 4, 4
LARGE = 800_000
"""Pixels from which on reading a JPEG smaller saves more than a millisecond or two."""


def prepare(picture: Picture, size: ImageSize, rooms: Rooms, *, full_decode: bool) -> Ready:
    """Read a picture and fit it to the network. Raises UserError naming what cannot be read."""
    pixels, frame = fit_and_read(picture.open(), size, full_decode=full_decode)
    return _letterboxed(picture, pixels, frame, rooms)


def cut_out(whole: Ready, window: NDArray[np.int64], size: ImageSize, rooms: Rooms) -> Ready:
    """A window xyxy of a picture that was read whole, fitted to the network as if it were all."""
    x1, y1, x2, y2 = window.tolist()
    frame = fit(x2 - x1, y2 - y1, size)
    return _letterboxed(whole.picture, whole.as_read[y1:y2, x1:x2], frame, rooms)


def _letterboxed(picture: Picture, pixels: Image, frame: Frame, rooms: Rooms) -> Ready:
    room = rooms.take(frame.height, frame.width)
    room.fill(pixels, frame)
    return Ready(picture, pixels, frame, room)


def fit_and_read(opened: Encoded | Image, size: ImageSize, *, full_decode: bool) -> tuple[Image, Frame]:
    """The pixels of a picture, no more than the network needs, and where the whole lies in its input.

    Raises UserError naming what cannot be read.
    """
    if not isinstance(opened, Encoded):
        return opened, fit(opened.shape[1], opened.shape[0], size)
    frame = fit(*opened.size, size)
    return opened.pixels(1 if full_decode or not opened.can_shrink else _shrink(frame)), frame


def _shrink(frame: Frame) -> int:
    """How many times smaller a large picture is read: never smaller than the network takes it."""
    if frame.source_width * frame.source_height < LARGE:
        return 1
    return next((times for times in (8, 4, 2) if frame.gain * times <= 1), 1)


def read_ahead(
    items: Iterable[T], make: Callable[[T], U], ahead: int, at_once: Callable[[T], bool] = lambda _: False
) -> Iterator[U]:
    """What `make` makes of every item, in order, `ahead` of them in the making while one is looked at.

    An item that is to be looked at `at_once` waits for no other. What `make` raises is raised in its turn.
    """
    with ThreadPoolExecutor(min(WORKERS, os.cpu_count() or 1), "yolov10-read") as pool:
        waiting: deque[Future[U]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(make, item))
                while len(waiting) > (0 if at_once(item) else ahead):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def groups(items: Iterable[T], size: int, is_last: Callable[[T], bool]) -> Iterator[list[T]]:
    """What is looked at together: `size` items at most, and none after one that `is_last` of its group."""
    group: list[T] = []
    for item in items:
        group.append(item)
        if len(group) == size or is_last(item):
            yield group
            group = []
    if group:
        yield group
