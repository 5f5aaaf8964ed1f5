"""A `.pt` file as a container: a zip archive that is verified whole before any entry is read (spec 8.1).

Entries are read from the file as the plain byte ranges they are. Nothing is ever unpacked: PyTorch stores its
entries uncompressed, so a compressed one is no checkpoint, and no entry can be larger than the file.
"""

import contextlib
import os
import zlib
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from yolov10.errors import UserError
from yolov10.files import unreadable
from yolov10.weights.other_kinds import AGAIN, RESAVE
from yolov10.weights.zip_directory import Entry, read_directory, shown

LARGEST_PICKLE = 16 << 20
"""Bytes; that of scale x stopped in mid-training has 1 MB."""

# Many tensors may name one storage: what an archive hands out is bounded by this many times its size.
_MOST_READINGS = 4


class Archive:
    """An open, verified checkpoint archive: the pickle and the storages of one `.pt`. A context manager."""

    def __init__(self, path: Path, file: BinaryIO, top: str, entries: dict[str, Entry]) -> None:
        self.path = path
        self._allowance = _MOST_READINGS * os.fstat(file.fileno()).st_size
        self._file = file
        self._top = top
        self._entries = entries

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._file.close()

    def pickle(self) -> bytes:
        """The bytes of `data.pkl`, at most LARGEST_PICKLE."""
        return self._read(self._entries[f"{self._top}/data.pkl"], "data.pkl")

    def storage(self, key: str, size: int) -> bytes:
        """The bytes of storage `key`; UserError when it is missing or is not `size` bytes long."""
        entry = self._entries.get(f"{self._top}/data/{key}")
        if entry is None:
            raise UserError(f"{self.path}: has no storage {shown(key)}; {AGAIN}")
        if entry.size != size:
            raise UserError(
                f"{self.path}: storage {key} holds {entry.size} bytes, its tensor says {size}; {AGAIN}"
            )
        return self._read(entry, f"storage {key}")

    def _read(self, entry: Entry, what: str) -> bytes:
        self._allowance -= entry.size
        if self._allowance < 0:
            raise UserError(f"{self.path}: reads the same storages over and over; {RESAVE}")
        self._file.seek(entry.start)
        data = self._file.read(entry.size)
        if len(data) != entry.size or zlib.crc32(data) != entry.crc:
            raise UserError(f"{self.path}: {what} is damaged (its checksum is wrong); {AGAIN}")
        return data


def open_archive(path: str | os.PathLike[str]) -> Archive:
    """Open a PyTorch checkpoint and verify its container; UserError says what is wrong or what else it is."""
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: {'not a file' if path.exists() else 'no such file'}")
    with contextlib.ExitStack() as when_refused:
        try:
            file = when_refused.enter_context(path.open("rb"))
            top, entries = read_directory(file)
            _check_contents(file, top, entries)
        except UserError as reason:
            raise UserError(f"{path}: {reason}") from None
        except OSError as fault:
            raise UserError(unreadable(path, fault)) from None
        when_refused.pop_all()
    return Archive(path, file, top, entries)


def _check_contents(file: BinaryIO, top: str, entries: dict[str, Entry]) -> None:
    """Refuse a pickle that is too large and a file of a big-endian machine."""
    size = entries[f"{top}/data.pkl"].size
    if size > LARGEST_PICKLE:
        raise UserError(f"its data.pkl of {size} bytes is larger than any checkpoint's; not read")
    order = entries.get(f"{top}/byteorder")
    if order is not None:
        file.seek(order.start)
        if file.read(min(order.size, 16)) != b"little":
            raise UserError(f"written on a big-endian machine; {RESAVE} on a little-endian one")
