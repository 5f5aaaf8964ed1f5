"""Results that are kept as they come, so that a run broken off by whatever goes on where it was.

A part is the results of one chunk: a digest, then a line of JSON a picture (contract, section 2). It is
written under its chunk's key beside the file of all results, and taken only when it is whole.
"""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from yolov10.errors import UserError
from yolov10.files import unreadable, write_atomic
from yolov10.lock import locked

LOCK = ".lock"


@dataclass(frozen=True)
class Parts:
    """The folder of a run's parts."""

    folder: Path

    def read(self, key: str) -> bytes | None:
        """The lines of a chunk; None where they are not there, or not whole."""
        try:
            data = self._path(key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as fault:
            again = "delete it, its pictures are then done again"
            raise UserError(f"{unreadable(self._path(key), fault)}: {again}") from None
        digest, _, lines = data.partition(b"\n")
        return lines if digest == _digest(lines) else None

    def write(self, key: str, lines: bytes) -> None:
        """Keep the lines of a chunk. Raises UserError where that cannot be done."""
        write_atomic(self._path(key), _digest(lines) + b"\n" + lines)

    def remove(self) -> None:
        """Delete them, now that all results are in one file."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, key: str) -> Path:
        # Folders of thousands, not one of a million.
        return self.folder / key[:2] / key


@contextmanager
def held_parts(save_to: Path) -> Iterator[Parts]:
    """The parts of a file of results, for this process alone.

    Raises UserError when another one works on the same file, or nothing can be written there.
    """
    folder = save_to.with_name(save_to.name + ".parts")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise UserError(f"cannot write {folder}: {fault.strerror}") from None
    with locked(folder / LOCK, what=save_to, by="another predict"):
        yield Parts(folder)


def _digest(lines: bytes) -> bytes:
    return hashlib.sha256(lines).hexdigest().encode()
