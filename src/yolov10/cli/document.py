"""A file of results that is written as they come, and takes its name when it is whole."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from yolov10.errors import UserError


@contextlib.contextmanager
def document(path: Path) -> Iterator[TextIO]:
    """Text to be written as `path`, in `….part` until its end; an interrupt, too, is an end.

    Whatever else breaks it off, an earlier file at `path` stays as it was, and what came so far is in the
    part. A pipe or a device is written at once. Raises UserError naming the file that cannot be written.
    """
    target = Path(path.resolve())  # of a link, what it leads to
    at_once = path.exists() and not path.is_file() and not path.is_dir()
    part = path if at_once else target.with_name(target.name + ".part")
    kept = "" if at_once else f"; what came so far is in {part}"
    try:
        if path.is_dir():
            raise IsADirectoryError(None, "Is a directory")
        part.parent.mkdir(parents=True, exist_ok=True)
        stream = part.open("w", encoding="utf-8", errors="backslashreplace", newline="")
    except OSError as fault:
        raise UserError(f"cannot write {path}: {fault.strerror}") from None
    try:
        with stream:
            yield stream
    except KeyboardInterrupt:
        _take_name(part, target, at_once)
        raise
    except OSError as fault:
        if fault.filename is not None:  # of something else
            raise
        raise UserError(f"cannot write {path}: {fault.strerror}{kept}") from None
    _take_name(part, target, at_once)


def _take_name(part: Path, target: Path, at_once: bool) -> None:
    if not at_once:
        part.replace(target)
