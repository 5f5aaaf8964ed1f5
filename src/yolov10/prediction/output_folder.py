"""What `predict` writes below --output: annotated copies, or a label file a picture."""

from pathlib import Path

from yolov10 import images
from yolov10.files import write_atomic
from yolov10.prediction.found import Failure, Found
from yolov10.prediction.picture import Picture
from yolov10.prediction.places import Container, Places, member, take_copy, take_label
from yolov10.prediction.recording import Recordings
from yolov10.prediction.video import Footage


class Yolo:
    """One text file a picture below `folder`: class cx cy w h confidence, as shares of the picture.

    Only .txt files are written, so `folder` may be that of the pictures; `check_output` first. Pictures of
    one stem share it: `a.jpg` has `a.txt`, and an `a.png` after it `a-2.txt`, which no longer tells its
    picture by name. Frames have the name of their video and their number: `clip-000007.txt`; beside a
    picture `clip-000007.jpg`, whichever comes second is numbered.
    """

    def __init__(self, folder: Path) -> None:
        self.places = Places(folder)
        self.footage: Footage | None = None
        self.series = folder

    def write(self, result: Found | Failure) -> None:
        """The file of one picture; empty when nothing was found."""
        if isinstance(result, Failure):
            return
        found = result.detections
        rows = (
            f"{index} {(x1 + x2) / 2 / found.width:.6f} {(y1 + y2) / 2 / found.height:.6f} "
            f"{(x2 - x1) / found.width:.6f} {(y2 - y1) / found.height:.6f} {score:.5f}\n"
            for (x1, y1, x2, y2), score, index in zip(
                found.boxes.tolist(), found.scores.tolist(), found.classes.tolist(), strict=True
            )
        )
        write_atomic(self._take(result.picture), "".join(rows).encode())

    def _take(self, picture: Picture) -> Path:
        """A path of its own; those of a video's frames are a series."""
        if picture.moment is None:
            return take_label(self.places, picture)
        if picture.moment.footage is not self.footage:
            self.footage = picture.moment.footage
            self.series = take_label(self.places, self.footage.video)
        return member(self.series, picture.moment.number)

    def close(self) -> None:
        """Nothing is left to write."""


class Annotated:
    """A copy of every picture and video below `folder`, with its boxes drawn; `check_output` first."""

    def __init__(self, folder: Path, container: Container | None = None) -> None:
        self.places = Places(folder)
        self.recordings = Recordings(lambda video: take_copy(self.places, video, container))

    def write(self, result: Found | Failure) -> None:
        """Draw and save one picture, or one frame in the recording of its video."""
        if isinstance(result, Failure):
            return
        drawn = result.detections.draw(result.pixels)
        for crossings in result.crossings:
            crossings.draw(drawn)
        if result.picture.moment is None:
            path = take_copy(self.places, result.picture)
            images.write(path, images.fitted(drawn, path.suffix))
        else:
            self.recordings.write(result.picture.moment, drawn)

    def close(self) -> None:
        """End the video that is in the making."""
        self.recordings.close()
