"""Label rows to a Sample: the rules that every format shares."""

from dataclasses import dataclass
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from yolov10.data.faults import Fault, FaultKind
from yolov10.data.sample import Sample

Box = tuple[float, float, float, float]

ROUNDING = 1e-3
"""Part of the picture's side by which a box may reach outside unremarked: what writers with three decimals
lose."""

MOST_OF_PIXELS = 2
"""Sides of the picture that a box in pixels may be long: what reaches further is no slip."""

AS_UPRIGHT = "boxes are taken as pixels of the upright picture"
"""What is said where a file states another size than its picture has."""

MIN_SIDE = 0.01
"""Pixels below which a side is no side; float32 still tells such edges apart in a picture of 65,536."""


class Row(NamedTuple):
    """One labelled object as a file states it."""

    class_index: int
    box: Box
    """xyxy, pixels of the upright picture; may be nonsense still."""
    line: int | None = None
    name: str = ""
    """What to call it when it has no line: "annotation 17"."""
    polygon: list[float] | None = None
    """x1 y1 x2 y2 …, pixels."""
    crowd: bool = False
    area: float | None = None

    def fault(self, path: Path, kind: FaultKind, what: str) -> Fault:
        """Say what is wrong with this row of the file `path`."""
        return Fault(path, self.line, kind, f"{self.name}: {what}" if self.name else what)


@dataclass(frozen=True)
class Labels:
    """What a label file says of one picture."""

    file: Path | None
    """None: there is no label file, so the picture is background."""
    rows: list[Row]
    faults: list[Fault]


def to_sample(
    picture: Path, size: tuple[int, int], image_id: int | str, labels: Labels
) -> tuple[Sample, list[Fault]]:
    """Make the sample of a picture of `size` (width, height), and a fault for each row dropped or clipped.

    A row is kept when its box's centre, width and height, divided by the picture's, lie in 0..1 (spec 5.1),
    `ROUNDING` forgiven; in the pixels of COCO and VOC it may be up to twice as wide and high as the picture.
    Then it is clipped to the picture; one that was cut by more than `ROUNDING` is named. Rows without area
    and second rows of the same class and box are dropped.
    """
    width, height = size
    kept: dict[tuple[int, bool, Box], Row] = {}
    faults = list(labels.faults)
    for row in labels.rows:
        assert labels.file is not None
        complaint = _complaint(row, width, height)
        if complaint:
            faults.append(row.fault(labels.file, *complaint))
            if complaint[0] != "clipped":
                continue
        row = row._replace(box=_clip(row.box, width, height))
        first = kept.setdefault((row.class_index, row.crowd, row.box), row)
        if first is not row:
            twin = first.name or f"line {first.line}"
            faults.append(row.fault(labels.file, "duplicate", f"the same class and box as {twin}"))
    return _sample(picture, size, image_id, list(kept.values())), faults


def _complaint(row: Row, width: int, height: int) -> tuple[FaultKind, str] | None:
    """Say what is wrong with a row's coordinates, if anything."""
    x1, y1, x2, y2 = row.box
    if not all(map(isfinite, chain(row.box, row.polygon or ()))):
        return "malformed", "a coordinate is not a finite number"
    relative = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height)
    # A row of a YOLO file states shares, none above 1 (spec 5.1); pixels may reach over two edges.
    widest = MOST_OF_PIXELS if row.line is None else 1
    if min(relative) < -ROUNDING or max(relative[:2]) > 1 + ROUNDING or max(relative[2:]) > widest + ROUNDING:
        return "outside", f"box {_pixels(row.box)} does not lie in the {width}x{height} picture"
    left, top, right, bottom = _clip(row.box, width, height)
    if right - left < MIN_SIDE or bottom - top < MIN_SIDE:
        return "no area", f"box {_pixels(row.box)} has no area"
    if max(-x1 / width, -y1 / height, x2 / width - 1, y2 / height - 1) > ROUNDING:
        return "clipped", f"box {_pixels(row.box)} reaches outside the {width}x{height} picture: clipped"
    return None


def _pixels(box: Box) -> str:
    return " ".join(f"{edge:.6g}" for edge in box)


def _clip(box: Box, width: int, height: int) -> Box:
    x1, y1, x2, y2 = box
    return max(x1, 0.0), max(y1, 0.0), min(x2, float(width)), min(y2, float(height))


def _sample(picture: Path, size: tuple[int, int], image_id: int | str, rows: list[Row]) -> Sample:
    """Arrays of rows that were found good."""
    boxes = np.array([row.box for row in rows], np.float64).reshape(-1, 4)
    sides = boxes[:, 2:] - boxes[:, :2]
    stated = np.array([np.nan if row.area is None else row.area for row in rows], np.float64)
    return Sample(
        path=picture,
        width=size[0],
        height=size[1],
        classes=np.array([row.class_index for row in rows], np.int64),
        boxes=boxes.astype(np.float32),
        polygons=_polygons(rows, size),
        crowd=np.array([row.crowd for row in rows], np.bool_),
        areas=np.where(np.isnan(stated), sides[:, 0] * sides[:, 1], stated),
        image_id=image_id,
    )


def _polygons(rows: list[Row], size: tuple[int, int]) -> tuple[NDArray[np.float32], ...] | None:
    """Outlines [m,2], clipped to the picture; a row without one gets its box's corners.

    None when no row has an outline.
    """
    if all(row.polygon is None for row in rows):
        return None
    outlines = (_corners(row.box) if row.polygon is None else row.polygon for row in rows)
    return tuple(np.clip(np.array(o, np.float32).reshape(-1, 2), 0, size, dtype=np.float32) for o in outlines)


def _corners(box: Box) -> list[float]:
    x1, y1, x2, y2 = box
    return [x1, y1, x2, y1, x2, y2, x1, y2]
