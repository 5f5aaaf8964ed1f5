"""What the bytes of a picture say before a pixel is decoded: format, size, orientation."""

import math
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import unpack_from

from yolov10.errors import UserError


@dataclass(frozen=True)
class ImageHeader:
    """Size as stored, and the EXIF orientation (1..8) that turns the stored picture upright."""

    format: str
    width: int
    height: int
    orientation: int = 1

    @property
    def upright_size(self) -> tuple[int, int]:
        """(width, height) once the orientation is applied; 5..8 swap the sides."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


def read_header(data: bytes) -> ImageHeader:
    """Tell the format of a whole picture file by its content, and read its header.

    PNG and JPEG are also followed to their end, so that a cut one is refused here: their decoders write to
    stderr or guess. A JPEG that lost pixel data but still has its end marker cannot be told. Bounded time:
    every parser goes forward only. Raises UserError (it cannot name the file) for anything but a picture of
    the formats below, and for one that is broken or has no pixels.
    """
    found = next(((format, parse) for begins, format, parse in _FORMATS if begins.match(data)), None)
    if not found:
        raise UserError(f"{_what_it_is(data)}not a picture this program reads ({_FORMAT_NAMES})")
    format, parse = found
    try:
        width, height, orientation = parse(data)
    except (_BrokenError, struct.error):  # struct.error: a field lies past the end of the data
        raise UserError(f"a truncated or damaged {format}: copy or download it again") from None
    if width < 1 or height < 1:
        raise UserError(f"a {format} without pixels, its header says {width}x{height}")
    return ImageHeader(format, width, height, orientation)


def exif_orientation(exif: bytes) -> int:
    """Read the orientation (1..8) from an EXIF block; 1, as stored, where it is missing or malformed."""
    try:
        return _orientation(_tiff_tags(exif.removeprefix(b"Exif\0\0")))
    except struct.error:
        return 1


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Give the kind of each chunk of a PNG up to IEND, and where the chunk starts and ends (PNG 5.3)."""
    kind, position = b"", 8
    while kind != b"IEND":
        length, kind = unpack_from(">I4s", data, position)
        yield kind, position, position + length + 12
        position += length + 12


class _BrokenError(Exception):
    """The bytes contradict the format they claim; for read_header alone."""


# --- one parser a format: bytes -> stored width, stored height, orientation

_Parsed = tuple[int, int, int]


def _jpeg(data: bytes) -> _Parsed:
    """Follow the segments to the start of the scan (ITU T.81 annex B); an end marker must be behind it."""
    width = height = 0
    orientation, position = 1, 2
    while segment := _JPEG_SEGMENT.search(data, position):
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
    raise _BrokenError


# Stray bytes, fill bytes and the markers that head no segment (01, D0-D9) are skipped, as libjpeg does.
_JPEG_SEGMENT = re.compile(rb"\xff([\x02-\xcf\xda-\xfe])")
_JPEG_FRAMES = {bytes([kind]) for kind in range(0xC0, 0xD0) if kind not in (0xC4, 0xC8, 0xCC)}


def _png(data: bytes) -> _Parsed:
    """Follow the chunks to the end; those of the still picture must match their check sums."""
    width, height = unpack_from(">II", data, 16)
    orientation, view = 1, memoryview(data)
    for kind, start, end in png_chunks(data):
        (checksum,) = unpack_from(">I", data, end - 4)
        critical = kind[:1].isupper()
        if critical and zlib.crc32(view[start + 4 : end - 4]) != checksum:
            raise _BrokenError
        if kind == b"eXIf":
            orientation = exif_orientation(data[start + 8 : end - 4])
    return width, height, orientation


def _webp(data: bytes) -> _Parsed:
    """Read the first RIFF chunk: lossy, lossless or extended (VP8X, the only one with EXIF further on)."""
    riff_size, kind = unpack_from("<I4x4s", data, 4)
    if 8 + riff_size > len(data):
        raise _BrokenError
    if kind == b"VP8 ":
        width, height = unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF, 1
    if kind == b"VP8L":
        (sizes,) = unpack_from("<I", data, 21)
        return 1 + (sizes & 0x3FFF), 1 + (sizes >> 14 & 0x3FFF), 1
    if kind != b"VP8X":
        raise _BrokenError
    width, height = (1 + (unpack_from("<I", data, offset)[0] >> 8) for offset in (23, 26))  # 24-bit fields
    orientation, position = 1, 12
    while position + 8 <= len(data):
        kind, size = unpack_from("<4sI", data, position)
        if kind == b"EXIF":
            orientation = exif_orientation(data[position + 8 : position + 8 + size])
        position += 8 + size + size % 2
    return width, height, orientation


def _gif(data: bytes) -> _Parsed:
    width, height = unpack_from("<HH", data, 6)
    return width, height, 1


def _bmp(data: bytes) -> _Parsed:
    """Read a Windows or OS/2 header; a negative height means rows from the top."""
    (header_size,) = unpack_from("<I", data, 14)
    width, height = unpack_from("<HH" if header_size == 12 else "<ii", data, 18)
    return width, abs(height), 1


def _tiff(data: bytes) -> _Parsed:
    tags = _tiff_tags(data)
    return tags.get(_WIDTH, 0), tags.get(_HEIGHT, 0), _orientation(tags)


