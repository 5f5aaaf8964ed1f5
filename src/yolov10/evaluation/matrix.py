"""A table of counts as shaded cells."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yolov10.evaluation.paper import (
    FAINT,
    GRID,
    INK,
    WHITE,
    Colour,
    heading,
    paper,
    shortened,
    text_width,
    write,
    write_upwards,
)
from yolov10.images import Image
from yolov10.opencv import cv2

SHADE: Colour = (150, 84, 24)
"""A full cell."""

LEAST_TEXT, LEAST_NUMBERS = 8, 36
"""Pixels below which names, and numbers in cells, are left out: with hundreds of classes."""


@dataclass(frozen=True)
class _Grid:
    """Where the cells are."""

    left: int
    top: int
    cell: int
    """Pixels a side."""
    text: int
    """Height of names and numbers."""

    def corner(self, row: int, column: int) -> tuple[int, int]:
        """Left and upper edge of a cell."""
        return self.left + column * self.cell, self.top + row * self.cell


def matrix_chart(
    title: str,
    note: str,
    labels: tuple[str, str],
    names: tuple[Sequence[str], Sequence[str]],
    counts: NDArray[np.int64],
) -> Image:
    """Counts [rows, columns], each cell the darker the larger its share of the row; for any number of names.

    labels, names: of the rows and of the columns. The last cell, nothing found where nothing is, stays empty.
    """
    rows, columns = counts.shape
    cell = min(max(1300 // max(rows, columns), 4), 130)
    text = min(cell - 6, 22)
    row_names, column_names = (
        ["" if text < LEAST_TEXT else shortened(name, text, 12 * text) for name in some] for some in names
    )
    flat = all(text_width(name, text) < cell - 8 for name in column_names)
    above = text if flat else max(text_width(name, text) for name in column_names)
    grid = _Grid(80 + max(60, *(text_width(name, text) for name in row_names)), 220 + above, cell, text)

    image = paper(max(grid.left + columns * cell + 60, 1000), grid.top + rows * cell + 60)
    heading(image, title, note)
    write(image, f"{labels[0]} ↓", (grid.left - 14, grid.top - 14), 20, FAINT, align="right")
    write(image, f"{labels[1]} →", (grid.left, 170), 20, FAINT)
    for row, name in enumerate(row_names):
        baseline = grid.corner(row, 0)[1] + cell / 2 + text * 0.35
        write(image, name, (grid.left - 14, baseline), text, align="right")
    for column, name in enumerate(column_names):
        middle = grid.corner(0, column)[0] + cell / 2
        if flat:
            write(image, name, (middle, grid.top - 14), text, align="centre")
        else:
            write_upwards(image, name, (middle + text * 0.35, grid.top - 14), text)
    _fill_cells(image, grid, counts)
    return image


def _fill_cells(image: Image, grid: _Grid, counts: NDArray[np.int64]) -> None:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    for (row, column), count in np.ndenumerate(counts):
        x, y = grid.corner(row, column)
        share = float(shares[row, column])
        gap = 2 if grid.cell >= LEAST_TEXT else 1
        cv2.rectangle(image, (x, y), (x + grid.cell - gap, y + grid.cell - gap), _shade(share), cv2.FILLED)
        if grid.cell >= LEAST_NUMBERS and (row + 1, column + 1) != counts.shape:
            ink = WHITE if share > 0.5 else INK if count else GRID
            middle = (x + grid.cell / 2, y + grid.cell / 2 + grid.text * 0.35)
            write(image, f"{count}", middle, grid.text, ink, align="centre")


def _label(name: str, text: int) -> str:
    """The name as far as there is room; none where it could not be read."""
    return shortened(name, text, 12 * text) if text >= LEAST_TEXT else ""


def _shade(share: float) -> Colour:
    """From nearly white to `SHADE`."""
    blue, green, red = (round(248 + (full - 248) * share) for full in SHADE)
    return (blue, green, red)
