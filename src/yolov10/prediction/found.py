"""What became of a picture: what was found in it, or why it could not be read."""

from dataclasses import dataclass

from yolov10.detections import Detections
from yolov10.images import Image
from yolov10.prediction.counting import Crossings
from yolov10.prediction.picture import Picture


@dataclass(frozen=True, eq=False)
class Found:
    """A picture that was read, and what was found in it."""

    picture: Picture
    as_read: Image
    """What the network saw of it; of a large JPEG a smaller copy."""
    detections: Detections
    crossings: tuple[Crossings, ...] = ()
    """What was counted in its video, up to now."""

    @property
    def pixels(self) -> Image:
        """The whole picture, BGR [h, w, 3]; read anew where a smaller copy was enough."""
        whole = (self.detections.height, self.detections.width)
        return self.as_read if self.as_read.shape[:2] == whole else self.picture.read()


@dataclass(frozen=True)
class Failure:
    """A picture that could not be read."""

    picture: Picture
    error: str