def _pnm(data: bytes) -> _Parsed:
    """Read P1 to P6; refuse a largest value that the decoder does not scale: it shows a dark picture."""
    fields = _PNM_HEADER.match(data)
    if not fields:
        raise _BrokenError
    largest = 255 if fields[1] in b"14" else int(fields[4] or 0)
    if largest not in (255, 65535):
        raise UserError(f"a PNM with a largest value of {largest}: scale its values to 255 or 65535")
    return int(fields[2]), int(fields[3]), 1


_PNM_HEADER = re.compile(
    rb"P([1-6])GAP(\d{1,9})GAP(\d{1,9})(?:GAP(\d{1,9}))?".replace(b"GAP", rb"(?:\s|#[^\n]*\n)++")
)


def _jpeg2000(data: bytes) -> _Parsed:
    """Read the SIZ segment of the codestream (ISO 15444-1 A.5.1), bare or in a `jp2c` box."""
    start = 0 if data.startswith(b"\xff\x4f") else _find_box(data, b"jp2c")[0]
    right, bottom, left, top = unpack_from(">4I", data, start + 8)
    return right - left, bottom - top, 1


def _avif(data: bytes) -> _Parsed:
    """Read the item properties (ISO 23008-12): turns, and the largest size, since tiles have theirs."""
    sizes, angle = [(0, 0)], 0
    mirror: int | None = None
    for kind, start, _ in _boxes(data, *_find_box(data, b"meta", b"iprp", b"ipco")):
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


# --- what several formats are built from

_WIDTH, _HEIGHT, _ORIENTATION = 256, 257, 274


def _tiff_tags(data: bytes) -> dict[int, int]:
    """Read the whole numbers in the first directory of a TIFF file or EXIF block, by tag (TIFF 6.0, 2)."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        return {}
    (start,) = unpack_from(f"{order}I", data, 4)
    (entries,) = unpack_from(f"{order}H", data, start)
    tags: dict[int, int] = {}
    for entry in range(start + 2, start + 2 + 12 * entries, 12):
        tag, kind, count = unpack_from(f"{order}HHI", data, entry)
        if kind in _TIFF_WHOLE_NUMBERS and count == 1:
            (value,) = unpack_from(order + _TIFF_WHOLE_NUMBERS[kind], data, entry + 8)
            tags.setdefault(tag, value)
    return tags


_TIFF_WHOLE_NUMBERS = {1: "B", 3: "H", 4: "I"}


def _orientation(tags: dict[int, int]) -> int:
    value = tags.get(_ORIENTATION, 1)
    return value if 1 <= value <= 8 else 1


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Give the kind of each ISO 14496-12 box between two offsets, and where its contents start and end."""
    while start < end:
        size, kind = unpack_from(">I4s", data, start)
        header = 8
        if size == 1:
            (size,) = unpack_from(">Q", data, start + 8)
            header = 16
        elif size == 0:
            size = end - start
        if size < header:
            raise _BrokenError
        yield kind, start + header, min(start + size, end)
        start += size


def _find_box(data: bytes, *path: bytes) -> tuple[int, int]:
    """Find where the contents of the first box at `path` start and end."""
    start, end = 0, len(data)
    for name in path:
        for kind, inner, inner_end in _boxes(data, start, end):
            if kind == name:
                start, end = inner + (4 if name == b"meta" else 0), inner_end  # meta: version and flags first
                break
        else:
            raise _BrokenError
    return start, end


# --- the table: what the bytes begin with, the format's name, its parser


def _starts(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.DOTALL)


_FORMATS: tuple[tuple[re.Pattern[bytes], str, Callable[[bytes], _Parsed]], ...] = (
    (_starts(rb"\xff\xd8\xff"), "JPEG", _jpeg),
    (_starts(rb"\x89PNG\r\n\x1a\n....IHDR"), "PNG", _png),
    (_starts(rb"RIFF....WEBP"), "WebP", _webp),
    (_starts(rb"GIF8[79]a"), "GIF", _gif),
    (_starts(rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0"), "BMP", _bmp),
    (_starts(rb"II\*\0|MM\0\*"), "TIFF", _tiff),
    (_starts(rb"P[1-6][\s#]"), "PNM", _pnm),
    (_starts(rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51"), "JPEG 2000", _jpeg2000),
    (_starts(rb"....ftyp(?:....){0,15}?avi[fs]"), "AVIF", _avif),
)
_FORMAT_NAMES = ", ".join(name for _, name, _ in _FORMATS)

# Begun with by files that are often taken for pictures; in lower case, blanks in front removed.
_OTHERS = (
    (_starts(rb"\Z"), "an empty file"),
    (_starts(rb"<(?:!doctype html|html|head|body)"), "an HTML page"),
    (_starts(rb"<(?:svg|[?!].*<svg)"), "an SVG drawing"),
    (_starts(rb"%pdf"), "a PDF document"),
    (_starts(rb"....ftyp(?:he[iv]|mif1|msf1)"), "an HEIC picture"),
    (_starts(rb"....(?:ftyp|moov|mdat)|riff....avi |\x1ae\xdf\xa3"), "a video"),
    (_starts(rb"pk\x03\x04"), "a ZIP archive"),
    (_starts(rb"ii\+\0|mm\0\+"), "a BigTIFF"),
    (_starts(rb"[\t\n\r -~\x80-\xff]+\Z"), "text"),
)


def _what_it_is(data: bytes) -> str:
    """Say `"a PDF document, "` and the like when the kind is easy to tell, else nothing."""
    start = data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((f"{name}, " for signature, name in _OTHERS if signature.match(start)), "")
