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
    be written.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as fault:
        raise UserError(f"cannot write {path}: {fault.strerror}") from None
    try:
        if not _try_lock(file):
            holder = os.pread(file, 20, 0).decode(errors="replace").strip() if hasattr(os, "pread") else ""
            raise UserError(f"{what} is in use by {by}{holder and f', process {holder}'}")
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

    def _try_lock(file: int) -> bool:
        os.lseek(file, FAR, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(file, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _try_lock(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
