"""OpenCV, without its import's change to LD_LIBRARY_PATH, and kept off stderr."""

import contextlib
import os
import threading
from collections.abc import Iterator

from yolov10.silence import environment_kept

with environment_kept():  # the library is loaded by then and needs no path
    import cv2 as cv2


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Keep OpenCV's log off stderr: the UserError says it.

    The level belongs to the process and decodes overlap, so only a thread that found it audible restores it.
    In whichever order they end, the last level is the first; at worst a line of another thread slips through.
    What libjpeg says of a JPEG that lost pixels but has its end ("Corrupt JPEG data") does so always: it
    prints to the process's file descriptor 2 itself, which cannot be turned away for one thread alone.
    """
    logging = cv2.utils.logging
    before = logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        if before != logging.LOG_LEVEL_SILENT:
            logging.setLogLevel(before)


def silence_ffmpeg() -> None:
    """Keep FFmpeg off stderr from now on; to be called before a video is opened.

    Its level is read from the environment, once, when OpenCV first opens a video: here, one without a name.
    """
    with _ONE_AT_A_TIME, environment_kept(), silent():
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
        cv2.VideoCapture("", cv2.CAP_FFMPEG)


_ONE_AT_A_TIME = threading.Lock()
