"""What is to be detected in: pictures by path or address, and row groups of Parquet tables of pictures."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from yolov10 import images
from yolov10.errors import UserError
from yolov10.prediction.picture import Entry, Picture
from yolov10.prediction.sources import MAX_LIST, PICTURES, pictures
from yolov10.silence import environment_kept

if TYPE_CHECKING:
    import fsspec
    import pyarrow

T = TypeVar("T")
TABLE = ".parquet"
NAMES = ("image", "bytes", "picture", "path", "file", "url", "source")
"""Columns of a table that may hold pictures, the likeliest first."""


@dataclass(frozen=True)
class RowGroup:
    """Rows of a Parquet file that are read together."""

    table: str
    """The file, by path or address."""
    column: str
    index: int
    first: int
    """Number of its first row in the file."""
    rows: int
    size: int
    """Bytes of the whole file, by which another version of it is told."""


def listed(sources: Iterable[str], max_pixels: int) -> Iterator[Picture | RowGroup]:
    """Every picture of the sources, in the order of `predict`; a table of picture files as its row groups.

    sources: as `pictures` takes them, `.parquet` files, and addresses of fsspec ("s3://bucket/folder") of a
    picture, folder, glob, list or table. Raises UserError naming a source that cannot be listed.
    """
    for source in sources:
        if is_address(source):
            yield from _at_address(source, max_pixels)
        elif source.lower().endswith(TABLE):
            yield from _of_table(source, max_pixels)
        else:
            yield from (_picture(one, max_pixels) for one in pictures([source], max_pixels))


def is_address(source: str) -> bool:
    """Whether it is for fsspec to open."""
    return "://" in source and not os.path.exists(source)  # noqa: PTH110 - never raises


def open_address(address: str, max_pixels: int) -> images.Encoded:
    """A picture at an address, yet to be decoded. Raises UserError beginning with the address."""
    files, path = _file_system(address)
    data: bytes = _reached(address, lambda: files.cat_file(path, start=0, end=images.MAX_BYTES + 1))
    if len(data) > images.MAX_BYTES:
        raise UserError(f"{address}: over {images.MAX_BYTES / 2**30:g} GiB, which is no picture")
    return images.open_bytes(data, name=address, max_pixels=max_pixels)


def open_table(table: str) -> "fsspec.core.OpenFile":
    """A table's file, to be entered. Raises UserError naming what cannot be opened."""
    address = table if is_address(table) else Path(table).absolute().as_uri()
    files, path = _file_system(address)
    return _reached(table, lambda: files.open(path, "rb"))


def _picture(picture: Entry, max_pixels: int) -> Picture:
    """A picture as listed; one that a list gives by its address is read from there."""
    if not isinstance(picture, Picture):
        raise UserError("videos and streams are followed by one machine: leave --engine ray out for them")
    return _from_address(picture.source, max_pixels) if is_address(picture.source) else picture


def _from_address(address: str, max_pixels: int) -> Picture:
    return Picture(address, partial(open_address, address, max_pixels), Path(PurePosixPath(address).name))


def _at_address(source: str, max_pixels: int) -> Iterator[Picture | RowGroup]:
    files, path = _file_system(source)
    kind = PurePosixPath(path).suffix.lower()
    is_file = kind in {TABLE, ".txt", *PICTURES}
    if "*" in path or source.endswith("/") or (not is_file and _reached(source, files.isdir, path)):
        yield from (_from_address(one, max_pixels) for one in _below(source, files, path))
    elif kind == TABLE:
        yield from _of_table(source, max_pixels)
    elif kind == ".txt":
        text: bytes = _reached(source, lambda: files.cat_file(path, start=0, end=MAX_LIST))
        lines = text.decode("utf-8-sig", errors="replace").split("\n")
        yield from listed(filter(None, (line.strip(" \t\r") for line in lines)), max_pixels)
    else:
        yield _from_address(source, max_pixels)


def _below(source: str, files: "fsspec.AbstractFileSystem", path: str) -> Iterator[str]:
    """The addresses of a folder's or glob's pictures; each folder's own before those of its subfolders."""
    names = _reached(source, files.glob if "*" in path else files.find, path)
    found = [name for name in map(str, names) if _is_picture(name, path)]
    if not found:
        raise UserError(f"{source}: no pictures there")
    outer = source.partition("::")[1:]
    for name in sorted(found, key=_folders_last):
        yield files.unstrip_protocol(name) + "".join(outer)


def _is_picture(name: str, start: str) -> bool:
    inner = PurePosixPath(name.removeprefix(start))
    return inner.suffix.lower() in PICTURES and not any(part.startswith(".") for part in inner.parts)


def _folders_last(name: str) -> list[tuple[bool, str]]:
    *folders, file = name.split("/")
    return [*((True, folder) for folder in folders), (False, file)]


def _of_table(table: str, max_pixels: int) -> Iterator[Picture | RowGroup]:
    """A table's row groups, or where it holds paths or addresses, the pictures there."""
    import pyarrow
    from pyarrow import parquet

    with open_table(table) as file:
        try:
            contents = parquet.ParquetFile(file)
        except pyarrow.ArrowException as fault:
            raise UserError(f"{table}: not a Parquet file ({str(fault).splitlines()[0][:120]})") from None
        column, embedded = _column(table, contents.schema_arrow)
        if not embedded:
            for batch in contents.iter_batches(columns=[column]):
                yield from listed(filter(None, batch.column(0).to_pylist()), max_pixels)
            return
        file.seek(0, os.SEEK_END)
        size, first = file.tell(), 0
        for index in range(contents.num_row_groups):
            rows = contents.metadata.row_group(index).num_rows
            yield RowGroup(table, column, index, first, rows, size)
            first += rows


def _column(table: str, schema: "pyarrow.Schema") -> tuple[str, bool]:
    """The column that holds pictures, and whether as the bytes of their files or as their paths."""
    from pyarrow import types

    for name in (name for name in NAMES if name in schema.names):
        kind = schema.field(name).type
        if types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
            return name, True
        if types.is_binary(kind) or types.is_large_binary(kind):
            return name, True
        if types.is_string(kind) or types.is_large_string(kind):
            return name, False
    raise UserError(
        f"{table}: no column of pictures among {', '.join(schema.names)}: call one image (bytes of picture "
        "files) or path"
    )


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
