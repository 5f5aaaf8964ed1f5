"""Picture files in and out: files and bytes become uint8 [H,W,3], BGR, upright."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from yolov10.errors import UserError
from yolov10.files import write_atomic
from yolov10.image_formats import png_chunks
from yolov10.image_header import ImageHeader, read_header
from yolov10.opencv import cv2, silent

Image = NDArray[np.uint8]
"""A picture [H,W,3], BGR and upright, wherever nothing else is said."""

MAX_PIXELS = 178_000_000
"""Pixels of the largest picture that is decoded unless the user raises it: half a gigabyte as BGR."""

MAX_BYTES = 2**30
"""Bytes of the largest picture file that is read: a device or an endless pipe must come to an end."""


SUFFIXES = frozenset(
    [
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib"),
        *(".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".j2k", ".avif"),
        *(".svg", ".heic", ".heif", ".ico", ".psd", ".raw", ".dng", ".pfm"),  # to be refused by name
    ]
)
"""Files of a folder that are taken for pictures; what one is, its content says."""


def read(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> Image:
    """Decode a picture file to [H,W,3] BGR, upright; raises UserError naming the file, as `decode` does."""
    return open_file(path, max_pixels=max_pixels).pixels()


def open_file(path: str | os.PathLike[str], *, max_pixels: int = MAX_PIXELS) -> "Encoded":
    """A picture file's bytes, yet to be decoded; raises UserError naming the file, as `open_bytes` does."""
    return open_bytes(_file_bytes(path), name=os.fspath(path), max_pixels=max_pixels)


