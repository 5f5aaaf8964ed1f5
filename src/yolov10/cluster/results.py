"""All results in one file, JSON lines or Parquet, in the record form of `predict` (contract, section 2)."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from yolov10.errors import WrongValueError
from yolov10.files import replacing

Entry = dict[str, Any]
Lines = Iterable[bytes]


def entries_of(lines: bytes) -> list[Entry]:
    """The records of a part."""
    return [json.loads(line) for line in lines.splitlines()]


def write_jsonl(path: Path, parts: Lines) -> None:
    """One record a line."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.writelines(parts)


def write_parquet(path: Path, parts: Lines) -> None:
    """One record a row, as `SCHEMA` says; `error` is null but for pictures that could not be read."""
    import pyarrow
    from pyarrow import parquet

    found = pyarrow.struct(
        {
            "class": pyarrow.int32(),
            "name": pyarrow.string(),
            "confidence": pyarrow.float64(),
            "box": pyarrow.list_(pyarrow.float64()),
        }
    )
    schema = pyarrow.schema(
        {
            "source": pyarrow.string(),
            "frame": pyarrow.int64(),
            "width": pyarrow.int32(),
            "height": pyarrow.int32(),
            "detections": pyarrow.list_(found),
            "error": pyarrow.string(),
        }
    )
    with replacing(path) as temporary, parquet.ParquetWriter(temporary, schema) as writer:
        for rows in _gathered(parts):
            writer.write_table(pyarrow.Table.from_pylist(rows, schema))


FORMS: dict[str, Callable[[Path, Lines], None]] = {".jsonl": write_jsonl, ".parquet": write_parquet}
"""How results are written, by the suffix of their file."""
ROWS = 10_000
"""Of a row group."""


def form_of(path: Path | None) -> tuple[Path, Callable[[Path, Lines], None]]:
    """Where results go and how they are written. Raises WrongValueError for a name that is of no form."""
    if path is None or path.suffix not in FORMS:
        given = "" if path is None else f", not {path.name}"
        raise WrongValueError(f"--engine ray needs --save-to with a name in .parquet or .jsonl{given}")
    return path, FORMS[path.suffix]


def _gathered(parts: Lines) -> Iterable[list[Entry]]:
    """Records by the row group."""
    rows: list[Entry] = []
    for lines in parts:
        rows += map(_storable, entries_of(lines))
        if len(rows) >= ROWS:
            yield rows
            rows = []
    yield rows


def _storable(entry: Entry) -> Entry:
    r"""A record whose name is Unicode: a byte of a file's name that is none becomes `\udcff`, spelled out."""
    return entry | {name: _spelled(entry[name]) for name in ("source", "error") if name in entry}


def _spelled(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
