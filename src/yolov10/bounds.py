"""Numbers that callers give, held to their bounds."""

import numbers
from typing import Any

from yolov10.errors import WrongValueError


def check_between(name: str, value: Any, least: float, most: float, kind: type = numbers.Integral) -> None:  # noqa: ANN401
    """Raise WrongValueError for a value that is no number of its kind within the bounds."""
    is_number = isinstance(value, kind)
    if not (is_number and least <= value <= most):
        raise WrongValueError(f"{name} {value!r} is not between {least} and {most}")


def check_if_given(name: str, value: Any, least: float, most: float, kind: type = numbers.Integral) -> None:  # noqa: ANN401
    """As `check_between`, for a number that may be left out: None is."""
    if value is not None:
        check_between(name, value, least, most, kind)
