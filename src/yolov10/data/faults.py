"""What is wrong with a data set: each fault names the file, the line and the reason."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from yolov10.errors import UserError

FaultKind = Literal[
    "missing split",
    "missing picture",
    "unreadable picture",
    "tiny picture",
    "listed twice",
    "label file",
    "malformed",
    "class",
    "outside",
    "no area",
    "duplicate",
    "clipped",
    "outline",
    "wrong size",
]
"""What is lost by it: a split, a picture (down to "label file"), a label row (down to "duplicate"); the last
three cost an edge, an outline, nothing."""


@dataclass(frozen=True)
class Fault:
    """One fault found while a data set was read."""

    path: Path
    """The label file, or the picture when that is at fault."""
    line: int | None
    """Line of a text label file, counted from 1; annotations of JSON and XML are named in `what`."""
    kind: FaultKind
    what: str

    @classmethod
    def of(cls, error: UserError, path: Path, kind: FaultKind) -> Self:
        """Take a UserError that begins with `path` for a fault of that file."""
        return cls(path, None, kind, str(error).removeprefix(f"{path}: "))

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.what}"
