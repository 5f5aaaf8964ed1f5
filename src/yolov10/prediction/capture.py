"""Opening a video, a camera or a stream, and taking frames from it."""

import contextlib
import re
from pathlib import Path

import numpy as np

from yolov10.errors import UserError
from yolov10.files import unreadable
from yolov10.images import Image, check_pixels
from yolov10.opencv import cv2, silent_video
from yolov10.prediction.edit_list import shown_share
from yolov10.prediction.video import Video

OPEN_TIMEOUT, READ_TIMEOUT = 10_000, 10_000
"""Milliseconds that an address is waited for."""
USUAL_FPS = 25.0
"""Where a video names no frame rate, or one that no video has."""

_COUNTED = rb".{4}(?:ftyp|moov|mdat|free|skip|wide)|RIFF.{4}AVI "
_UNCOUNTED = (
    rb"\x1a\x45\xdf\xa3"  # Matroska, WebM
    rb"|\x00\x00\x01[\xba\xb3]"  # MPEG
    rb"|\x47.{187}\x47|.{4}\x47.{191}\x47"  # MPEG transport streams
    rb"|\x30\x26\xb2\x75"  # WMV
    rb"|FLV\x01|OggS"
)


class Capture:
    """An open video, whose frames are taken or skipped in order; to be closed.

    Raises UserError naming the video: it is not there, cannot be reached, is none, or is too large.
    """

    def __init__(self, video: Video, max_pixels: int) -> None:
        self.counted = video.kind == "file" and _is_counted(video.source)
        """Whether `frames` is a count, not an estimate from times."""
        with silent_video(), contextlib.ExitStack() as held:
            self.capture = _open(video, held)
        if not self.capture.isOpened():
            raise UserError(_FAULTS[video.kind].format(video.source))
        fps, frames, width, height = map(self.capture.get, _FACTS)
        self.fps = fps if 0 < fps < 1000 else USUAL_FPS
        share = shown_share(video.source) if self.counted else 1
        self.frames = round(frames * share) if 0 < frames < 1e9 else None
        """How many there are to be seen; None of a source without an end."""
        try:
            check_pixels(video.source, int(width), int(height), max_pixels)
        except UserError:
            self.close()
            raise

    def next(self, *, wanted: bool) -> tuple[bool, Image | None]:
        """Whether there is a next frame, and its pixels [h, w, 3] BGR if they are `wanted`.

        A damaged frame reads as none; there may be more behind it.
        """
        with silent_video():
            if not wanted:
                return self.capture.grab(), None
            there, pixels = self.capture.read()
        return there, np.asarray(pixels, np.uint8) if there else None

    def close(self) -> None:
        """Give the video back."""
        self.capture.release()


_FACTS = (
    cv2.CAP_PROP_FPS,
    cv2.CAP_PROP_FRAME_COUNT,
    cv2.CAP_PROP_FRAME_WIDTH,
    cv2.CAP_PROP_FRAME_HEIGHT,
)
_FAULTS = {
    "file": "{}: a damaged video, or of a kind that is not read",
    "camera": "camera {}: cannot be opened",
    "address": "{}: cannot be reached, or sends no video",
}


def _open(video: Video, held: contextlib.ExitStack) -> cv2.VideoCapture:
    if video.kind == "camera":
        return cv2.VideoCapture(int(video.source))
    if video.kind == "address":
        timeouts = (
            *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT),
            *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT),
        )
        return cv2.VideoCapture(video.source, cv2.CAP_FFMPEG, timeouts)
    return cv2.VideoCapture(_name(video.source, held), cv2.CAP_FFMPEG)


def _is_counted(path: str) -> bool:
    """Whether a file's container holds the number of its frames. Raises UserError for what is no video.

    Nothing else reaches FFmpeg: a play list would make it open other files.
    """
    try:
        with Path(path).open("rb") as file:
            head = file.read(400)
    except OSError as fault:
        raise UserError(unreadable(path, fault)) from None
    counted = re.match(_COUNTED, head, re.DOTALL) is not None
    if not counted and not re.match(_UNCOUNTED, head, re.DOTALL):
        raise UserError(f"{path}: no video (MP4, MOV, MKV, WebM, AVI, MPEG, TS, WMV, FLV or OGV)")
    return counted


def _name(path: str, held: contextlib.ExitStack) -> str:
    """A name for OpenCV, which ends in a crash for one that is not UTF-8; and for FFmpeg no address."""
    name = str(Path(path).absolute())
    try:
        name.encode()
    except UnicodeEncodeError:
        return f"/dev/fd/{held.enter_context(Path(path).open('rb')).fileno()}"
    return name
