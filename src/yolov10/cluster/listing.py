"""What is to be detected in: pictures by path or address, and row groups of Parquet tables of pictures."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

from yolov10.cluster.addresses import addresses_below, paths_at, picture_at
from yolov10.cluster.tables import TABLE, RowGroup, contents_of
from yolov10.errors import UserError
from yolov10.prediction.lists import LIST, is_address, paths_in
from yolov10.prediction.picture import Entry, Picture
from yolov10.prediction.sources import PICTURES, STDIN, from_file, pictures
from yolov10.prediction.video import Video


def listed(sources: Iterable[str], max_pixels: int) -> Iterator[Picture | RowGroup]:
    """Every picture of the sources, in the order of `predict`; a table of picture files as its row groups.

    sources: as `pictures` takes them, `.parquet` files, and addresses of fsspec ("s3://bucket/folder") of a
    picture, folder, glob, list or table. Raises UserError naming a source that cannot be listed.
    """
    for source in sources:
        if source == STDIN:
            raise UserError("a picture on standard input is for one machine: leave --engine ray out for it")
        for entry in _entries(source, max_pixels):
            if _suffix(entry.source) == TABLE:
                yield from map(_still, _of_table(entry.source, max_pixels))
            else:
                yield _still(entry)


def _entries(source: str, max_pixels: int) -> Iterator[Entry]:
    """What a source leads to: pictures, videos, and tables, as if these were pictures."""
    is_list = _suffix(source) == LIST
    if is_address(source):
        for address in addresses_below(source, PICTURES | {LIST, TABLE}):
            if is_list and address == source:
                yield from (_entry(path, max_pixels) for path in paths_at(source))
            else:
                yield picture_at(address, max_pixels)
    elif is_list and os.path.isfile(source):  # noqa: PTH113 - never raises
        yield from (_entry(path, max_pixels) for path in paths_in(Path(source)))
    else:
        yield from pictures([source], max_pixels)


def _of_table(table: str, max_pixels: int) -> Iterator[Entry | RowGroup]:
    """A table's row groups, or what the paths and addresses in it are of."""
    for content in contents_of(table):
        yield _entry(content, max_pixels) if isinstance(content, str) else content


def _entry(path: str, max_pixels: int) -> Entry:
    return picture_at(path, max_pixels) if is_address(path) else from_file(path, max_pixels)


def _still(entry: Entry | RowGroup) -> Picture | RowGroup:
    """The entry, if it is no video."""
    if isinstance(entry, Video):
        raise UserError(f"{entry.source}: videos are for one machine: leave --engine ray out for them")
    return entry


def _suffix(source: str) -> str:
    inner = source.partition("::")[0] if "://" in source else source
    return PurePath(inner).suffix.lower()
