"""What `predict` writes: one small class a format, fed result by result, nothing held back."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, TextIO

from yolov10 import images
from yolov10.files import write_atomic
from yolov10.prediction.detector import Failure, Found
from yolov10.prediction.places import Container, Places, copy_place, label_place
from yolov10.prediction.recording import Recordings
from yolov10.prediction.sources import Picture
from yolov10.prediction.video import Footage


class Writer(Protocol):
    """Takes results in order; `close` ends the document."""

    def write(self, result: Found | Failure) -> None:
        """Add one picture's result."""

    def close(self) -> None:
        """Write what ends the document."""


class JsonLines:
    """One JSON object a line, as they come."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, result: Found | Failure) -> None:
        """One line (contract, section 2)."""
        self.stream.write(_json(result) + "\n")
        self.stream.flush()

    def close(self) -> None:
        """Nothing is left to write."""


class JsonList:
    """The brackets and commas of one list, one entry a line."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.empty = True

    def append(self, entry: str) -> None:
        """Add one entry, already JSON."""
        self.stream.write(("[\n" if self.empty else ",\n") + entry)
        self.empty = False

    def close(self) -> None:
        """End the list."""
        self.stream.write("[]\n" if self.empty else "\n]\n")


class Json:
    """One list of all results."""

    def __init__(self, stream: TextIO) -> None:
        self.entries = JsonList(stream)

    def write(self, result: Found | Failure) -> None:
        """One entry (contract, section 2)."""
        self.entries.append(_json(result))

    def close(self) -> None:
        """End the list."""
        self.entries.close()


class Csv:
    """One row a detection; a picture that could not be read has a row with its `error`."""

    COLUMNS = ("source", "frame", "class", "name", "confidence", "x1", "y1", "x2", "y2", "error", "track")

    def __init__(self, stream: TextIO) -> None:
        self.rows = csv.writer(stream, lineterminator="\n")
        self.rows.writerow(self.COLUMNS)

    def write(self, result: Found | Failure) -> None:
        """The rows of one picture; a picture without objects has none."""
        if isinstance(result, Failure):
            self.rows.writerow([result.picture.source, *[""] * (len(self.COLUMNS) - 3), result.error, ""])
            return
        entry = result.detections.to_dict()
        for found in entry["detections"]:
            facts = [found["class"], found["name"], found["confidence"], *found["box"]]
            self.rows.writerow([entry["source"], entry["frame"], *facts, "", found.get("track", "")])

    def close(self) -> None:
        """Nothing is left to write."""


class Coco:
    """The results list of the COCO evaluator; pictures that could not be read are not in it.

    image_id: the stem of the file where it is an integer, as COCO's pictures have it (spec 6.1); else the
    source as given, which tells two `a.jpg` of different folders apart; of a frame with `#` and its number.
    """

    def __init__(self, stream: TextIO) -> None:
        self.entries = JsonList(stream)

    def write(self, result: Found | Failure) -> None:
        """One entry a detection: bbox x y w h in pixels, category the class index."""
        if isinstance(result, Failure):
            return
        source, moment = result.picture.source, result.picture.moment
        stem = Path(source).stem
        image = int(stem) if stem.isdecimal() else source
        for found in result.detections.to_dict()["detections"]:
            x1, y1, x2, y2 = found["box"]
            entry = {
                "image_id": image if moment is None else f"{source}#{moment.number}",
                "category_id": found["class"],
                "bbox": [x1, y1, round(x2 - x1, 3), round(y2 - y1, 3)],
                "score": found["confidence"],
            }
            self.entries.append(json.dumps(entry, ensure_ascii=False))

    def close(self) -> None:
        """End the list."""
        self.entries.close()


class Yolo:
    """One text file a picture below `folder`: class cx cy w h confidence, as shares of the picture.

    Only .txt files are written, so `folder` may be that of the pictures; `check_output` first. Pictures of
    one stem share it: `a.jpg` has `a.txt`, and an `a.png` after it `a-2.txt`, which no longer tells its
    picture by name.
    """

    def __init__(self, folder: Path) -> None:
        self.places = Places(folder)
        self.footage: Footage | None = None
        self.place = folder

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
        """A place of its own; frames have that of their video, with their number."""
        if picture.moment is None:
            return self.places.take(label_place(picture))
        if picture.moment.footage is not self.footage:
            self.footage = picture.moment.footage
            self.place = self.places.take(label_place(picture))
        return self.place.with_stem(f"{self.place.stem}-{picture.moment.number:06}")

    def close(self) -> None:
        """Nothing is left to write."""


class Annotated:
    """A copy of every picture and video below `folder`, with its boxes drawn; `check_output` first."""

    def __init__(self, folder: Path, container: Container | None = None) -> None:
        self.places = Places(folder)
        self.recordings = Recordings(lambda video: self.places.take(copy_place(video, container)))

    def write(self, result: Found | Failure) -> None:
        """Draw and save one picture, or one frame in the recording of its video."""
        if isinstance(result, Failure):
            return
        drawn = result.detections.draw(result.pixels)
        for crossings in result.crossings:
            crossings.draw(drawn)
        if result.picture.moment is None:
            images.write(self.places.take(copy_place(result.picture)), drawn)
        else:
            self.recordings.write(result.picture.moment, drawn)

    def close(self) -> None:
        """End the video that is in the making."""
        self.recordings.close()


TEXT_FORMATS: Mapping[str, type[JsonLines | Json | Csv | Coco]] = {
    "json": Json,
    "jsonl": JsonLines,
    "csv": Csv,
    "coco": Coco,
}
"""Formats that are one document; `yolo` is files in a folder."""


def _json(result: Found | Failure) -> str:
    if isinstance(result, Failure):
        return json.dumps({"source": result.picture.source, "error": result.error}, ensure_ascii=False)
    return json.dumps(result.detections.to_dict(), ensure_ascii=False)
