"""Where the entries of a zip archive lie, with everything it says held against everything else (spec 8.1).

`zipfile` lists the central directory; what it lists is held against the local headers. An archive that two
readers could read in two ways is refused.
"""

import os
import struct
from collections import Counter
from dataclasses import dataclass
from typing import BinaryIO
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from yolov10.errors import UserError
from yolov10.weights.other_kinds import AGAIN, RESAVE, other_kind

# Scale x stopped in mid-training holds about 3,000 storages; the bounds leave room.
MOST_ENTRIES = 20_000
LARGEST_DIRECTORY = 4 << 20

_ZIP_FAULTS = (BadZipFile, NotImplementedError, struct.error, ValueError, EOFError)
_HARMLESS_FLAGS = 0x0808  # a data descriptor follows; the name is UTF-8. Others mean encrypted or patched.
_LOCAL_HEADER = struct.Struct("<4sHHH4xLLLHH")  # signature, version, flags, method, crc, 2 sizes, 2 lengths
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_END64_LOCATOR = struct.Struct("<4sLQL")


@dataclass(frozen=True, slots=True)
class Entry:
    """Where the bytes of one entry lie in the file."""

    start: int
    size: int
    crc: int


def read_directory(file: BinaryIO) -> tuple[str, dict[str, Entry]]:
    """The one top folder, and where every entry lies, by name. Raises UserError, without the file's name."""
    try:
        start = _directory_start(file)
        with ZipFile(file) as directory:
            infos = directory.infolist()
        top = _top_folder(infos)
        _check_infos(infos)
        return top, _locate(file, infos, start)
    except _ZIP_FAULTS as fault:
        raise UserError(f"a damaged zip archive ({shown(fault)}); {AGAIN}") from None


def _directory_start(file: BinaryIO) -> int:
    """Where the central directory starts, after the checks that must come before `zipfile` reads it.

    The directory must end right before the end record and be small: `zipfile` makes an object of each row.
    """
    head = file.read(512)
    if head[:4] != b"PK\x03\x04":
        raise UserError(other_kind(head))
    size = file.seek(0, os.SEEK_END)
    if size < _END64.size + _END64_LOCATOR.size + _END.size:
        raise UserError(f"cut short; {AGAIN}")
    file.seek(-_END64.size - _END64_LOCATOR.size - _END.size, os.SEEK_END)
    end64, locator, end = file.read(_END64.size), file.read(_END64_LOCATOR.size), file.read()
    signature, *_, count, length, offset, comment = _END.unpack(end)
    if signature != b"PK\x05\x06" or comment != 0:
        raise UserError(f"cut short, or something follows its end; {AGAIN}")
    directory_end = size - _END.size
    if locator[:4] == b"PK\x06\x07":  # PyTorch always writes the 64-bit end record too; zipfile prefers it
        signature, *_, count, length, offset = _END64.unpack(end64)
        directory_end -= _END64_LOCATOR.size + _END64.size
        if signature != b"PK\x06\x06" or _END64_LOCATOR.unpack(locator)[2] != directory_end:
            raise UserError(f"its zip directory is not where it says; {AGAIN}")
    if count > MOST_ENTRIES or length > LARGEST_DIRECTORY:
        raise UserError(f"lists {count} entries in {length} bytes, more than any checkpoint; not read")
    if offset + length != directory_end:
        raise UserError(f"its zip directory is not where it says; {AGAIN}")
    return int(offset)


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
            raise UserError(f"an entry has the odd name {shown(name)}; not read")
        if info.flag_bits & ~_HARMLESS_FLAGS:
            raise UserError(f"entry {shown(name)} is encrypted or patched; {RESAVE}")
        if info.compress_type != ZIP_STORED or info.compress_size != info.file_size:
            raise UserError(f"entry {shown(name)} is compressed, PyTorch never does that; {RESAVE}")
    name, count = Counter(info.orig_filename for info in infos).most_common(1)[0]
    if count > 1:
        raise UserError(f"holds {shown(name)} twice; not read")


def _locate(file: BinaryIO, infos: list[ZipInfo], directory_start: int) -> dict[str, Entry]:
    """The byte range of every entry, by name; local headers agree with the directory, and no two overlap."""
    entries = {}
    free = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < free:
            raise UserError(f"entry {shown(info.filename)} overlaps another; not read")
        file.seek(info.header_offset)
        signature, _, flags, method, _, _, _, name_length, extra_length = _LOCAL_HEADER.unpack(
            file.read(_LOCAL_HEADER.size)
        )
        name = file.read(name_length).decode("utf-8" if flags & 0x800 else "cp437")
        same = (name, flags, method) == (info.filename, info.flag_bits, info.compress_type)
        if signature != b"PK\x03\x04" or not same:
            raise UserError(f"entry {shown(info.filename)} differs from the zip directory; {AGAIN}")
        start = info.header_offset + _LOCAL_HEADER.size + name_length + extra_length
        free = start + info.file_size
        entries[name] = Entry(start, info.file_size, info.CRC)
    if free > directory_start:
        raise UserError(f"an entry reaches into the zip directory; {AGAIN}")
    return entries


def shown(text: object) -> str:
    """A text of the file for a message: one short printable line."""
    return ascii(str(text))[:80]
