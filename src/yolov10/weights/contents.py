"""A foreign file taken apart: tensors by their own names, and the facts that were stored beside them."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from yolov10.architecture import STRIDES
from yolov10.errors import UserError
from yolov10.model_card import DEFAULT_IMAGE_SIZE
from yolov10.printable import printable
from yolov10.weights.native import Tensors

MAX_TRAINING = 20_000
"""Characters of training options worth carrying along."""


@dataclass(frozen=True, eq=False)
class Contents:
    """What a foreign file holds, before anything is known about its fit."""

    tensors: Tensors
    names: tuple[str, ...] | None = None
    scale: str | None = None
    image_size: int = DEFAULT_IMAGE_SIZE
    license: str = ""
    written_by: str = ""
    training: Mapping[str, Any] = field(default_factory=dict)
    """Options and figures of the training, plain values only."""


def class_names(value: object) -> tuple[str, ...] | None:
    """Class names from a list, or from a dictionary by index (keys may be strings); None when not given."""
    if not value:
        return None
    if isinstance(value, dict):
        by_index = {str(key): name for key, name in value.items()}
        value = [by_index.get(str(index)) for index in range(len(by_index))]
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        return tuple(value)
    raise UserError("its class names are not text, one an index from 0 on")


def image_size(value: object) -> int:
    """The long side of the training size when it is one this network can take, else the default."""
    if isinstance(value, list | tuple) and value:
        value = max((side for side in value if isinstance(side, int)), default=None)
    if isinstance(value, int) and STRIDES[-1] <= value <= 8192:
        return -(-value // STRIDES[-1]) * STRIDES[-1]
    return DEFAULT_IMAGE_SIZE


def one_line(value: object) -> str:
    """A text as one line without control characters; empty for anything else."""
    return printable(" ".join(value[:500].split())) if isinstance(value, str) else ""


def plain_values(value: object) -> dict[str, Any]:
    """The text, finite numbers and yes/no of a dictionary; of an oversized one, nothing."""
    if not isinstance(value, dict):
        return {}
    kept = {
        key: entry
        for key, entry in value.items()
        if isinstance(key, str) and (isinstance(entry, str) or _is_finite(entry))
    }
    return kept if len(json.dumps(kept)) <= MAX_TRAINING else {}


def _is_finite(value: object) -> bool:
    """Whether it is a number that JSON has."""
    return isinstance(value, int | float) and math.isfinite(value)
