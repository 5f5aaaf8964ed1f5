"""The ONNX file format, as far as a detector needs it: the messages of onnx.proto as protobuf bytes.

A message is its fields one after another, each a key (number and wire type) and a value. Fields are written
in the order of their numbers, which are those of onnx.proto.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

OPSET = 17
"""Old enough for runtimes of 2022, new enough for a `Shape` with a start (15)."""
IR_VERSION = 8

Attribute = int | float | str | Sequence[int]
Side = int | str
"""Side of a tensor: a number, or the name of one that is free."""

DATA_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7, "bool": 9, "float16": 10}
"""TensorProto.DataType by NumPy's name."""


def model(graph: bytes, metadata: Mapping[str, str], producer: str, version: str) -> bytes:
    """ModelProto: a whole file."""
    entries = (_text(1, key) + _text(2, value) for key, value in metadata.items())
    return b"".join(
        [
            _number(1, IR_VERSION),
            _text(2, producer),
            _text(3, version),
            _bytes(7, graph),
            _bytes(8, _text(1, "") + _number(2, OPSET)),
            *(_bytes(14, entry) for entry in entries),
        ]
    )


def graph(
    name: str,
    nodes: Iterable[bytes],
    tensors: Mapping[str, NDArray[Any]],
    inputs: Iterable[bytes],
    outputs: Iterable[bytes],
) -> bytes:
    """GraphProto: nodes in an order in which they can run, and the tensors that are known beforehand."""
    return b"".join(
        [
            *(_bytes(1, node) for node in nodes),
            _text(2, name),
            *(_bytes(5, _tensor(key, values)) for key, values in tensors.items()),
            *(_bytes(11, value) for value in inputs),
            *(_bytes(12, value) for value in outputs),
        ]
    )


def node(
    kind: str, inputs: Sequence[str], outputs: Sequence[str], name: str, attributes: Mapping[str, Attribute]
) -> bytes:
    """NodeProto: one operator."""
    return b"".join(
        [
            *(_text(1, value) for value in inputs),
            *(_text(2, value) for value in outputs),
            _text(3, name),
            _text(4, kind),
            *(_bytes(5, _attribute(key, value)) for key, value in attributes.items()),
        ]
    )


def value(name: str, dtype: str, shape: Sequence[Side]) -> bytes:
    """ValueInfoProto: name, type and shape of an input or output."""
    sides = (_text(2, side) if isinstance(side, str) else _number(1, side) for side in shape)
    tensor = _number(1, DATA_TYPES[dtype]) + _bytes(2, b"".join(_bytes(1, side) for side in sides))
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def _tensor(name: str, values: NDArray[Any]) -> bytes:
    """TensorProto: dims, type, name, and the numbers little-endian in row-major order."""
    raw = np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()
    dims = b"".join(_number(1, side) for side in values.shape)
    return dims + _number(2, DATA_TYPES[values.dtype.name]) + _text(8, name) + _bytes(9, raw)


_FLOAT, _INT, _STRING, _INTS = 1, 2, 3, 7  # AttributeProto.AttributeType


def _attribute(name: str, value: Attribute) -> bytes:
    match value:
        case float():
            return _text(1, name) + _key(2, 5) + struct.pack("<f", value) + _number(20, _FLOAT)
        case int():
            return _text(1, name) + _number(3, value) + _number(20, _INT)
        case str():
            return _text(1, name) + _text(4, value) + _number(20, _STRING)
        case _:
            return _text(1, name) + b"".join(_number(8, one) for one in value) + _number(20, _INTS)


def _number(field: int, value: int) -> bytes:
    return _key(field, 0) + _varint(value & 0xFFFF_FFFF_FFFF_FFFF)


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return _key(field, 2) + _varint(len(value)) + value


def _key(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _varint(value: int) -> bytes:
    """Seven bits a byte, lowest first; all but the last byte have their high bit set."""
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    parts.append(value)
    return bytes(parts)
