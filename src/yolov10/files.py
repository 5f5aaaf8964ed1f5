"""Writing files so that a kill, a full disk or a second writer never leaves half of one."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yolov10.errors import UserError


def write_atomic(path: str | os.PathLike[str], data: bytes | memoryview) -> Path:
    """Write `data` to a temporary name beside `path`, then rename; parent folders are made.

    A reader sees the old file or the new one, never a part. Raises UserError naming the path when the
    folder cannot be made or written (read-only, full disk).
    """
    with replacing(path) as temporary:
        temporary.write_bytes(data)
    return Path(path)


def check_file_target(path: Path | None) -> None:
    """Before long work: raise UserError for a folder where a file is to be written."""
    if path is not None and path.is_dir():
        raise UserError(f"{path} is a folder: name a file in it")


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary name beside `path` to be written; then it is renamed. Where anything fails, it is deleted.

    Parent folders are made. Raises UserError naming the path when it cannot be written.
    """
    path = Path(path)
    # Its name leaves out that of `path`, which may already be as long as the file system allows.
    temporary = path.parent / f".{secrets.token_hex(8)}.tmp"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as fault:
        raise UserError(f"cannot write {path}: {fault.strerror or fault}") from None


def unreadable(path: str | os.PathLike[str], fault: OSError) -> str:
    """The line that says so of a file or folder, and why."""
    return f"{os.fspath(path)}: cannot be read ({fault.strerror or fault})"


def identity(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """What two spellings of, or links to, one file or folder share; None where nothing can be seen."""
    try:
        status = os.stat(path)  # noqa: PTH116 - takes text as it is
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino
