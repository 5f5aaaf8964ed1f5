"""The documented cache: results that cost seconds, kept in one folder of the user's, safe to delete.

The folder is `open-yolov10` below `$XDG_CACHE_HOME` or `~/.cache`, on macOS below `~/Library/Caches`, on
Windows below `%LOCALAPPDATA%`. An entry carries a digest of its contents: one that is cut or changed is not
used. Whatever goes wrong with the cache only costs time.
"""

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from yolov10.errors import UserError
from yolov10.files import write_atomic

MAX_BYTES = 1 << 30
"""Of all entries together; beyond, those not used for longest go."""

SUFFIX = ".entry"
DIGEST = hashlib.sha256


def cache_folder() -> Path:
    """Where the entries are; the folder need not exist."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "open-yolov10"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "open-yolov10"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "open-yolov10"


def entry_key(parts: Iterable[object]) -> str:
    """The name of the entry that depends on all these facts and on nothing else."""
    return DIGEST("\0".join(map(str, parts)).encode()).hexdigest()


def read_entry(key: str) -> bytes | None:
    """The contents of an entry; None where there is none that is whole and this user's own."""
    path = cache_folder() / (key + SUFFIX)
    try:
        if not _is_own(path):
            return None
        data = path.read_bytes()
        os.utime(path)  # it was of use
    except (OSError, RuntimeError):  # the second: a user without a home
        return None
    digest, contents = data[: DIGEST().digest_size], data[DIGEST().digest_size :]
    return contents if DIGEST(contents).digest() == digest else None


def write_entry(key: str, contents: bytes) -> None:
    """Keep an entry; any number of processes may do so at once."""
    with contextlib.suppress(UserError, OSError, RuntimeError):
        folder = cache_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_own(folder):
            write_atomic(folder / (key + SUFFIX), DIGEST(contents).digest() + contents)
            _drop_beyond(folder, MAX_BYTES)


def _is_own(path: Path) -> bool:
    """Whether nobody else made it: an entry is given to a library that trusts it."""
    return not hasattr(os, "getuid") or path.stat().st_uid == os.getuid()


def _drop_beyond(folder: Path, limit: int) -> None:
    """Delete the entries not used for longest, until the rest fits; leftovers of kills are among them."""
    status = {}
    for path in folder.iterdir():
        with contextlib.suppress(OSError):  # another process deleted it
            status[path] = path.stat()
    total = sum(one.st_size for one in status.values())
    for path in sorted(status, key=lambda path: status[path].st_mtime):
        if total <= limit:
            return
        total -= status[path].st_size
        with contextlib.suppress(OSError):
            path.unlink()
