"""Videos, cameras and streams: what they are called, and where in one a picture is from."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from yolov10.errors import UserError

SUFFIXES = frozenset(
    [
        *(".mp4", ".m4v", ".mov", ".3gp", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts"),
        *(".wmv", ".flv", ".ogv"),
    ]
)
"""Of video files; what such a file is, its content says."""
SCHEMES = ("rtsp", "rtsps", "rtmp", "http", "https", "udp", "tcp", "srt")
"""Of addresses that may be read."""
WHOLE = 0.9
"""Share of its frames with fewer of which a file is called damaged. Players, too, leave out some."""


@dataclass(frozen=True)
class Video:
    """A video yet to be read, frame by frame."""

    source: str
    """As given by the user or found below it: a file, the number of a camera, or an address."""
    place: Path
    """What an annotated copy is named after, relative to the output folder."""
    kind: Literal["file", "camera", "address"] = "file"


@dataclass(frozen=True)
class Footage:
    """A video that is being read, once: all its frames have the same one, and no other video's have it."""

    video: Video
    fps: float
    """Frames a second, as the video says."""
    step: int
    """Every `step`-th frame is looked at."""
    live: bool
    """Whether it goes on while nobody reads it: a camera or a stream without an end."""
    drops: bool
    """Whether frames are missing: those of a live one that came while others were looked at."""


@dataclass(frozen=True)
class Moment:
    """Where in a video a frame is from."""

    footage: Footage
    number: int
    """Of the frame, from 0; those that nobody looked at count."""
    seconds: float
    """Since the first frame: by the number in a file, by the clock of a live source."""
    absences: int = 0
    """How often a live source had broken off before."""


def camera_or_stream(text: str) -> Video:
    """The camera of a number, or the stream of an address. Raises UserError for what is neither."""
    if text.isdecimal():
        if len(text) > 4:
            raise UserError(f"{text}: no such file or folder, and no number of a camera")
        return Video(text, Path(f"camera-{text}"), "camera")
    try:
        parts = urlsplit(text)
        text.encode()
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    if parts.scheme not in SCHEMES or not parts.netloc or "\0" in text:
        raise UserError(f"{text}: not an address of a stream ({', '.join(SCHEMES)})")
    name = re.sub(r"[\W_]+", "-", parts.netloc.rpartition("@")[2] + parts.path).strip("-")
    return Video(text, Path(name[:100]), "address")
