"""What the bytes of a picture say before a pixel is decoded: format, size, orientation."""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

from yolov10 import image_formats
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
    except (image_formats.BrokenError, struct.error):  # struct.error: a field lies past the end of the data
        raise UserError(f"a truncated or damaged {format}: copy or download it again") from None
    if width < 1 or height < 1:
        raise UserError(f"a {format} without pixels, its header says {width}x{height}")
    return ImageHeader(format, width, height, orientation)


# --- the table: what the bytes begin with, the format's name, its parser


def _starts(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.DOTALL)


_FORMATS: tuple[tuple[re.Pattern[bytes], str, Callable[[bytes], image_formats.Parsed]], ...] = (
    (_starts(rb"\xff\xd8\xff"), "JPEG", image_formats.jpeg),
    (_starts(rb"\x89PNG\r\n\x1a\n....IHDR"), "PNG", image_formats.png),
    (_starts(rb"RIFF....WEBP"), "WebP", image_formats.webp),
    (_starts(rb"GIF8[79]a"), "GIF", image_formats.gif),
    (_starts(rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0"), "BMP", image_formats.bmp),
    (_starts(rb"II\*\0|MM\0\*"), "TIFF", image_formats.tiff),
    (_starts(rb"P[1-6][\s#]"), "PNM", image_formats.pnm),
    (_starts(rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51"), "JPEG 2000", image_formats.jpeg2000),
    (_starts(rb"....ftyp(?:....){0,15}?avi[fs]"), "AVIF", image_formats.avif),
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
