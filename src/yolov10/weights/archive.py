"""A `.pt` file as a container: a zip archive that is verified whole before any entry is read (spec 8.1).

`zipfile` lists the central directory; everything it lists is then held against the local headers, and entries
are read from the file as the plain byte ranges they are. Nothing is ever unpacked: PyTorch stores its entries
uncompressed, so a compressed one is no checkpoint, and no entry can be larger than the file.
"""

import contextlib
import os
import struct
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from yolov10.errors import UserError

# Scale x stopped in mid-training holds about 3,000 storages and a pickle of 1 MB; the bounds leave room.
MOST_ENTRIES = 20_000
LARGEST_DIRECTORY = 4 << 20
LARGEST_PICKLE = 16 << 20

# Many tensors may name one storage: what an archive hands out is bounded by this many times its size.
_MOST_READINGS = 4

_AGAIN = "download or copy it again"
_RESAVE = "save it again with torch.save"
_HARMLESS_FLAGS = 0x0808  # a data descriptor follows; the name is UTF-8. Others mean encrypted or patched.
_LOCAL_HEADER = struct.Struct("<4sHHH4xLLLHH")  # signature, version, flags, method, crc, 2 sizes, 2 lengths
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_END64_LOCATOR = struct.Struct("<4sLQL")
_ZIP_FAULTS = (BadZipFile, NotImplementedError, struct.error, ValueError, EOFError)

