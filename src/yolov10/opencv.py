"""OpenCV, without its import's change to LD_LIBRARY_PATH; it and its FFmpeg kept off stderr."""

import contextlib
import os
import threading
from collections.abc import Iterator
from functools import cache

from yolov10.silence import environment_kept

with environment_kept():  # the library is loaded by then and needs no path
    import cv2 as cv2


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Keep OpenCV's log off stderr: the UserError says it.

    The level belongs to the process and decodes overlap, so the last to end puts back what the first found.
    What libjpeg says of a JPEG that lost pixels but has its end ("Corrupt JPEG data") does so always: it
    prints to the process's file descriptor 2 itself, which cannot be turned away for one thread alone.
    """
    _Silence.begin()
    try:
        yield
    finally:
        _Silence.end()


@contextlib.contextmanager
def silent_video() -> Iterator[None]:
    """Keep FFmpeg, too, off stderr: for whatever opens, reads or writes a video."""
    _silence_ffmpeg()
    with silent():
        yield


class _Silence:
    """How many wish for it now, and what OpenCV's level was before the first did."""

    lock = threading.Lock()
    wishes = 0
    level = 0

    @classmethod
    def begin(cls) -> None:
        with cls.lock:
            if cls.wishes == 0:
                cls.level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
            cls.wishes += 1

    @classmethod
    def end(cls) -> None:
        with cls.lock:
            cls.wishes -= 1
            if cls.wishes == 0:
                cv2.utils.logging.setLogLevel(cls.level)


@cache
def _silence_ffmpeg() -> None:
    """Its level is read from the environment when OpenCV first opens a video: here, one without a name."""
    with _ONE_AT_A_TIME, environment_kept(), silent():
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
        cv2.VideoCapture("", cv2.CAP_FFMPEG)


_ONE_AT_A_TIME = threading.Lock()
