"""EXIF: the directory of tags that TIFF files are made of and other formats carry (TIFF 6.0, 2)."""

import struct
from struct import unpack_from

WIDTH, HEIGHT, ORIENTATION = 256, 257, 274
"""Numbers of tags."""


def exif_orientation(exif: bytes) -> int:
    """Read the orientation (1..8) from an EXIF block; 1, as stored, where it is missing or malformed."""
    try:
        return orientation_of(tiff_tags(exif.removeprefix(b"Exif\0\0")))
    except struct.error:
        return 1


def tiff_tags(data: bytes) -> dict[int, int]:
    """Read the whole numbers in the first directory of a TIFF file or EXIF block, by tag (TIFF 6.0, 2)."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        return {}
    (start,) = unpack_from(f"{order}I", data, 4)
    (entries,) = unpack_from(f"{order}H", data, start)
    tags: dict[int, int] = {}
    for entry in range(start + 2, start + 2 + 12 * entries, 12):
        tag, kind, count = unpack_from(f"{order}HHI", data, entry)
        if kind in _WHOLE_NUMBERS and count == 1:
            (value,) = unpack_from(order + _WHOLE_NUMBERS[kind], data, entry + 8)
            tags.setdefault(tag, value)
    return tags


_WHOLE_NUMBERS = {1: "B", 3: "H", 4: "I"}


def orientation_of(tags: dict[int, int]) -> int:
    """The EXIF orientation (1..8) among the tags; 1 where it is missing or none."""
    value = tags.get(ORIENTATION, 1)
    return value if 1 <= value <= 8 else 1