# What a file that is no zip starts with, and what to tell the user then.
_OTHER_KINDS: tuple[tuple[bytes, str], ...] = (
    (
        b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.",
        f"written in the format of PyTorch before 1.6, which is not read; {_RESAVE} of a later PyTorch",
    ),
    (b"\x80", f"a bare pickle, not a PyTorch checkpoint; {_RESAVE}"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself; fetch it with `git lfs pull`"),
    (b"<", f"a web page, not a checkpoint: the download failed; {_AGAIN}"),
    (b"{", f"a text file, not a checkpoint: the download failed; {_AGAIN}"),
    (b"\x1f\x8b", "compressed with gzip; unpack it first"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """Where the bytes of one entry lie in the file."""

    start: int
    size: int
    crc: int


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
            raise UserError(f"{self.path}: has no storage {_shown(key)}; {_AGAIN}")
        if entry.size != size:
            raise UserError(
                f"{self.path}: storage {key} holds {entry.size} bytes, its tensor says {size}; {_AGAIN}"
            )
        return self._read(entry, f"storage {key}")

    def _read(self, entry: Entry, what: str) -> bytes:
        self._allowance -= entry.size
        if self._allowance < 0:
            raise UserError(f"{self.path}: reads the same storages over and over; {_RESAVE}")
        self._file.seek(entry.start)
        data = self._file.read(entry.size)
        if len(data) != entry.size or zlib.crc32(data) != entry.crc:
            raise UserError(f"{self.path}: {what} is damaged (its checksum is wrong); {_AGAIN}")
        return data


def open_archive(path: str | os.PathLike[str]) -> Archive:
    """Open a PyTorch checkpoint and verify its container; UserError says what is wrong or what else it is."""
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: {'not a file' if path.exists() else 'no such file'}")
    with contextlib.ExitStack() as when_refused:
        try:
            file = when_refused.enter_context(path.open("rb"))
            directory_start = _directory_start(file)
            with ZipFile(file) as directory:
                infos = directory.infolist()
            top = _top_folder(infos)
            _check_infos(infos)
            entries = _locate(file, infos, directory_start)
            _check_contents(file, top, entries)
        except UserError as reason:
            raise UserError(f"{path}: {reason}") from None
        except OSError as fault:
            raise UserError(f"{path}: cannot be read ({fault.strerror or fault})") from None
        except _ZIP_FAULTS as fault:
            raise UserError(f"{path}: a damaged zip archive ({_shown(fault)}); {_AGAIN}") from None
        when_refused.pop_all()
    return Archive(path, file, top, entries)


def _directory_start(file: BinaryIO) -> int:
    """Where the central directory starts, after the checks that must come before `zipfile` reads it.

    The directory must end right before the end record and be small: `zipfile` makes an object of each row.
    """
    head = file.read(512)
    if head[:4] != b"PK\x03\x04":
        raise UserError(_other_kind(head))
    size = file.seek(0, os.SEEK_END)
    if size < _END64.size + _END64_LOCATOR.size + _END.size:
        raise UserError(f"cut short; {_AGAIN}")
    file.seek(-_END64.size - _END64_LOCATOR.size - _END.size, os.SEEK_END)
    end64, locator, end = file.read(_END64.size), file.read(_END64_LOCATOR.size), file.read()
    signature, *_, count, length, offset, comment = _END.unpack(end)
    if signature != b"PK\x05\x06" or comment != 0:
        raise UserError(f"cut short, or something follows its end; {_AGAIN}")
    directory_end = size - _END.size
    if locator[:4] == b"PK\x06\x07":  # PyTorch always writes the 64-bit end record too; zipfile prefers it
        signature, *_, count, length, offset = _END64.unpack(end64)
        directory_end -= _END64_LOCATOR.size + _END64.size
        if signature != b"PK\x06\x06" or _END64_LOCATOR.unpack(locator)[2] != directory_end:
            raise UserError(f"its zip directory is not where it says; {_AGAIN}")
    if count > MOST_ENTRIES or length > LARGEST_DIRECTORY:
        raise UserError(f"lists {count} entries in {length} bytes, more than any checkpoint; not read")
    if offset + length != directory_end:
        raise UserError(f"its zip directory is not where it says; {_AGAIN}")
    return int(offset)


def _other_kind(head: bytes) -> str:
    """What a file is that starts with `head` and is no zip archive."""
    if not head:
        return f"an empty file; {_AGAIN}"
    if head[8:10] == b'{"':
        return "a safetensors file by its content; give it the ending .safetensors"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for start, kind in _OTHER_KINDS:
        if text.startswith(start):
            return kind
    return f"not a PyTorch checkpoint (those are zip archives since PyTorch 1.6); {_AGAIN}"


def _top_folder(infos: list[ZipInfo]) -> str:
    """The one folder that holds `data.pkl` and everything else."""
    names = [info.orig_filename for info in infos]
    tops = {name.partition("/")[0] for name in names}
    pickles = [name for name in names if name.endswith("/data.pkl")]
    if any(name.partition("/")[2] == "constants.pkl" for name in names):
        raise UserError("a TorchScript archive; give the checkpoint it was made from")
    if not pickles:
        raise UserError("a zip archive without data.pkl, so no PyTorch checkpoint")
    if len(pickles) > 1 or len(tops) > 1 or pickles[0].count("/") != 1:
        raise UserError("must hold one data.pkl in one top folder and nothing beside that folder; not read")
    return tops.pop()


def _check_infos(infos: list[ZipInfo]) -> None:
    """Refuse names that could mislead, double names, compression and encryption."""
    for info in infos:
        name = info.orig_filename
        # zipfile cuts a name at NUL and turns a backslash on Windows: then the two names differ.
        if name != info.filename or "\\" in name or any(part in ("", ".", "..") for part in name.split("/")):
            raise UserError(f"an entry has the odd name {_shown(name)}; not read")
        if info.flag_bits & ~_HARMLESS_FLAGS:
            raise UserError(f"entry {_shown(name)} is encrypted or patched; {_RESAVE}")
        if info.compress_type != ZIP_STORED or info.compress_size != info.file_size:
            raise UserError(f"entry {_shown(name)} is compressed, PyTorch never does that; {_RESAVE}")
    name, count = Counter(info.orig_filename for info in infos).most_common(1)[0]
    if count > 1:
        raise UserError(f"holds {_shown(name)} twice; not read")


def _locate(file: BinaryIO, infos: list[ZipInfo], directory_start: int) -> dict[str, Entry]:
    """The byte range of every entry, by name; local headers agree with the directory, and no two overlap."""
    entries = {}
    free = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < free:
            raise UserError(f"entry {_shown(info.filename)} overlaps another; not read")
        file.seek(info.header_offset)
        signature, _, flags, method, _, _, _, name_length, extra_length = _LOCAL_HEADER.unpack(
            file.read(_LOCAL_HEADER.size)
        )
        name = file.read(name_length).decode("utf-8" if flags & 0x800 else "cp437")
        same = (name, flags, method) == (info.filename, info.flag_bits, info.compress_type)
        if signature != b"PK\x03\x04" or not same:
            raise UserError(f"entry {_shown(info.filename)} differs from the zip directory; {_AGAIN}")
        start = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length
        free = start + info.file_size
        entries[name] = Entry(start, info.file_size, info.CRC)
    if free > directory_start:
        raise UserError(f"an entry reaches into the zip directory; {_AGAIN}")
    return entries


def _check_contents(file: BinaryIO, top: str, entries: dict[str, Entry]) -> None:
    """Refuse a pickle that is too large and a file of a big-endian machine."""
    size = entries[f"{top}/data.pkl"].size
    if size > LARGEST_PICKLE:
        raise UserError(f"its data.pkl of {size} bytes is larger than any checkpoint's; not read")
    order = entries.get(f"{top}/byteorder")
    if order is not None:
        file.seek(order.start)
        if file.read(min(order.size, 16)) != b"little":
            raise UserError(f"written on a big-endian machine; {_RESAVE} on a little-endian one")


def _shown(text: object) -> str:
    """A text of the file for a message: one short printable line."""
    return ascii(str(text))[:80]
