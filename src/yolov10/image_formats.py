"""The headers of picture formats, one parser each, by their specifications.

Every parser goes forward only, over a bounded number of parts, so that time is bounded; where a field lies
past the end of the data, a `struct.error` says so.
"""

import math
import re
import zlib
from collections.abc import Iterator
from struct import unpack_from

from yolov10.errors import UserError
from yolov10.exif import HEIGHT, WIDTH, exif_orientation, orientation_of, tiff_tags

Parsed = tuple[int, int, int]
"""Width and height as stored, and the EXIF orientation (1..8)."""


MOST_PARTS = 300_000
"""Chunks, segments or boxes that are gone over; a PNG of half a gigabyte has sixty thousand."""


class BrokenError(Exception):
    """The bytes contradict the format they claim."""


def parts() -> Iterator[int]:
    """Count the parts of a file; raises BrokenError beyond what any picture has."""
    yield from range(MOST_PARTS)
    raise BrokenError


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Give the kind of each chunk of a PNG up to IEND, and where the chunk starts and ends (PNG 5.3)."""
    position = 8
    for _ in parts():
        length, kind = unpack_from(">I4s", data, position)
        yield kind, position, position + length + 12
        if kind == b"IEND":
            return
        position += length + 12


def jpeg(data: bytes) -> Parsed:
    """Follow the segments to the start of the scan (ITU T.81 annex B); an end marker must be behind it."""
    width = height = 0
    orientation, position = 1, 2
    for _ in parts():
        segment = _JPEG_SEGMENT.search(data, position)
        if not segment:
            break
        kind, position = segment[1], segment.end()
        if kind == b"\xda":
            # Looked for from the back, where it is: 4 MB of entropy data forwards would take 5 % of a decode.
            if data.rfind(b"\xff\xd9", position) < 0:
                break
            return width, height, orientation
        if kind in _JPEG_FRAMES:
            height, width = unpack_from(">HH", data, position + 3)
        (length,) = unpack_from(">H", data, position)
        if kind == b"\xe1" and data.startswith(b"Exif\0\0", position + 2):
            orientation = exif_orientation(data[position + 2 : position + length])
        position += length
    raise BrokenError


# Stray bytes, fill bytes and the markers that head no segment (01, D0-D9) are skipped, as libjpeg does.
_JPEG_SEGMENT = re.compile(rb"\xff([\x02-\xcf\xda-\xfe])")
_JPEG_FRAMES = {bytes([kind]) for kind in range(0xC0, 0xD0) if kind not in (0xC4, 0xC8, 0xCC)}


def png(data: bytes) -> Parsed:
    """Follow the chunks to the end; those of the still picture must match their check sums."""
    width, height = unpack_from(">II", data, 16)
    orientation, view = 1, memoryview(data)
    for kind, start, end in png_chunks(data):
        (checksum,) = unpack_from(">I", data, end - 4)
        critical = kind[:1].isupper()
        if critical and zlib.crc32(view[start + 4 : end - 4]) != checksum:
            raise BrokenError
        if kind == b"eXIf":
            orientation = exif_orientation(data[start + 8 : end - 4])
    return width, height, orientation


def webp(data: bytes) -> Parsed:
    """Read the first RIFF chunk: lossy, lossless or extended (VP8X, the only one with EXIF further on)."""
    riff_size, kind = unpack_from("<I4x4s", data, 4)
    if 8 + riff_size > len(data):
        raise BrokenError
    if kind == b"VP8 ":
        width, height = unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF, 1
    if kind == b"VP8L":
        (sizes,) = unpack_from("<I", data, 21)
        return 1 + (sizes & 0x3FFF), 1 + (sizes >> 14 & 0x3FFF), 1
    if kind != b"VP8X":
        raise BrokenError
    width, height = (1 + (unpack_from("<I", data, offset)[0] >> 8) for offset in (23, 26))  # 24-bit fields
    orientation, position = 1, 12
    for _ in parts():
        if position + 8 > len(data):
            break
        kind, size = unpack_from("<4sI", data, position)
        if kind == b"EXIF":
            orientation = exif_orientation(data[position + 8 : position + 8 + size])
        position += 8 + size + size % 2
    return width, height, orientation


def gif(data: bytes) -> Parsed:
    """Read the size of the screen that the frames are drawn on."""
    width, height = unpack_from("<HH", data, 6)
    return width, height, 1


def bmp(data: bytes) -> Parsed:
    """Read a Windows or OS/2 header; a negative height means rows from the top."""
    (header_size,) = unpack_from("<I", data, 14)
    width, height = unpack_from("<HH" if header_size == 12 else "<ii", data, 18)
    return width, abs(height), 1


def tiff(data: bytes) -> Parsed:
    """Read the first directory, which is that of the first page."""
    tags = tiff_tags(data)
    return tags.get(WIDTH, 0), tags.get(HEIGHT, 0), orientation_of(tags)


def pnm(data: bytes) -> Parsed:
    """Read P1 to P6; refuse a largest value that the decoder does not scale: it shows a dark picture."""
    fields = _PNM_HEADER.match(data)
    if not fields:
        raise BrokenError
    largest = 255 if fields[1] in b"14" else int(fields[4] or 0)
    if largest not in (255, 65535):
        raise UserError(f"a PNM with a largest value of {largest}: scale its values to 255 or 65535")
    return int(fields[2]), int(fields[3]), 1


_PNM_HEADER = re.compile(
    rb"P([1-6])GAP(\d{1,9})GAP(\d{1,9})(?:GAP(\d{1,9}))?".replace(b"GAP", rb"(?:\s|#[^\n]*\n)++")
)


def jpeg2000(data: bytes) -> Parsed:
    """Read the SIZ segment of the codestream (ISO 15444-1 A.5.1), bare or in a `jp2c` box."""
    start = 0 if data.startswith(b"\xff\x4f") else _find_box(data, b"jp2c")[0]
    right, bottom, left, top = unpack_from(">4I", data, start + 8)
    return right - left, bottom - top, 1


def avif(data: bytes) -> Parsed:
    """Read the item properties (ISO 23008-12): turns, and the largest size, since tiles have theirs."""
    sizes, angle = [(0, 0)], 0
    mirror: int | None = None
    for kind, start, _ in boxes(data, *_find_box(data, b"meta", b"iprp", b"ipco")):
        if kind == b"ispe":
            sizes.append(unpack_from(">II", data, start + 4))
        elif kind == b"irot":
            angle = unpack_from("B", data, start)[0] & 3
        elif kind == b"imir":
            mirror = unpack_from("B", data, start)[0] & 1
    width, height = max(sizes, key=math.prod)
    return width, height, _AVIF_ORIENTATION[mirror][angle]


# [mirror: none, 0 top to bottom, 1 left to right][quarter turns against the clock, done first]
_AVIF_ORIENTATION = {None: (1, 8, 3, 6), 0: (4, 5, 2, 7), 1: (2, 7, 4, 5)}


# --- what AVIF and JPEG 2000 are built from


def boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Give the kind of each ISO 14496-12 box between two offsets, and where its contents start and end."""
    for _ in parts():
        if start >= end:
            return
        size, kind = unpack_from(">I4s", data, start)
        header = 8
        if size == 1:
            (size,) = unpack_from(">Q", data, start + 8)
            header = 16
        elif size == 0:
            size = end - start
        if size < header:
            raise BrokenError
        yield kind, start + header, min(start + size, end)
        start += size


def _find_box(data: bytes, *path: bytes) -> tuple[int, int]:
    """Find where the contents of the first box at `path` start and end."""
    start, end = 0, len(data)
    for name in path:
        for kind, inner, inner_end in boxes(data, start, end):
            if kind == name:
                start, end = inner + (4 if name == b"meta" else 0), inner_end  # meta: version and flags first
                break
        else:
            raise BrokenError
    return start, end
