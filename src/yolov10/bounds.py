"""Numbers that callers give, held to their bounds."""

import numbers
from typing import Any

from yolov10.errors import WrongValueError


def check_between(name: str, value: Any, least: float, most: float, kind: type = numbers.Integral) -> None:  # noqa: ANN401
    """Raise WrongValueError for a value that is given and is no number of its kind within the bounds."""
    is_number = isinstance(value, kind)
    if value is not None and not (is_number and least <= value <= most):
        raise WrongValueError(f"{name} {value!r} is not between {least} and {most}")
