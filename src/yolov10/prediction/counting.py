"""Counting the objects that cross a line or the edge of a zone."""

import math
from collections import Counter
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from yolov10.detections import Detections
from yolov10.drawing import draw_border
from yolov10.errors import WrongValueError
from yolov10.images import Image
from yolov10.opencv import cv2

CLEAR = 0.1
"""By how much of its smaller side an object's centre must be beyond a border to have crossed it.

One that trembles on the border, or moves along it, is counted once or not at all.
"""
ON = 1e-3
"""Pixels from a border within which a place is exactly on it: what OpenCV's distance is off by, and more."""
REMEMBERED = 10_000
"""Objects whose last place is kept."""

Points = NDArray[np.float64]


class Border(Protocol):
    """What is crossed: a line or a zone."""

    kind: ClassVar[str]
    ways: ClassVar[tuple[str, str]]
    """Names of the ways across: to where the distance is above 0, and back."""
    closed: ClassVar[bool]
    """Whether the border itself belongs to the side where the distance is above 0."""
    points: Points
    """[n, 2] x y, pixels."""

    def distance(self, point: Points) -> float:
        """Pixels from the border to a point [2] x y; the sign tells the side."""

    def is_crossed(self, start: Points, end: Points) -> bool:
        """Whether one who went from a point [2] on one side to one on the other came across here."""


class Line:
    """Two points [2, 2]; `forward` is from the right hand to the left, looking from the first to the second.

    Of a line drawn from top to bottom that is rightwards, of one drawn from left to right upwards.
    """

    kind: ClassVar[str] = "line"
    ways: ClassVar[tuple[str, str]] = ("forward", "backward")
    closed: ClassVar[bool] = False

    def __init__(self, points: Points) -> None:
        self.points = points
        self.along = points[1] - points[0]

    def distance(self, point: Points) -> float:
        """Pixels from the line, thought without ends; above 0 on the left hand."""
        x, y = point - self.points[0]
        return float(self.along[1] * x - self.along[0] * y) / math.hypot(*self.along)

    def is_crossed(self, start: Points, end: Points) -> bool:
        """Whether the way meets the line between its ends."""
        share = self.distance(start) / (self.distance(start) - self.distance(end))
        place = self.along @ (start + share * (end - start) - self.points[0])
        return bool(0 <= place <= self.along @ self.along)


class Zone:
    """A polygon [n, 2] x y, pixels; its edge is part of it."""

    kind: ClassVar[str] = "zone"
    ways: ClassVar[tuple[str, str]] = ("entered", "left")
    closed: ClassVar[bool] = True

    def __init__(self, points: Points) -> None:
        self.points = points

    def distance(self, point: Points) -> float:
        """Pixels from the edge; above 0 inside."""
        return cv2.pointPolygonTest(self.points.astype(np.float32), tuple(point.tolist()), measureDist=True)

    def is_crossed(self, start: Points, end: Points) -> bool:
        """Whoever is on the other side of the edge has crossed it."""
        return True


class Crossings:
    """How often objects crossed a border, by way and class; fed with the followed detections of one video."""

    def __init__(self, border: Border) -> None:
        self.border = border
        self.counts: dict[str, Counter[str]] = {way: Counter() for way in border.ways}
        self.last: dict[int, tuple[Points, bool]] = {}
        """Where an object was last seen clear of the border, and whether the distance was above 0 there."""

    def update(self, found: Detections) -> None:
        """Take in the next frame: detections whose objects are numbered in `tracks`."""
        assert found.tracks is not None
        for track, box, index in zip(found.tracks.tolist(), found.boxes, found.classes.tolist(), strict=True):
            centre, sides = (box[:2] + box[2:]).astype(np.float64) / 2, box[2:] - box[:2]
            side = self._side(centre, CLEAR * max(float(sides.min()), 1.0), known=track in self.last)
            if side is None:
                continue
            start, before = self.last.pop(track, (centre, side))
            self.last[track] = centre, side
            if side != before and self.border.is_crossed(start, centre):
                self.counts[self.border.ways[0 if side else 1]][found.names[index]] += 1
        while len(self.last) > REMEMBERED:
            del self.last[next(iter(self.last))]

    def _side(self, centre: Points, clear: float, *, known: bool) -> bool | None:
        """On which side an object is; None where that is left open, or to what is known of it.

        Who is in a zone is settled at first sight, so that entries and exits add up to who is in it later.
        """
        distance = self.border.distance(centre)
        if abs(distance) > clear:
            return distance > 0
        return distance >= -ON if self.border.closed and not known else None

    def to_dict(self) -> dict[str, Any]:
        """Plain data: kind, points, and for both ways the count of every class."""
        return {
            "kind": self.border.kind,
            "points": self.border.points.tolist(),
            **{way: dict(counts) for way, counts in self.counts.items()},
        }

    def draw(self, canvas: Image) -> None:
        """Draw the border and both counts on the picture [h, w, 3] BGR itself."""
        label = "  ".join(f"{way} {counts.total()}" for way, counts in self.counts.items())
        draw_border(canvas, self.border.points, label, closed=self.border.kind == "zone")

    def __str__(self) -> str:
        """One line for people."""
        place = ",".join(f"{value:g}" for value in self.border.points.ravel())
        ways = (f"{way} {_listed(counts)}" for way, counts in self.counts.items())
        return f"{self.border.kind} {place}: {', '.join(ways)}"


def parse_line(text: str) -> Line:
    """`"x1,y1,x2,y2"` → a line. Raises WrongValueError for anything else."""
    points = _points(text)
    if points is None or len(points) != 2 or (points[0] == points[1]).all():
        raise WrongValueError(f"line {text!r} is not x1,y1,x2,y2 in pixels")
    return Line(points)


def parse_zone(text: str) -> Zone:
    """`"x1,y1,x2,y2"`, a rectangle, or the x,y of three corners and more → a zone.

    Raises WrongValueError for anything else.
    """
    points = _points(text)
    if points is not None and len(points) == 2:
        (x1, y1), (x2, y2) = points
        points = np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])
    if points is None or len(points) < 3 or not cv2.contourArea(points.astype(np.float32)):
        raise WrongValueError(f"zone {text!r} is not x1,y1,x2,y2 or x,y of three corners and more, in pixels")
    return Zone(points)


def _points(text: str) -> Points | None:
    try:
        values = np.array([float(value) for value in text.split(",")])
    except ValueError:
        return None
    return values.reshape(-1, 2) if len(values) % 2 == 0 and (np.abs(values) < 1e6).all() else None


def _listed(counts: Counter[str]) -> str:
    each = ", ".join(f"{count} {name}" for name, count in counts.most_common())
    return f"{counts.total()} ({each})" if each else "0"
