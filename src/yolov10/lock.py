"""A file that one process holds; the system lets go of it when that process ends, however it ends."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from yolov10.errors import UserError


@contextmanager
def locked(path: Path, *, what: Path, by: str) -> Iterator[None]:
    """Hold the lock file at `path`; the number of this process is written there.

    Raises UserError when another process holds it ("`what` is in use by `by`, process 7"), or when it cannot
    be written or locked: on a read-only disk, or one without locks.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as fault:
        raise UserError(f"cannot write {path}: {fault.strerror}") from None
    try:
        try:
            _lock(file)
        except BlockingIOError:
            holder = os.pread(file, 20, 0).decode(errors="replace").strip() if hasattr(os, "pread") else ""
            raise UserError(f"{what} is in use by {by}{holder and f', process {holder}'}") from None
        except OSError as fault:
            raise UserError(
                f"cannot lock {path}: {fault.strerror}: choose a folder on a disk of this machine"
            ) from None
        with suppress(OSError):  # a full disk: who holds it then stays unsaid
            os.ftruncate(file, 0)
            os.write(file, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(file)


if sys.platform == "win32":
    import msvcrt

    FAR = 1 << 30
    """The byte that is locked: beyond the content, which stays readable."""

    def _lock(file: int) -> None:
        """Raise BlockingIOError where another process holds it, OSError for anything else."""
        os.lseek(file, FAR, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError as held:
            raise BlockingIOError from held
        os.lseek(file, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(file: int) -> None:
        """Raise BlockingIOError where another process holds it, OSError for anything else."""
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
