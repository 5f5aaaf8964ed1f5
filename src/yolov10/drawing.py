"""Boxes and labels drawn on pictures, legible at any size and in any script."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from yolov10.images import Image
from yolov10.opencv import cv2

# Twenty colours (BGR) far apart for the eye, also for the colour-blind in the first eight (Okabe and Ito).
COLOURS: tuple[tuple[int, int, int], ...] = (
    (0, 94, 213),
    (178, 114, 0),
    (115, 158, 0),
    (167, 121, 204),
    (0, 159, 230),
    (233, 180, 86),
    (66, 228, 240),
    (60, 60, 60),
    (75, 25, 230),
    (75, 180, 60),
    (200, 130, 0),
    (180, 30, 145),
    (40, 110, 170),
    (128, 128, 0),
    (0, 0, 128),
    (195, 255, 170),
    (0, 128, 128),
    (255, 190, 220),
    (128, 0, 0),
    (190, 212, 250),
)
BORDER = (255, 255, 255)
"""Of lines and zones that objects are counted at."""
BOLD = 600


def draw_boxes(
    image: Image, boxes: NDArray[np.float32], labels: Sequence[str], kinds: NDArray[np.int64]
) -> Image:
    """A copy of `image` (BGR [h, w, 3]) with `boxes` [n, 4] xyxy in pixels and a label on each.

    Those of the same of `kinds` [n], classes or other numbers, have the same colour. Drawn from the last to
    the first, so that the surest lie on top, and labels above all boxes.
    """
    canvas = np.array(image, order="C")
    thickness, text_height = _strokes(canvas, boxes)
    font = cv2.FontFace("sans")
    corners = boxes.round().astype(int).tolist()
    colours = [COLOURS[index % len(COLOURS)] for index in kinds.tolist()]
    for (x1, y1, x2, y2), colour in reversed(list(zip(corners, colours, strict=True))):
        cv2.rectangle(canvas, (x1, y1), (x2, y2), colour, thickness, cv2.LINE_AA)
    for (x1, y1, _, _), text, colour in reversed(list(zip(corners, labels, colours, strict=True))):
        _label(canvas, text, (x1, y1), colour, font, text_height)
    return canvas


def draw_border(canvas: Image, points: NDArray[np.float64], label: str, *, closed: bool) -> None:
    """Draw the line through `points` [n, 2] on `canvas` (BGR [h, w, 3]) itself, and a label at the first."""
    thickness, text_height = _strokes(canvas, points[:0])
    corners = points.round().astype(np.int32)
    cv2.polylines(canvas, [corners], closed, BORDER, thickness + 1, cv2.LINE_AA)
    x, y = corners[0].tolist()
    _label(canvas, label, (x, min(max(y, 0), canvas.shape[0])), BORDER, cv2.FontFace("sans"), text_height)


def _strokes(canvas: Image, boxes: NDArray[np.floating]) -> tuple[int, int]:
    """Thickness of lines and height of text, so that pictures of all sizes look alike.

    Where most boxes [n, 4] are small, text is no higher than one of them, or it would hide them.
    """
    unit = max(canvas.shape[0] + canvas.shape[1], 200) / 1000
    if len(boxes):
        side = float(np.median((boxes[:, 2:] - boxes[:, :2]).min(axis=1)))
        unit = min(unit, side / 11)
    return max(round(1.5 * unit), 1), max(round(11 * unit), 10)


def sheet(tiles: Sequence[Image], columns: int) -> Image:
    """Pictures [h, w, 3] of one size, row by row in one; what is left of the last row stays white."""
    columns = min(columns, len(tiles))
    empty = [np.full_like(tiles[0], 255)] * (-len(tiles) % columns)
    filled = [*tiles, *empty]
    rows = [np.concatenate(filled[first : first + columns], 1) for first in range(0, len(filled), columns)]
    return np.concatenate(rows)


def _label(
    canvas: Image,
    text: str,
    corner: tuple[int, int],
    colour: tuple[int, int, int],
    font: cv2.FontFace,
    height: int,
) -> None:
    """A filled tag above the box's upper left corner, or inside it where the picture ends."""
    size = (canvas.shape[1], canvas.shape[0])
    _, _, width, _ = cv2.getTextSize(size, text, (0, 0), font, height, BOLD)
    margin = max(height // 4, 2)
    tag = (width + 2 * margin, height + 2 * margin)
    x = max(min(corner[0], size[0] - tag[0]), 0)
    y = corner[1] - tag[1] if corner[1] >= tag[1] else corner[1]
    cv2.rectangle(canvas, (x, y), (x + tag[0], y + tag[1]), colour, cv2.FILLED)
    blue, green, red = colour
    light = 0.114 * blue + 0.587 * green + 0.299 * red > 140
    ink = (0, 0, 0) if light else (255, 255, 255)
    cv2.putText(canvas, text, (x + margin, y + margin + round(height * 0.85)), ink, font, height, BOLD)
