"""What a model file says of itself: the metadata that travels with the weights (contract, section 4)."""

import ast
import json
import numbers
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from yolov10.architecture import SCALES, STRIDES, find_scale
from yolov10.classes import default_names
from yolov10.errors import UserError, WrongValueError
from yolov10.image_size import MAX_SIDE

DEFAULT_IMAGE_SIZE = 640
MAX_METADATA = 500_000
"""Characters of one metadata entry that are worth parsing: twenty thousand classes. Nothing but "1,1,1,…" of
that length takes a quarter of a gigabyte."""

DEFAULT_CONFIDENCE = 0.25
"""Where neither the user nor the model says (contract, section 2)."""


@dataclass(frozen=True)
class ModelCard:
    """Facts about a model that outlive the file format it sits in, checked: what is saved can be loaded.

    Raises UserError naming the fact that is wrong.
    """

    scale: str
    """Empty for an exported file of another tool, which does not tell."""
    names: tuple[str, ...]
    """Class names; their number is the class count."""
    image_size: int = DEFAULT_IMAGE_SIZE
    """Long side in pixels that it was made for."""
    threshold: float | None = None
    """Confidence of the best F1 on validation data; only `train` measures one."""
    license: str = ""
    training: str = "{}"
    """JSON: how it was trained, or what it was imported from."""

    def __post_init__(self) -> None:
        if self.scale not in ("", *SCALES):
            raise UserError(f"the scale is {self.scale!r:.20}, not one of {' '.join(SCALES)}")
        if not all(map(_is_text, (self.license, self.training))):
            raise UserError("the license or the training is not text")
        for fact, checked in (("names", _names), ("image_size", _image_size), ("threshold", _threshold)):
            object.__setattr__(self, fact, checked(getattr(self, fact)))
        if (length := len(str(dict(enumerate(self.names))))) > MAX_METADATA:  # their longest form in a file
            raise UserError(f"the class names take {length:,} characters, more than {MAX_METADATA:,}")

    @classmethod
    def unnamed(cls, scale: str, num_classes: int) -> Self:
        """The card of a network that no file described. Raises UserError for an unknown scale."""
        find_scale(scale)
        if num_classes < 1:
            raise WrongValueError(f"a detector needs at least one class, not {num_classes}")
        return cls(scale, default_names(num_classes))

    def to_native(self) -> dict[str, str]:
        """Metadata strings of a native file."""
        metadata = {
            "scale": self.scale,
            "names": json.dumps(self.names, ensure_ascii=False),
            "image_size": str(self.image_size),
            "license": self.license,
            "training": self.training,
        }
        return metadata if self.threshold is None else metadata | {"threshold": repr(self.threshold)}

    @classmethod
    def from_native(cls, metadata: Mapping[str, str]) -> Self:
        """The card in a native file's metadata. Raises UserError naming the entry that is wrong."""
        names = _parse("names", metadata.get("names", ""), json.loads)
        if not isinstance(names, list):
            raise UserError("metadata 'names' is not a list")
        if not metadata.get("scale"):
            raise UserError("metadata 'scale' is missing")
        return cls(
            scale=metadata["scale"],
            names=tuple(names),
            image_size=_parse("image_size", metadata.get("image_size", "640"), int),
            threshold=_parse("threshold", metadata["threshold"], float) if "threshold" in metadata else None,
            license=metadata.get("license", ""),
            training=metadata.get("training", "{}"),
        )

    def to_onnx(self) -> dict[str, str]:
        """Metadata of an ONNX file, in the form other YOLO tools read, and ours (contract, section 4)."""
        metadata = {
            "names": repr(dict(enumerate(self.names))),
            "stride": str(STRIDES[-1]),
            "task": "detect",
            "imgsz": repr([self.image_size, self.image_size]),
            "batch": "1",
            "license": self.license,
            "scale": self.scale,
            "training": self.training,
        }
        return metadata if self.threshold is None else metadata | {"threshold": repr(self.threshold)}

    @classmethod
    def from_onnx(cls, metadata: Mapping[str, str]) -> Self:
        """The card in an ONNX file's metadata; files of other tools lack our entries, which is fine."""
        if (task := metadata.get("task", "detect")) != "detect":
            raise UserError(f"made for the task {task[:20]!r}, not for detection")
        names = _parse("names", metadata.get("names", ""), ast.literal_eval)
        if isinstance(names, dict):
            names = [names.get(index) for index in range(len(names))]
        if not isinstance(names, list):
            raise UserError("metadata 'names' is not a dictionary of class names")
        return cls(
            scale=metadata.get("scale", ""),
            names=tuple(names),
            image_size=_parse("imgsz", metadata.get("imgsz", "[640, 640]"), _long_side),
            threshold=_parse("threshold", metadata["threshold"], float) if "threshold" in metadata else None,
            license=metadata.get("license", ""),
            training=metadata.get("training", "{}"),
        )


def _parse(key: str, text: str, parser: Any) -> Any:  # noqa: ANN401 - the caller checks what came out
    if len(text) > MAX_METADATA:
        raise UserError(f"metadata {key!r} has {len(text)} characters")
    try:
        return parser(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise UserError(f"metadata {key!r} cannot be read: {text[:40]!r}") from None


def _long_side(text: str) -> Any:  # noqa: ANN401 - the card checks it
    size = ast.literal_eval(text)
    return max(size) if isinstance(size, list | tuple) else size


def _is_text(value: object) -> bool:
    """Whether it is a string that a file can hold: half a surrogate pair cannot be encoded."""
    return isinstance(value, str) and not any("\ud800" <= sign <= "\udfff" for sign in value)


def _names(names: object) -> tuple[str, ...]:
    if not isinstance(names, list | tuple) or not names or not all(map(_is_text, names)):
        raise UserError("'names' does not name every class")
    return tuple(names)


def _image_size(size: object) -> int:
    if not isinstance(size, numbers.Integral) or isinstance(size, bool) or not 32 <= int(size) <= MAX_SIDE:
        raise UserError(f"an image size of {size!r:.40} is not 32 to {MAX_SIDE} pixels")
    return int(size)


def _threshold(threshold: object) -> float | None:
    if threshold is None:
        return None
    if not isinstance(threshold, numbers.Real) or not 0 <= float(threshold) <= 1:
        raise UserError(f"a threshold of {threshold!r:.40} is not 0 to 1")
    return float(threshold)
