"""What lies where on the canvas: a letterboxed picture, or the four of a mosaic (spec 5.2, 5.5).

The canvas is never painted. It is the coordinate system in which a picture's place is stated before the
random warp; `warp.py` composes the two and paints each picture once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yolov10.data.pictures import Objects, Pictures, fitted
from yolov10.letterbox import fit

Matrix = NDArray[np.float64]
"""[3,3], maps columns (x, y, 1). Coordinates are continuous: pixel k reaches from k to k + 1."""

Rectangle = tuple[float, float, float, float]
"""xyxy."""


@dataclass(frozen=True, eq=False)
class Layer:
    """A picture laid on the canvas."""

    index: int
    extent: tuple[int, int]
    """Width and height of the picture."""
    objects: Objects
    place: Matrix
    """Picture pixels → canvas pixels; scales and moves, and mirrors what was pasted."""
    part: Rectangle
    """The part of the picture that the canvas shows, in picture pixels."""
    stencil: NDArray[np.float64] | None = None
    """Polygon [m,2] in picture pixels that is cut out; None for all of the part."""


def letterboxed(pictures: Pictures, index: int) -> Layer:
    """One picture in the middle of a canvas of the training picture's size."""
    width, height = pictures.extent(index)
    frame = fit(width, height, (pictures.size, pictures.size))
    return _laid(pictures, index, frame.left, frame.top, pictures.size)


def mosaic(pictures: Pictures, indices: list[int], centre: tuple[int, int]) -> list[Layer]:
    """Four pictures around a centre, on a canvas of twice the training picture's size.

    In the order top left, top right, bottom left, bottom right; each has its inner corner at the centre.
    """
    layers = []
    for corner, index in enumerate(indices):
        width, height = fitted(*pictures.extent(index), pictures.size)
        left = centre[0] - width if corner % 2 == 0 else centre[0]
        top = centre[1] - height if corner < 2 else centre[1]
        layers.append(_laid(pictures, index, left, top, 2 * pictures.size))
    return layers


def _laid(pictures: Pictures, index: int, left: int, top: int, side: int) -> Layer:
    """Lay a picture, scaled to the training size, at a place of a square canvas, which cuts it."""
    width, height = extent = pictures.extent(index)
    scaled_width, scaled_height = fitted(width, height, pictures.size)
    x_scale, y_scale = scaled_width / width, scaled_height / height
    part = (
        max(-left, 0) / x_scale,
        max(-top, 0) / y_scale,
        min(side - left, scaled_width) / x_scale,
        min(side - top, scaled_height) / y_scale,
    )
    place = np.array([[x_scale, 0, left], [0, y_scale, top], [0, 0, 1]])
    return Layer(index, extent, pictures.objects(index), place, part)
