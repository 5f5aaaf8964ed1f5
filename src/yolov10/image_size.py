"""Sizes of the network's input, as a user gives them."""

from yolov10.architecture import STRIDES
from yolov10.errors import UserError

MAX_SIDE = 32_768

ImageSize = int | tuple[int, int]
"""A long side to fit, padded to the smallest rectangle of multiples of 32; or (height, width) exactly."""


def parse_image_size(text: str) -> ImageSize:
    """`"640"` → 640, `"384x640"` → (384, 640) as height, width. Raises UserError for anything else."""
    sides = text.lower().split("x")
    if not 1 <= len(sides) <= 2 or not all(side.isdecimal() and len(side) <= 6 for side in sides):
        raise UserError(f"image size {text!r} is not a number of pixels (640) or HEIGHTxWIDTH (384x640)")
    return check_image_size(int(text) if len(sides) == 1 else (int(sides[0]), int(sides[1])))


def check_image_size(size: ImageSize) -> ImageSize:
    """The size with every side rounded up to a multiple of 32. Raises UserError outside 1…32768."""
    sides = (size,) if isinstance(size, int) else size
    if not all(1 <= side <= MAX_SIDE for side in sides):
        raise UserError(f"image size {size} is outside 1 to {MAX_SIDE} pixels")
    return round_up(size) if isinstance(size, int) else (round_up(size[0]), round_up(size[1]))


def round_up(side: int) -> int:
    """The next multiple of 32, which is what five halvings of the picture need."""
    return -(-side // STRIDES[-1]) * STRIDES[-1]
