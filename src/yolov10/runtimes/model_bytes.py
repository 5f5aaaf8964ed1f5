"""Whether a file looks like an ONNX or OpenVINO model, told from a few of its bytes.

OpenVINO prints native lines for a file it does not recognise, so such files must not reach it.
"""

import os
import re
from pathlib import Path
from typing import BinaryIO

from yolov10.errors import UserError

EXTERNAL_TENSOR = b"\x0a\x08location"
"""The key, in an ONNX file, of a tensor that lies in a file beside it."""


def check_begins_and_ends(path: str | os.PathLike[str]) -> None:
    """Raise UserError, naming the file, unless it is whole ONNX or, by its suffix, OpenVINO's `.xml`."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            whole = _is_openvino(file, size) if path.suffix == ".xml" else _is_onnx(file, size)
    except OSError as fault:
        raise UserError(f"{path}: {fault.strerror}") from None
    if not whole:
        kind = "OpenVINO model" if path.suffix == ".xml" else "ONNX file"
        raise UserError(f"{path}: not an {kind}, or a truncated one: copy or export it again")


def _is_openvino(file: BinaryIO, size: int) -> bool:
    """An XML document with the root element `net`, closed at the end."""
    begins = file.read(4096)
    file.seek(max(0, size - 256))
    return bool(_NET.match(begins)) and file.read().rstrip().endswith(b"</net>")


_NET = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<[?!][^>]*>\s*)*<net\s")


def _is_onnx(file: BinaryIO, size: int) -> bool:
    """A protobuf message: `ir_version` comes first, a graph is there, the fields fill the file exactly."""
    if file.read(1) != b"\x08":
        return False
    file.seek(0)
    fields = set()
    while file.tell() < size:
        key = _varint(file)
        field, kind = key >> 3, key & 7
        fields.add(field)
        if kind == _VARINT:
            _varint(file)
        elif kind in _FIXED:
            file.seek(_FIXED[kind], os.SEEK_CUR)
        elif kind == _BYTES:
            file.seek(min(_varint(file), size + 1), os.SEEK_CUR)  # past the end is as good as far past it
        else:
            return False
    return file.tell() == size and _GRAPH in fields


_GRAPH = 7  # of ModelProto in onnx.proto; its field 1 is the `ir_version`
_VARINT, _BYTES = 0, 2  # wire types of the protobuf encoding
_FIXED = {1: 8, 5: 4}


def _varint(file: BinaryIO) -> int:
    """Seven bits a byte, lowest first; ends at the end of the file at the latest, or after ten bytes."""
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            break
        value |= (byte[0] & 127) << shift
        if byte[0] < 128:
            break
    return value
