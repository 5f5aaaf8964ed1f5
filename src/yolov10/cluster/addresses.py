"""Files at addresses, through fsspec: "s3://bucket/folder", "zip://*.png::all.zip"."""

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from yolov10 import images
from yolov10.errors import UserError
from yolov10.prediction.lists import MAX_LIST, is_address, paths_of
from yolov10.prediction.picture import Picture
from yolov10.prediction.sources import PICTURES
from yolov10.silence import environment_kept

if TYPE_CHECKING:
    import fsspec

T = TypeVar("T")


def picture_at(address: str, max_pixels: int) -> Picture:
    """A picture yet to be fetched."""
    return Picture(address, partial(_fetch, address, max_pixels), Path(PurePosixPath(address).name))


def open_file(place: str) -> "fsspec.core.OpenFile":
    """A file by path or address, to be entered. Raises UserError naming what cannot be opened."""
    if is_address(place):
        files, path = _file_system(place)
    else:  # no address of it: fsspec would look for "a%20b" where "a b" lies
        files, path = _file_system("file://")[0], str(Path(place).absolute())
    return _reached(place, lambda: files.open(path, "rb"))


def addresses_below(address: str, files_called: frozenset[str]) -> Iterator[str]:
    """The addresses of a folder's pictures, or of a glob's files, as `predict` finds them here; else itself.

    files_called: suffixes by which a file is told without asking. Raises UserError: it cannot be reached, or
    nothing is there.
    """
    files, path = _file_system(address)
    if _is_glob(address, files, path):
        found = sorted(_reached(address, partial(_matches, files, path)))
        nothing = "no file matches"
    elif address.endswith("/") or (
        PurePosixPath(path).suffix.lower() not in files_called and _reached(address, files.isdir, path)
    ):
        found = sorted(_reached(address, partial(_pictures_in, files, path)), key=_folders_last)
        nothing = "no pictures there"
    else:
        yield address
        return
    if not found:
        raise UserError(f"{address}: {nothing}")
    outer = "".join(address.partition("::")[1:])
    for name in found:
        yield files.unstrip_protocol(name) + outer


def paths_at(list_file: str) -> Iterator[str]:
    """The paths and addresses in a list at an address. Raises UserError as `paths_of` does."""
    files, path = _file_system(list_file)
    data: bytes = _reached(list_file, lambda: files.cat_file(path, start=0, end=MAX_LIST + 1))
    inner, *outer = list_file.partition("::")
    folder = inner.rpartition("/")[0]

    def beside(path: str) -> str | None:
        return None if is_address(path) or path.startswith("/") else "".join([folder, "/", path, *outer])

    return paths_of(data, list_file, beside)


def _fetch(address: str, max_pixels: int) -> images.Encoded:
    """Raises UserError beginning with the address."""
    files, path = _file_system(address)
    data: bytes = _reached(address, lambda: files.cat_file(path, start=0, end=images.MAX_BYTES + 1))
    if len(data) > images.MAX_BYTES:
        raise UserError(f"{address}: over {images.MAX_BYTES / 2**30:g} GiB, which is no picture")
    return images.open_bytes(data, name=address, max_pixels=max_pixels)


def _is_glob(address: str, files: "fsspec.AbstractFileSystem", path: str) -> bool:
    """Whether it has wildcards, and is not simply the name of a file; of the web, `?` begins a query."""
    wild = "*[" if address.startswith(("http:", "https:")) else "*[?"
    return any(sign in path for sign in wild) and not _reached(address, files.exists, path)


def _matches(files: "fsspec.AbstractFileSystem", pattern: str) -> list[str]:
    """The files of a glob but for hidden ones: a name begins with a dot only where the pattern writes it."""
    written = [part for part in pattern.split("/") if part.startswith(".")]

    def is_meant(part: str) -> bool:
        return not part.startswith(".") or any(fnmatchcase(part, one) for one in written)

    found = files.glob(pattern, detail=True).items()
    return [
        name for name, facts in found if facts["type"] == "file" and all(map(is_meant, str(name).split("/")))
    ]


def _pictures_in(files: "fsspec.AbstractFileSystem", folder: str) -> list[str]:
    """The pictures of a folder and its subfolders, but for hidden ones."""
    found = []
    for name in map(str, files.find(folder)):
        inner = PurePosixPath(name.removeprefix(folder))
        if inner.suffix.lower() in PICTURES and not any(part.startswith(".") for part in inner.parts):
            found.append(name)
    return found


def _folders_last(name: str) -> list[tuple[bool, str]]:
    """The order of a walk: what a folder holds comes before its subfolders."""
    *folders, file = name.split("/")
    return [*((True, folder) for folder in folders), (False, file)]


def _file_system(address: str) -> "tuple[fsspec.AbstractFileSystem, str]":
    """The file system of an address and the path there. Raises UserError where none of that kind is known."""
    with environment_kept():
        from fsspec.core import url_to_fs

        try:
            found: tuple[fsspec.AbstractFileSystem, str] = url_to_fs(address)
        except (ImportError, ValueError, OSError) as fault:
            raise UserError(f"{address}: {str(fault).splitlines()[0]}") from None
    return found


def _reached(address: str, read: Callable[..., T], *arguments: object) -> T:
    """What `read` gives. Raises UserError beginning with the address for whatever a file system raises."""
    try:
        return read(*arguments)
    except FileNotFoundError:
        raise UserError(f"{address}: no such file or folder") from None
    except Exception as fault:  # every file system has kinds of its own, without a base in common
        reason = (str(fault).strip().splitlines() or [type(fault).__name__])[0][:200]
        raise UserError(f"{address}: cannot be read ({reason})") from None
