"""Parquet tables of pictures: the bytes of picture files in a column, or their paths."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yolov10 import images
from yolov10.cluster.addresses import open_file
from yolov10.errors import UserError
from yolov10.prediction.picture import Picture

if TYPE_CHECKING:
    import pyarrow

TABLE = ".parquet"
NAMES = ("image", "bytes", "picture", "path", "file", "url", "source")
"""Columns that may hold pictures, the likeliest first."""
READ_AT_ONCE = 32
"""Rows that are in memory together."""


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


def contents_of(table: str) -> Iterator[str | RowGroup]:
    """What a table holds: its row groups of picture files, else a path or address a row.

    Raises UserError naming a table that cannot be read, or has no column of pictures.
    """
    with _opened(table) as (file, parquet):
        column, embedded = _column(table, parquet.schema_arrow)
        if not embedded:
            for batch in parquet.iter_batches(columns=[column]):
                yield from filter(None, batch.column(0).to_pylist())
            return
        file.seek(0, os.SEEK_END)
        size, first = file.tell(), 0
        for index in range(parquet.num_row_groups):
            rows = parquet.metadata.row_group(index).num_rows
            yield RowGroup(table, column, index, first, rows, size)
            first += rows


def pictures_of(group: RowGroup, max_pixels: int) -> Iterator[Picture]:
    """The pictures of a row group, called FILE#ROW. Raises UserError where the table is damaged."""
    with _opened(group.table) as (_, parquet):
        batches = parquet.iter_batches(
            batch_size=READ_AT_ONCE, row_groups=[group.index], columns=[group.column]
        )
        values = itertools.chain.from_iterable(batch.column(0).to_pylist() for batch in batches)
        for row, value in enumerate(values, group.first):
            name = f"{group.table}#{row}"
            data = value["bytes"] if isinstance(value, dict) else value
            yield Picture(name, partial(_open_row, data, name, max_pixels), Path(f"{row}.jpg"))


def _open_row(data: bytes | None, name: str, max_pixels: int) -> images.Encoded:
    if data is None:
        raise UserError(f"{name}: no picture in this row")
    return images.open_bytes(data, name=name, max_pixels=max_pixels)


@contextmanager
def _opened(table: str) -> Iterator[tuple[Any, Any]]:
    """A table's file and the reader of it, whose faults become UserErrors that name the table."""
    import pyarrow
    from pyarrow import parquet

    with open_file(table) as file:
        try:
            yield file, parquet.ParquetFile(file)
        except (pyarrow.ArrowException, OSError, ValueError) as fault:  # the last: text that is no UTF-8
            reason = (str(fault).splitlines() or [type(fault).__name__])[0][:120]
            raise UserError(
                f"{table}: not a Parquet file, or a damaged one ({reason}): copy it again or leave it out"
            ) from None


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
