"""Annotated videos: frames with what was found in them, as a video of the same size and speed."""

import math
from collections.abc import Callable
from pathlib import Path

from yolov10.errors import UserError
from yolov10.images import Image
from yolov10.opencv import cv2, silent_video
from yolov10.prediction.video import WHOLE, Footage, Moment, Video

CODEC = "mp4v"
"""MPEG-4 part 2: of the encoders in OpenCV's package by far the quickest, and every player has it."""
LONGEST_GAP = 1.0
"""Seconds without a frame that a recording shows as a still; the rest is left out."""


class Recording:
    """A video file in the making. What an MKV holds so far can be played, however the program ends.

    size: width and height; of an odd one OpenCV leaves the last row or column out.
    Raises UserError naming the file when it cannot be written.
    """

    def __init__(self, path: Path, fps: float, size: tuple[int, int]) -> None:
        self.path, self.size, self.written = path, size, 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.name = str(path.absolute())
            self.name.encode()
        except OSError as fault:
            raise UserError(f"cannot write {path}: {fault.strerror or fault}") from None
        except UnicodeEncodeError:  # would end in a crash
            raise UserError(f"cannot write {path}: the name of a video must be Unicode") from None
        with silent_video():
            codec = cv2.VideoWriter.fourcc(*CODEC)
            self.writer = cv2.VideoWriter(self.name, cv2.CAP_FFMPEG, codec, fps, size)
        if not self.writer.isOpened():
            raise UserError(
                f"cannot write {path}: it may not be written there, or {size} is no size of a video"
            )

    def write(self, pixels: Image) -> None:
        """Add a frame [h, w, 3] BGR; one of another size is scaled, as a video has but one."""
        if pixels.shape[1::-1] != self.size:
            pixels = cv2.resize(pixels, self.size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        with silent_video():
            self.writer.write(pixels)
        self.written += 1

    def close(self) -> None:
        """End the file. OpenCV tells of no fault on the way, so the file is asked what it holds."""
        with silent_video():
            self.writer.release()
            kept = cv2.VideoCapture(self.name, cv2.CAP_FFMPEG).get(cv2.CAP_PROP_FRAME_COUNT)
        if kept < WHOLE * self.written:
            raise UserError(f"cannot write {self.path}: it is not whole; the disk may be full")


SLOWEST = 0.01
"""Frames a second of the slowest recording that FFmpeg makes."""


class Recordings:
    """The annotated videos of a run, one after the other.

    place: gives the path of a video's recording.
    """

    def __init__(self, place: Callable[[Video], Path]) -> None:
        self.place = place
        self.footage: Footage | None = None
        self.recording: Recording | None = None
        self.due = 0

    def write(self, moment: Moment, pixels: Image) -> None:
        """Add an annotated frame [h, w, 3] BGR to the recording of its video."""
        if self.recording is None or moment.footage is not self.footage:
            self.close()
            self.footage, self.due = moment.footage, 0
            height, width = pixels.shape[:2]
            self.recording = Recording(
                self.place(moment.footage.video), _fps(moment.footage), (width, height)
            )
        for _ in range(self._times(moment)):
            self.recording.write(pixels)

    def _times(self, moment: Moment) -> int:
        """How often to write a frame: once, but as often as its time takes where frames come irregularly."""
        if not moment.footage.drops:
            return 1
        before, fps = self.due, _fps(moment.footage)
        self.due = max(round(moment.seconds * fps) + 1, before)
        return min(self.due - before, math.ceil(LONGEST_GAP * fps))

    def close(self) -> None:
        """End the recording that is in the making."""
        if self.recording is not None:
            recording, self.recording = self.recording, None
            recording.close()


def _fps(footage: Footage) -> float:
    """Of the recording, so that it takes as long as the video.

    MPEG-4 counts time in at most 65,535 parts a second, and OpenCV hands it thousandths, unless fewer do.
    """
    fps = footage.fps / footage.step
    decimals = next(digits for digits in (3, 2, 1, 0) if fps * 10**digits <= 65_535 or digits == 0)
    return max(round(fps, decimals), SLOWEST)
