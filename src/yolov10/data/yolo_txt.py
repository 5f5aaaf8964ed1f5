"""YOLO label files: one text file a picture, a row an object, coordinates divided by the picture's size."""

from math import inf
from pathlib import Path

from yolov10.data.faults import Fault, FaultKind
from yolov10.data.rows import Labels, Row
from yolov10.data.source import read_bytes
from yolov10.errors import UserError


def label_paths(picture: Path) -> tuple[Path, Path]:
    """Where a picture's labels may lie: below `labels` for the last `images` (spec 5.1), or beside it."""
    beside = picture.with_suffix(".txt")
    folders = beside.parent.parts
    if "images" not in folders:  # it may be above where we are
        folders = beside.parent.absolute().parts
    if "images" not in folders:
        return beside, beside
    last = len(folders) - 1 - folders[::-1].index("images")
    return Path(*folders[:last], "labels", *folders[last + 1 :], beside.name), beside


def read_labels(picture: Path, num_classes: int, keypoints: bool, width: int, height: int) -> Labels:
    """Read the labels of an upright picture of that size; without a label file it is background.

    keypoints: whether they follow each box. Raises UserError for a label file that exists and cannot be read.
    """
    for file in label_paths(picture):
        try:
            return parse(file, read_bytes(file), num_classes, width, height, keypoints=keypoints)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as fault:
            raise UserError(f"{file}: {fault.strerror or fault}") from None
    return Labels(None, [], [])


def parse(
    file: Path, text: bytes, num_classes: int, width: int, height: int, *, keypoints: bool = False
) -> Labels:
    """Rows of a label file and a fault for each row that is none; never raises, whatever the bytes.

    A row is `class cx cy w h`. A row of more than six fields makes the whole file outlines:
    `class x1 y1 x2 y2 x3 y3 …`, the box being their least and greatest (spec 5.1). A row of five fields is a
    box in such a file too, for two points enclose nothing: tools that write outlines where they have one
    and a box otherwise mean it so. Of `keypoints`, which follow a box, nothing is read.
    """
    rows: list[Row] = []
    faults: list[Fault] = []
    lines = [line.split() for line in text.removeprefix(b"\xef\xbb\xbf").splitlines()]
    if keypoints:
        lines = [fields[:5] for fields in lines]
    outlines = any(len(fields) > 6 for fields in lines)
    for number, fields in enumerate(lines, 1):
        if not fields:
            continue
        try:
            class_index, *values = map(float, fields)
        except ValueError:
            faults.append(Fault(file, number, "malformed", f"{_not_a_number(fields)!r} is not a number"))
            continue
        complaint = _complaint(class_index, values, num_classes, outlines=outlines)
        if complaint:
            faults.append(Fault(file, number, *complaint))
        elif len(values) == 4:
            rows.append(Row(int(class_index), _box_of_centre(values, width, height), number))
        else:
            polygon = [value * (height if at % 2 else width) for at, value in enumerate(values)]
            xs, ys = polygon[0::2], polygon[1::2]
            box = (min(xs), min(ys), max(xs), max(ys))
            rows.append(Row(int(class_index), box, number, polygon=polygon))
    return Labels(file, rows, faults)


def _complaint(
    class_index: float, values: list[float], num_classes: int, *, outlines: bool
) -> tuple[FaultKind, str] | None:
    """Why the numbers of a row are no label; where the box lies is looked at later."""
    count = 1 + len(values)
    if outlines and count != 5 and (count < 7 or count % 2 == 0):
        return "malformed", f"{count} fields: an outline has a class and at least three pairs x y"
    if not outlines and count != 5:
        return "malformed", f"{count} fields: a box has five, class cx cy w h"
    if not (class_index >= 0 and class_index.is_integer()):
        return "class", f"class {class_index:g} is not a whole number from 0"
    if class_index >= num_classes:
        return "class", f"class {class_index:g}, but the data set has {num_classes} classes"
    # Anything above 2 is far outside (see rows.py); said here because the cause is nearly always this one.
    if 2 < max(values) < inf:
        return "outside", f"{max(values):g} looks like pixels: divide by the picture's width and height"
    return None


def _box_of_centre(values: list[float], width: int, height: int) -> tuple[float, float, float, float]:
    """Pixels xyxy of `cx cy w h` in 0..1."""
    cx, cy, w, h = values
    return (cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height


def _not_a_number(fields: list[bytes]) -> str:
    """Find the first field that float() refuses, short enough to print."""
    for field in fields:
        try:
            float(field)
        except ValueError:
            return field[:30].decode("utf-8", "replace")
    raise AssertionError(fields)
