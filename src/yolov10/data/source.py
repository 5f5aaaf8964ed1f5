"""What each format makes of DATA: names, splits, and per picture a way to read its labels."""

import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from yolov10.data.faults import Fault
from yolov10.data.rows import Labels
from yolov10.errors import UserError, did_you_mean

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Entry:
    """One picture that a split lists."""

    picture: Path
    image_id: int | str
    read_labels: Callable[[int, int], Labels]
    """Its labels, given the upright picture's width and height. Raises UserError for a label file that
    cannot be read at all: then the picture's labels are unknown, and it must not pass for background."""


@dataclass(frozen=True)
class Source:
    """A data set whose description has been read, and none of its pictures."""

    path: Path
    names: list[str]
    splits: tuple[str, ...]
    """What there is to check and to train on; a name of its own where there are none."""
    list_entries: Callable[[str], tuple[list[Entry], list[Fault]]]
    """The pictures of a split in their fixed order, and the faults of the listing; raises UserError. A source
    that has no splits gives all its pictures for any."""
    category_ids: list[int] | None = None
    """COCO's id of each class."""


def is_file(path: Path) -> bool:
    """Whether a file is there; of a name that no file can have (lists of names hold anything), false."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def require_split(path: Path, split: str, known: tuple[str, ...]) -> None:
    """Raise UserError naming the splits there are, unless `split` is one of them."""
    if split not in known:
        there = f"it has {', '.join(known)}" if known else "it has none"
        raise UserError(f"{path} has no split {split!r}{did_you_mean(split, known)} ({there})")


def read_text(path: Path, *, limit: int = 100_000_000) -> str:
    """Read a text file in UTF-8.

    Raises UserError naming a file that cannot be read, is larger than `limit` bytes or is no text.
    """
    try:
        return read_bytes(path, limit=limit).decode("utf-8-sig")
    except OSError as fault:
        raise UserError(f"cannot read {path}: {fault.strerror or fault}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is no UTF-8 text") from None


def read_bytes(path: Path, *, limit: int = 100_000_000) -> bytes:
    """Read a file, or raise OSError.

    Raises UserError naming one that is larger than `limit` bytes, or no file: a device or a pipe, which may
    have no end.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise UserError(f"{path} is no file")
    if status.st_size > limit:
        raise UserError(f"{path} is {status.st_size:,} bytes: too large for what it should be")
    return path.read_bytes()


def require_unique(path: Path, names: list[str]) -> list[str]:
    """Hand the class names back. Raises UserError when one is empty or stands for two classes."""
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if not name:
            raise UserError(f"{path}: class {index} has no name")
        if first.setdefault(name, index) != index:
            raise UserError(f"{path}: classes {first[name]} and {index} are both {name!r}: rename one")
    return names
