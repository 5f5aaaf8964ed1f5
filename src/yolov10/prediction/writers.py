"""The documents that `predict` writes: one small class a format, fed result by result, nothing held back."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, TextIO

from yolov10.prediction.found import Failure, Found


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


TEXT_FORMATS: Mapping[str, type[JsonLines | Json | Csv | Coco]] = {
    "json": Json,
    "jsonl": JsonLines,
    "csv": Csv,
    "coco": Coco,
}
"""Formats by name; `yolo` is files in a folder (output_folder.py)."""


def _json(result: Found | Failure) -> str:
    if isinstance(result, Failure):
        return json.dumps({"source": result.picture.source, "error": result.error}, ensure_ascii=False)
    return json.dumps(result.detections.to_dict(), ensure_ascii=False)
