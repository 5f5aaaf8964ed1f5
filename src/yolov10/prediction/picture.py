"""A picture yet to be read, from wherever it comes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from yolov10 import images
from yolov10.errors import UserError
from yolov10.images import Image
from yolov10.prediction.video import Moment, Video


@dataclass(frozen=True)
class Picture:
    """One picture yet to be decoded, or a frame that is."""

    source: str
    """Its name, as given by the user or found below it; of a frame that of its video."""
    open: Callable[[], images.Encoded | Image]
    """Gives its file in memory, or its pixels BGR [h, w, 3], upright. Raises UserError naming the source."""
    place: Path
    """What results are named after, relative to the output folder; unique within one source, per video."""
    moment: Moment | None = None
    """Of a frame, where in its video it is from."""

    def read(self) -> Image:
        """Its pixels BGR [h, w, 3], upright; decoded anew each time. Raises UserError naming the source."""
        opened = self.open()
        return opened.pixels() if isinstance(opened, images.Encoded) else opened

    def is_live(self) -> bool:
        """Whether its source goes on meanwhile, so that a picture that waits is late."""
        return self.moment is not None and self.moment.footage.live


Entry = Picture | Video


def frame(moment: Moment, pixels: Image) -> Picture:
    """A frame of a video; pixels: BGR [h, w, 3]."""
    video = moment.footage.video
    return Picture(video.source, lambda: pixels, video.place, moment)


def refused(source: str, message: str, place: Path) -> Picture:
    """A picture that cannot be read, for the reason given."""
    return Picture(source, partial(_refuse, message), place)  # which other processes can be told, too


def _refuse(message: str) -> Image:
    raise UserError(message)
