"""Sizes of the network's input, as a user gives them."""

import numbers

from yolov10.architecture import STRIDES
from yolov10.errors import UserError, WrongValueError

MAX_SIDE = 32_768

ImageSize = int | tuple[int, int]
"""A long side to fit, padded to the smallest rectangle of multiples of 32; or (height, width) exactly."""


def parse_image_size(text: str) -> ImageSize:
    """`"640"` → 640, `"384x640"` → (384, 640) as height, width. Raises WrongValueError for anything else."""
    sides = text.lower().split("x")
    if not 1 <= len(sides) <= 2 or not all(side.isdecimal() and len(side) <= 6 for side in sides):
        raise WrongValueError(
            f"image size {text!r} is not a number of pixels (640) or HEIGHTxWIDTH (384x640)"
        )
    return check_image_size(int(text) if len(sides) == 1 else (int(sides[0]), int(sides[1])))


def check_image_size(size: object) -> ImageSize:
    """The size with every side rounded up to a multiple of 32, from one whole number or two.

    Raises WrongValueError for anything else, and for sides outside 1…32768.
    """
    sides = size if isinstance(size, tuple | list) else (size,)
    whole = [int(side) for side in sides if isinstance(side, numbers.Integral)]
    if (
        len(whole) != len(sides)
        or len(whole) not in (1, 2)
        or not all(1 <= side <= MAX_SIDE for side in whole)
    ):
        raise WrongValueError(
            f"image size {size!r} is not a number of pixels or (height, width), each 1 to {MAX_SIDE}"
        )
    rounded = [round_up(side) for side in whole]
    return rounded[0] if len(rounded) == 1 else (rounded[0], rounded[1])


def network_size(wanted: ImageSize | str | None, fixed: tuple[int, int] | None, own: int) -> ImageSize:
    """The size to run a model at: the one that is wanted, else its own.

    fixed: height and width of a model that takes no other. Raises UserError for a size that the model cannot
    have, and WrongValueError for what is none.
    """
    if isinstance(wanted, str):
        wanted = parse_image_size(wanted)
    if fixed is None:
        return check_image_size(own if wanted is None else wanted)
    if wanted is not None and check_image_size(wanted) not in (fixed, max(fixed)):
        raise UserError(f"the model takes pictures of {fixed[0]}x{fixed[1]} only; leave the image size out")
    return fixed


def round_up(side: int) -> int:
    """The next multiple of 32, which is what five halvings of the picture need."""
    return -(-side // STRIDES[-1]) * STRIDES[-1]
