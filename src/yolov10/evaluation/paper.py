"""Text and lines on white paper, drawn with OpenCV; charts are made of them.

matplotlib would be the usual choice. But its import makes folders in the user's home, starts a process and
leaves a cache of fonts there, and nothing short of an environment variable keeps it from that.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from yolov10.images import Image
from yolov10.opencv import cv2

Point = tuple[float, float]
Colour = tuple[int, int, int]
"""Blue, green, red."""

INK: Colour = (40, 36, 34)
FAINT: Colour = (120, 115, 110)
GRID: Colour = (230, 228, 226)
WHITE: Colour = (255, 255, 255)

REGULAR, BOLD = 400, 600
SUBPIXEL = 4
"""Bits of a coordinate behind the point, so that lines do not stagger."""


def paper(width: int, height: int) -> Image:
    """White, [height, width, 3]."""
    return np.full((height, width, 3), 255, np.uint8)


def heading(image: Image, title: str, note: str) -> None:
    """A title, and below it what the figures were measured at."""
    write(image, title, (60, 72), 36, weight=BOLD)
    write(image, note, (60, 114), 22, FAINT)


def write(
    image: Image,
    text: str,
    at: Point,
    size: int,
    colour: Colour = INK,
    *,
    weight: int = REGULAR,
    align: Literal["left", "centre", "right"] = "left",
) -> None:
    """A line of text in any script; `at` is the left end, middle or right end of its baseline."""
    shift = {"left": 0.0, "centre": 0.5, "right": 1.0}[align] * text_width(text, size, weight)
    place = (round(at[0] - shift), round(at[1]))
    cv2.putText(image, text, place, colour, cv2.FontFace("sans"), size, weight)


def write_upwards(image: Image, text: str, at: Point, size: int) -> None:
    """A line of text from below to above; `at` is its start, on the baseline."""
    x, y = round(at[0]), round(at[1])
    length = text_width(text, size)
    if not length:
        return
    patch = np.rot90(image[y - length : y, x - size : x + size], -1).copy()
    write(patch, text, (0, size), size)
    image[y - length : y, x - size : x + size] = np.rot90(patch)


def text_width(text: str, size: int, weight: int = REGULAR) -> int:
    """In pixels."""
    _, _, width, _ = cv2.getTextSize((1 << 15, 1 << 15), text, (0, 0), cv2.FontFace("sans"), size, weight)
    return width


def shortened(text: str, size: int, room: int) -> str:
    """The text, cut where it is wider than `room` pixels."""
    if text_width(text, size) <= room:
        return text
    while text and text_width(text + "…", size) > room:
        text = text[:-1]
    return text + "…"


def stroke(image: Image, points: Sequence[Point], colour: Colour, width: int) -> None:
    """A smooth line through points."""
    fixed = (np.array(points) * (1 << SUBPIXEL)).round().astype(np.int32)
    cv2.polylines(image, [fixed], False, colour, width, cv2.LINE_AA, SUBPIXEL)


def dashes(image: Image, start: Point, end: Point, colour: Colour, width: int) -> None:
    """A broken straight line."""
    a, b = np.array(start), np.array(end)
    count = max(round(float(np.hypot(*(b - a))) / 14), 1)
    for number in range(count):
        part = a + (b - a) * number / count, a + (b - a) * (number + 0.55) / count
        stroke(image, [(float(x), float(y)) for x, y in part], colour, width)
