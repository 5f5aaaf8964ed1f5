"""What a user calls a source, as pictures and videos: files, folders, globs, lists, cameras, addresses."""

import errno
import glob
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from functools import cache, partial
from pathlib import Path

from yolov10 import images
from yolov10.errors import UserError
from yolov10.files import unreadable
from yolov10.folders import glob_once, walk_once
from yolov10.model_names import CELLS, SAMPLES
from yolov10.prediction.lists import LIST, is_address, paths_in
from yolov10.prediction.picture import Entry, Picture, refused
from yolov10.prediction.video import SUFFIXES, Video, camera_or_stream

STDIN = "-"
PICTURES = images.SUFFIXES
"""Suffixes of picture files; what such a file is, its content says."""
IN_FOLDERS = PICTURES | SUFFIXES - {".ts", ".mts"}
"""Suffixes that a folder is searched for: those two are of programs, too."""


def pictures(
    sources: Iterable[str | os.PathLike[str]], max_pixels: int = images.MAX_PIXELS, skip: Path | None = None
) -> Iterator[Entry]:
    """The pictures and videos of every source, in order; of folders and globs, sorted by name.

    `skip` is a folder not to be walked into when it lies inside a source: the output folder of this very run.

    Raises UserError for a source that is not there, cannot be read or holds nothing. None is opened before
    its turn; held are only the names of one folder at a time, or all paths of one glob or list. `cells`,
    unless a file or folder is called so, are the pictures that come with the model of that name.
    """
    for source in sources:
        text = os.fspath(source)
        if text == STDIN:
            yield _from_stdin(max_pixels)
            continue
        mode = _mode(text)
        if mode is None and text == CELLS:
            yield from _of_folder(str(SAMPLES), max_pixels, skip)
        elif mode is None and (text.isdecimal() or "://" in text):
            yield camera_or_stream(text)
        elif mode is None:
            yield from _of_glob(text, max_pixels)
        elif stat.S_ISDIR(mode):
            yield from _of_folder(text, max_pixels, skip)
        else:
            yield from _of_file(text, max_pixels)


def _mode(text: str) -> int | None:
    """What kind of file is there, links followed; None when nothing is."""
    try:
        return os.stat(text).st_mode  # noqa: PTH116 - "a/" and "./a" as given
    except ValueError:  # a zero byte
        return None
    except OSError as fault:
        # A name too long for the file system may still be a glob or an address.
        if fault.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG):
            return None
        raise UserError(unreadable(text, fault)) from None


def from_file(text: str, max_pixels: int, place: Path | None = None) -> Entry:
    """The picture or video of a file, which need not be there yet."""
    place = place or Path(Path(text).name)
    if Path(text).suffix.lower() in SUFFIXES:
        return Video(text, place)
    return Picture(text, partial(images.open_file, text, max_pixels=max_pixels), place)


def _from_stdin(max_pixels: int) -> Picture:
    @cache  # it can be read only once
    def opened() -> images.Encoded:
        data = images.read_bounded(sys.stdin.buffer, "standard input")
        return images.open_bytes(data, name="standard input", max_pixels=max_pixels)

    return Picture(STDIN, opened, Path("stdin.jpg"))


def _of_file(text: str, max_pixels: int) -> Iterator[Entry]:
    if Path(text).suffix.lower() == LIST:
        yield from _of_list(Path(text), max_pixels)
    else:
        yield from_file(text, max_pixels)


def _of_folder(text: str, max_pixels: int, skip: Path | None) -> Iterator[Entry]:
    found = False
    for picture in _walk(text, max_pixels, skip):
        found = True
        yield picture
    if not found:
        raise UserError(f"{text}: no pictures or videos in this folder")


def _walk(text: str, max_pixels: int, skip: Path | None) -> Iterator[Entry]:
    """What each folder holds before its subfolders."""
    faults: list[OSError] = []
    for folder, files in walk_once(text, skip=skip, on_fault=faults.append):
        yield from _take_unreadable(faults, text)
        for name in sorted(files):
            path = os.path.join(folder, name)  # noqa: PTH118 - keeps the user's spelling: "./a" stays
            if Path(name).suffix.lower() in IN_FOLDERS and not name.startswith(".") and _may_be_read(path):
                yield from_file(path, max_pixels, Path(os.path.relpath(path, text)))
    yield from _take_unreadable(faults, text)


def _take_unreadable(faults: list[OSError], text: str) -> Iterator[Picture]:
    """Every folder that could not be listed, as a picture that cannot be read."""
    while faults:
        fault = faults.pop(0)
        folder = str(fault.filename)
        if folder == text:
            raise UserError(unreadable(text, fault))
        place = Path(os.path.relpath(folder, text))
        yield refused(folder, unreadable(folder, fault), place)


def _may_be_read(path: str) -> bool:
    """No pipe, socket, device or folder, on which reading may never end; a broken link reads as a fault."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116
    except OSError:
        return True


def _of_glob(pattern: str, max_pixels: int) -> Iterator[Entry]:
    if not glob.has_magic(pattern):
        raise UserError(f"{pattern}: no such file or folder")
    found = False
    for match in sorted(glob_once(pattern)):
        if _may_be_read(match):
            found = True
            yield from_file(match, max_pixels)
    if not found:
        raise UserError(f"{pattern}: no file matches")


def _of_list(list_file: Path, max_pixels: int) -> Iterator[Entry]:
    for text in paths_in(list_file):
        if not is_address(text):
            yield from_file(text, max_pixels)
            continue
        try:
            yield camera_or_stream(text)
        except UserError as fault:
            yield refused(text, str(fault), Path(Path(text).name))
