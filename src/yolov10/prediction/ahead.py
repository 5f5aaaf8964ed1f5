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
from yolov10.letterbox import Frame, fit, letterbox
from yolov10.prediction.picture import Picture

WORKERS = 2
"""Threads that read: two keep up with the fastest network that two cores run."""

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, eq=False)
class Ready:
    """A picture as the network takes it."""

    picture: Picture
    as_read: Image
    """BGR [h, w, 3], upright; of a large JPEG, twice what the network needs or more, a smaller copy."""
    frame: Frame
    canvas: Image
    """BGR [H, W, 3]: the picture in its frame."""


class Canvases:
    """Memory to be filled again: fresh memory costs as much as filling it."""

    def __init__(self) -> None:
        self.free: dict[tuple[int, ...], deque[Image]] = {}
        self.lock = threading.Lock()

    def take(self, height: int, width: int) -> Image:
        """A canvas [height, width, 3] that nobody uses, its contents are of no meaning."""
        shape = height, width, 3
        with self.lock:
            if free := self.free.get(shape):
                return free.pop()
        return np.empty(shape, np.uint8)

    def give_back(self, canvas: Image) -> None:
        """Nobody looks at it any more. A few shapes are remembered."""
        with self.lock:
            if canvas.shape not in self.free and len(self.free) >= SHAPES_KEPT:
                self.free.clear()
            self.free.setdefault(canvas.shape, deque(maxlen=CANVASES_KEPT)).append(canvas)


SHAPES_KEPT, CANVASES_KEPT = 4, 4
LARGE = 800_000
"""Pixels from which on reading a JPEG smaller saves more than a millisecond or two."""


def prepare(picture: Picture, size: ImageSize, canvases: Canvases, *, full_decode: bool) -> Ready:
    """Read a picture and fit it to the network. Raises UserError naming what cannot be read."""
    pixels, frame = fit_and_read(picture.open(), size, full_decode=full_decode)
    return _letterboxed(picture, pixels, frame, canvases)


def cut_out(whole: Ready, window: NDArray[np.int64], size: ImageSize, canvases: Canvases) -> Ready:
    """A window xyxy of a picture that was read whole, fitted to the network as if it were all."""
    x1, y1, x2, y2 = window.tolist()
    frame = fit(x2 - x1, y2 - y1, size)
    return _letterboxed(whole.picture, whole.as_read[y1:y2, x1:x2], frame, canvases)


def _letterboxed(picture: Picture, pixels: Image, frame: Frame, canvases: Canvases) -> Ready:
    canvas = letterbox(pixels, frame, canvases.take(frame.height, frame.width))
    return Ready(picture, pixels, frame, canvas)


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

    An item that is to be looked at `at_once` waits for no other. What `make` raises is raised in its turn,
    and what `items` raises after what they gave.
    """
    with ThreadPoolExecutor(min(WORKERS, os.cpu_count() or 1), "yolov10-read") as pool:
        waiting: deque[Future[U]] = deque()
        source, fault = iter(items), None
        try:
            while True:
                try:
                    item = next(source)
                except StopIteration:
                    break
                except Exception as raised:
                    fault = raised
                    break
                waiting.append(pool.submit(make, item))
                while len(waiting) > (0 if at_once(item) else ahead):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
            if fault is not None:
                raise fault
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
