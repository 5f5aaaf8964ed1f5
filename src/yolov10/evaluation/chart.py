"""Lines over two axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
from numpy.typing import NDArray

from yolov10.drawing import COLOURS
from yolov10.evaluation.paper import (
    BOLD,
    FAINT,
    GRID,
    INK,
    Colour,
    Point,
    dashes,
    heading,
    paper,
    shortened,
    stroke,
    write,
)
from yolov10.images import Image

LINE_COLOURS = tuple(COLOURS[index] for index in (0, 1, 2, 3, 4, 5, 8, 11, 12, 14))
"""Those of `COLOURS` that stand out from white and from each other as lines."""

LEFT, TOP, RIGHT, BOTTOM = 100, 190, 1110, 890
"""Edges of the plot in its picture of 1500×1000."""


@dataclass(frozen=True, eq=False)
class Line:
    """One curve."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    """NaN where there is a gap."""
    colour: Colour
    name: str = ""
    """In the legend; none without."""
    width: int = 3


@dataclass(frozen=True)
class Axis:
    """What a side of a chart measures."""

    label: str
    low: float = 0.0
    high: float = 1.0

    def share(self, value: float) -> float:
        """How far along the axis a value lies, 0 to 1."""
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Round values, at most eleven."""
        span = self.high - self.low
        unit = 10.0 ** floor(log10(span))
        step = next(unit * part for part in (0.1, 0.2, 0.5, 1.0) if span / (unit * part) < 10.5)
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]


Axes = tuple[Axis, Axis]
"""Across and up."""


def line_chart(
    title: str, note: str, axes: Axes, lines: Sequence[Line], mark: tuple[float, str] | None = None
) -> Image:
    """Curves over axes, [1000, 1500, 3], with a legend of those that have a name.

    note: what the chart was measured at, below the title. mark: a place across to point out, and its caption.
    """
    image = paper(1500, 1000)
    heading(image, title, note)
    _draw_axes(image, axes)
    for line in lines:
        for part in _unbroken(axes, line):
            stroke(image, part, line.colour, line.width)
    if mark is not None:
        _draw_mark(image, axes, *mark)
    for number, line in enumerate(line for line in lines if line.name):
        y = TOP + 14 + 38 * number
        stroke(image, [(RIGHT + 40, y), (RIGHT + 84, y)], line.colour, line.width)
        write(image, shortened(line.name, 21, image.shape[1] - RIGHT - 118), (RIGHT + 98, y + 8), 21)
    return image


def _place(axes: Axes, x: float, y: float) -> Point:
    """Where in the picture a point of the plot is."""
    return LEFT + axes[0].share(x) * (RIGHT - LEFT), BOTTOM - axes[1].share(y) * (BOTTOM - TOP)


def _draw_axes(image: Image, axes: Axes) -> None:
    across, up = axes
    for value in across.ticks():
        x, _ = _place(axes, value, up.low)
        stroke(image, [(x, TOP), (x, BOTTOM)], GRID, 1)
        write(image, f"{value:g}", (x, BOTTOM + 34), 20, FAINT, align="centre")
    for value in up.ticks():
        _, y = _place(axes, across.low, value)
        stroke(image, [(LEFT, y), (RIGHT, y)], GRID, 1)
        write(image, f"{value:g}", (LEFT - 14, y + 7), 20, FAINT, align="right")
    stroke(image, [(LEFT, TOP), (LEFT, BOTTOM), (RIGHT, BOTTOM)], FAINT, 2)
    write(image, up.label, (LEFT, TOP - 22), 22)
    write(image, across.label, ((LEFT + RIGHT) / 2, BOTTOM + 76), 22, align="centre")


def _draw_mark(image: Image, axes: Axes, value: float, caption: str) -> None:
    """A broken line from bottom to top, and its caption on the side that has room."""
    x, _ = _place(axes, value, axes[1].low)
    dashes(image, (x, TOP), (x, BOTTOM), INK, 2)
    if axes[0].share(value) < 0.6:
        write(image, caption, (x + 12, TOP + 26), 22, weight=BOLD)
    else:
        write(image, caption, (x - 12, TOP + 26), 22, weight=BOLD, align="right")


def _unbroken(axes: Axes, line: Line) -> list[list[Point]]:
    """A line's runs of points that are numbers, in the picture."""
    runs: list[list[Point]] = [[]]
    for x, y in zip(line.x.tolist(), line.y.tolist(), strict=True):
        if np.isfinite([x, y]).all():
            runs[-1].append(_place(axes, x, y))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]