def read_size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Tell the (width, height) that `read` would give, without decoding; raises UserError naming the file."""
    return _header(_file_bytes(path), os.fspath(path)).upright_size


def decode(data: bytes, *, name: str, max_pixels: int = MAX_PIXELS) -> Image:
    """Decode the bytes of a picture file to [H,W,3] BGR, upright; of several frames or pages the first.

    16-bit samples are scaled to 8, alpha is dropped. Raises UserError, beginning with `name`, for what is no
    picture, has more than `max_pixels`, or is truncated or damaged as far as its format can tell.
    """
    return open_bytes(data, name=name, max_pixels=max_pixels).pixels()


def open_bytes(data: bytes, *, name: str, max_pixels: int = MAX_PIXELS) -> "Encoded":
    """The bytes of a picture file, measured but yet to be decoded; raises UserError as `decode` does."""
    header = _header(data, name)
    check_pixels(name, header.width, header.height, max_pixels)
    return Encoded(data, name, header)


def check_pixels(
    name: str, width: int, height: int, max_pixels: int, cure: str = "raise --max-pixels to read it"
) -> None:
    """Raise UserError that begins with `name`, for a picture or video of more than `max_pixels`."""
    pixels = width * height
    if pixels > max_pixels:
        raise UserError(
            f"{name}: {width}x{height} = {pixels / 1e6:.4g} megapixels, "
            f"over the limit of {max_pixels / 1e6:.4g}; {cure}"
        )


@dataclass(frozen=True, eq=False)
class Encoded:
    """A picture file in memory, whose header says that it can be decoded."""

    data: bytes
    name: str
    header: ImageHeader

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright picture."""
        return self.header.upright_size

    def pixels(self, shrink: int = 1) -> Image:
        """The upright picture [H,W,3] BGR; with `shrink` 2, 4 or 8, sides so many times smaller, rounded up.

        Only a JPEG is read smaller, in less time than whole: `can_shrink`. Raises UserError beginning with
        the name for what is damaged.
        """
        header = self.header
        data = _still_png(self.data) if header.format == "PNG" else self.data
        image = _decode_as_stored(data, shrink)
        if image is not None and header.format != "TIFF":  # libtiff turned it already, whatever the flag says
            image = turned_upright(image, header.orientation)
        width, height = (-(-side // shrink) for side in self.size)
        if image is None or image.shape[1::-1] != (width, height):
            raise UserError(
                f"{self.name}: a damaged {header.format}, or a kind of {header.format} that is not read"
            )
        return image

    @property
    def can_shrink(self) -> bool:
        """Whether `pixels` takes a `shrink` other than 1."""
        return self.header.format == "JPEG"


LONGEST = {".jpg": 65_500, ".jpeg": 65_500, ".png": 1_000_000}
"""Pixels of a side that a file of a suffix holds (libjpeg's and libpng's own limits)."""


def fitted(image: Image, suffix: str) -> Image:
    """A picture [H,W,3], or a smaller copy where a side is longer than a file of that suffix holds."""
    height, width = image.shape[:2]
    gain = LONGEST[suffix.lower()] / max(height, width)
    if gain >= 1:
        return image
    sides = [max(int(side * gain), 1) for side in (width, height)]
    return _as_image(cv2.resize(image, sides, interpolation=cv2.INTER_AREA))


def encode(image: Image, suffix: str) -> bytes:
    """Encode [H,W,3] BGR as a JPEG (quality 95) or PNG, as the suffix of its file says.

    Raises UserError for another suffix, and for a side that is too long for it.
    """
    suffix = suffix.lower()
    if suffix not in (".jpg", ".jpeg", ".png"):
        raise UserError(f"pictures are written as .jpg or .png, not {suffix!r}")
    settings = [] if suffix == ".png" else [cv2.IMWRITE_JPEG_QUALITY, 95]
    try:
        with silent():
            done, data = cv2.imencode(suffix, image, settings)
    except cv2.error:
        done = False
    if not done:
        height, width = image.shape[:2]
        raise UserError(f"a picture of {width}x{height} is too large for a {suffix}")
    return data.tobytes()


def write(path: str | os.PathLike[str], image: Image) -> Path:
    """Write [H,W,3] BGR to a JPEG or PNG file, whole or not at all; raises UserError naming the file."""
    return write_atomic(path, encode(image, Path(path).suffix))


def read_bounded(stream: BinaryIO, name: str) -> bytes:
    """Read a stream to its end; raises UserError, beginning with `name`, for one over MAX_BYTES."""
    parts, size = [], 0
    while part := stream.read(2**20):
        parts.append(part)
        size += len(part)
        _check_bytes(size, name)
    return b"".join(parts)


def _check_bytes(size: int, name: str) -> None:
    if size > MAX_BYTES:
        raise UserError(f"{name}: over {MAX_BYTES / 2**30:g} GiB, which is no picture")


def _file_bytes(path: str | os.PathLike[str]) -> bytes:
    """Read a file; never through OpenCV, which fails on some names and fills cut files with gray."""
    try:
        with Path(path).open("rb") as file:
            _check_bytes(os.fstat(file.fileno()).st_size, os.fspath(path))  # a device has none
            return read_bounded(file, os.fspath(path))
    except OSError as fault:
        folder = os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises for a name too long
        reason = "a folder, not a picture file" if folder else fault.strerror
        raise UserError(f"{path}: {reason}") from None
    except ValueError:  # a NUL in it
        raise UserError(f"{os.fspath(path)!r}: not a file name") from None


def _header(data: bytes, name: str) -> ImageHeader:
    try:
        return read_header(data)
    except UserError as fault:
        raise UserError(f"{name}: {fault}") from None


def _still_png(data: bytes) -> bytes:
    """Leave out of a PNG its animation and what follows its end.

    A damaged animation can end OpenCV 5.0 in a segmentation fault. Where no pixels come before the end it
    reads on behind it, and takes as much memory as the length that stands there says.
    """
    chunks = list(png_chunks(data))
    if not any(kind in _PNG_ANIMATION for kind, _, _ in chunks):
        return data[: chunks[-1][2]]
    return data[:8] + b"".join(data[start:end] for kind, start, end in chunks if kind not in _PNG_ANIMATION)


_PNG_ANIMATION = {b"acTL", b"fcTL", b"fdAT"}


def _decode_as_stored(data: bytes, shrink: int) -> Image | None:
    """Decode to BGR [H,W,3], sides divided by `shrink`; None for what OpenCV refuses.

    Turning it is left to us, so that `read_size` and `decode` cannot differ: OpenCV overlooks the turn of an
    AVIF, and EXIF behind the pixels of a PNG.
    """
    flags = _SHRUNK[shrink] | cv2.IMREAD_IGNORE_ORIENTATION
    with silent():
        try:
            image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        except cv2.error:
            return None
    return None if image is None else _as_image(image)


_SHRUNK = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


def turned_upright(image: Image, orientation: int) -> Image:
    """A picture [H,W,3] turned by its EXIF orientation: 5..8 exchange rows and columns, then most flip."""
    turned = cv2.transpose(image) if orientation >= 5 else image
    flip = _FLIPS.get(orientation)
    return _as_image(turned if flip is None else cv2.flip(turned, flip))


_LEFT_RIGHT, _TOP_BOTTOM, _BOTH = 1, 0, -1  # cv2.flip's codes
_FLIPS = {2: _LEFT_RIGHT, 3: _BOTH, 4: _TOP_BOTTOM, 6: _LEFT_RIGHT, 7: _BOTH, 8: _TOP_BOTTOM}


def _as_image(array: NDArray[Any]) -> Image:
    """Tell the type checker what OpenCV's annotations leave open: the samples are uint8."""
    assert array.dtype == np.uint8
    return array
