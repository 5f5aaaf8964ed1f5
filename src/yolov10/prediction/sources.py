"""What a user calls a source, as single pictures: files, folders, globs, lists, bytes from a pipe."""

import glob
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yolov10 import images
from yolov10.errors import UserError

STDIN = "-"
PICTURES = frozenset(
    [
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib"),
        *(".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".jp2", ".j2k", ".avif"),
        *(".svg", ".heic", ".heif", ".ico", ".psd", ".raw", ".dng", ".pfm"),  # to be refused by name
    ]
)
"""Suffixes that a folder is searched for; what such a file is, its content says."""
VIDEOS = frozenset([".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".flv", ".ts"])
MAX_LIST = 100_000_000
"""Bytes of a list file: over a million paths."""


@dataclass(frozen=True)
class Picture:
    """One picture yet to be read."""

    source: str
    """Its name, as given by the user or found below it."""
    read: Callable[[], NDArray[np.uint8]]
    """Decodes it to BGR [h, w, 3], upright. Raises UserError naming the source."""
    place: Path
    """Where an annotated copy goes, relative to the output folder; unique within one source."""


def pictures(
    sources: Iterable[str | os.PathLike[str]], max_pixels: int = images.MAX_PIXELS
) -> Iterator[Picture]:
    """The pictures of every source, in order; of folders and globs, sorted by name.

    Raises UserError for a source that is not there, holds no picture, or is of a kind not supported. Folders
    are walked as they are read: nothing is held of a long one.
    """
    for source in sources:
        text = os.fspath(source)
        path = Path(text)
        if text == STDIN:
            yield _from_stdin(max_pixels)
        elif path.is_dir():
            yield from _of_folder(text, max_pixels)
        elif path.exists():
            yield from _of_file(text, max_pixels)
        elif glob.has_magic(text):
            yield from _of_glob(text, max_pixels)
        else:
            raise UserError(_missing(text))


def _from_file(text: str, max_pixels: int, place: Path | None = None) -> Picture:
    return Picture(text, lambda: images.read(text, max_pixels=max_pixels), place or Path(Path(text).name))


def _from_stdin(max_pixels: int) -> Picture:
    def read() -> NDArray[np.uint8]:
        return images.decode(sys.stdin.buffer.read(), name="standard input", max_pixels=max_pixels)

    return Picture(STDIN, read, Path("stdin.jpg"))


def _of_file(text: str, max_pixels: int) -> Iterator[Picture]:
    suffix = Path(text).suffix.lower()
    if suffix == ".txt":
        yield from _of_list(Path(text), max_pixels)
    elif suffix in VIDEOS:
        raise UserError(f"{text}: videos are not supported by this version; extract its frames to a folder")
    else:
        yield _from_file(text, max_pixels)


def _of_folder(text: str, max_pixels: int) -> Iterator[Picture]:
    found = False
    for folder, subfolders, files in os.walk(text):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(files):
            if Path(name).suffix.lower() in PICTURES and not name.startswith("."):
                found = True
                path = os.path.join(folder, name)  # noqa: PTH118 - keeps the user's spelling: "./a" stays
                yield _from_file(path, max_pixels, Path(os.path.relpath(path, text)))
    if not found:
        raise UserError(f"{text}: no pictures in this folder")


def _of_glob(pattern: str, max_pixels: int) -> Iterator[Picture]:
    found = False
    for match in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207 - it may be absolute
        if Path(match).is_file():
            found = True
            yield _from_file(match, max_pixels)
    if not found:
        raise UserError(f"{pattern}: no file matches")


def _of_list(path: Path, max_pixels: int) -> Iterator[Picture]:
    """A picture a line; a relative path is sought from here, then from the list's own folder."""
    try:
        size = path.stat().st_size
        text = path.read_text("utf-8") if size <= MAX_LIST else ""
    except (OSError, UnicodeDecodeError):
        raise UserError(f"{path}: not a readable list of picture paths (UTF-8 text, one a line)") from None
    entries = [line.strip() for line in text.splitlines() if line.strip()]
    if not entries:
        raise UserError(f"{path}: no paths in this list (UTF-8 text, one a line, under {MAX_LIST} bytes)")
    for entry in entries:
        beside = path.parent / entry
        yield _from_file(entry if Path(entry).exists() or not beside.exists() else str(beside), max_pixels)


def _missing(text: str) -> str:
    if "://" in text or text.isdecimal():
        return f"{text}: streams and cameras are not supported by this version"
    return f"{text}: no such file or folder"
