"""Videos as pictures: every frame of every video, in its turn among the pictures."""

import contextlib
import numbers
import threading
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from yolov10.bounds import check_between
from yolov10.errors import UserError, WrongValueError
from yolov10.images import MAX_PIXELS
from yolov10.prediction.capture import Capture
from yolov10.prediction.live import Reopening, newest, received
from yolov10.prediction.picture import Entry, Picture, frame, refused
from yolov10.prediction.video import WHOLE, Footage, Moment, Video

MISSES = 300
"""Frames in a row that cannot be read, after which a file is held to be at its end."""
LONGEST_STEP, LONGEST_RECONNECT = 1_000_000, 1_000_000
"""Frames, and seconds, which nobody means to exceed."""


@dataclass(frozen=True)
class Playback:
    """How videos are read. Raises WrongValueError for a value that no video could make right."""

    step: int = 1
    """Every `step`-th frame is looked at, the first included; 1 to 1,000,000."""
    when_behind: Literal["drop", "wait"] = "drop"
    """Frames of a live source that come while others are looked at are dropped, or the sender waits."""
    reconnect: float = 30.0
    """Seconds that a live source that broke off is sought, 0 to 1,000,000; with 0, its end is the end."""

    def __post_init__(self) -> None:
        check_between("frame_step", self.step, 1, LONGEST_STEP)
        check_between("reconnect", self.reconnect, 0, LONGEST_RECONNECT, numbers.Real)
        if self.when_behind not in ("drop", "wait"):
            raise WrongValueError(f"when_behind {self.when_behind!r} is not drop or wait")


AS_USUAL = Playback()


def each_picture(
    entries: Iterable[Entry],
    playback: Playback = AS_USUAL,
    *,
    max_pixels: int = MAX_PIXELS,
    tell: Callable[[str], None] = warnings.warn,
) -> Generator[Picture, None, None]:
    """The pictures, and of each video its frames, read when they are asked for; one is held here at a time.

    A video that cannot be read, or not to its end, ends in a picture that cannot be read. `tell` is told when
    a live source breaks off.
    """
    for entry in entries:
        if isinstance(entry, Picture):
            yield entry
        else:
            yield from _frames(entry, playback, max_pixels, tell)


def frame_count(video: Video, playback: Playback, max_pixels: int = MAX_PIXELS) -> int | None:
    """How many pictures `each_picture` will make of a video, as far as can be told; None without an end."""
    if video.kind != "file":
        return None
    try:
        with contextlib.closing(Capture(video, max_pixels)) as capture:
            return None if capture.frames is None else -(-capture.frames // playback.step)
    except UserError:
        return 1  # a picture that cannot be read


def _frames(
    video: Video, playback: Playback, max_pixels: int, tell: Callable[[str], None]
) -> Iterator[Picture]:
    again = Reopening(video.source, partial(Capture, video, max_pixels), playback.reconnect, tell)
    try:
        capture = again.reopen()
        live = video.kind == "camera" or (video.kind == "address" and capture.frames is None)
        drops = live and playback.when_behind == "drop"
        footage = Footage(video, capture.fps, playback.step, live, drops)
        if not live:
            yield from _to_the_end(capture, footage)
        elif drops:
            yield from newest(partial(received, capture, footage, again))
        else:
            yield from received(capture, footage, again, threading.Event())
    except UserError as fault:
        yield refused(video.source, str(fault), video.place)


def _to_the_end(capture: Capture, footage: Footage) -> Iterator[Picture]:
    """The frames of a file that are to be looked at, damaged ones left out.

    Raises UserError behind the last that can be read, where none can or many are missing.
    """
    video = footage.video
    number = misses = 0
    with contextlib.closing(capture):
        while misses < (MISSES if video.kind == "file" else 1):
            there, pixels = capture.next(wanted=number % footage.step == 0)
            if pixels is not None:
                yield frame(Moment(footage, number, number / footage.fps), pixels)
            number, misses = (number + 1, 0) if there else (number, misses + 1)
    if number == 0:
        raise UserError(f"{video.source}: no frame of it can be read")
    if capture.counted and capture.frames is not None and number < WHOLE * capture.frames:
        raise UserError(
            f"{video.source}: {number} of {capture.frames} frames can be read: damaged or cut off"
        )
