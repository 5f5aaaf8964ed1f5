"""The history as TensorBoard reads it: files of event records, written without its help.

A record is its length, the bytes, and a checksum of each; the bytes are a protocol buffer with a time, a step
and named numbers. Every session of a run has a file of its own, to which an epoch adds a record; TensorBoard
passes over one that a kill cut short.
"""

import os
import struct
import time
from collections.abc import Mapping
from pathlib import Path

from yolov10.errors import UserError

FOLDER = "tensorboard"
VERSION = "brain.Event:2"

TAGS = {
    "images_per_second": "speed/images_per_second",
    "learning_rate": "learning_rate",
    **{f"{name}_{head}": f"loss/{name}_{head}" for head in ("om", "oo") for name in ("box", "cls", "dfl")},
    **{
        name: f"validation/{name}"
        for name in ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR100")
    },
}
"""Columns of the history and what they are called there."""


class Events:
    """An event file of this session in a run folder."""

    def __init__(self, run: Path) -> None:
        """Begin the file. Raises UserError when it cannot be written."""
        self.path = run / FOLDER / f"events.out.tfevents.{time.time_ns() // 10**9}.yolov10.{os.getpid()}.0"
        self._append(_number(1, time.time()) + _text(3, VERSION))

    def add(self, row: Mapping[str, float | None]) -> None:
        """Add the row of an epoch; what it lacks is left out. Raises UserError when it cannot be written."""
        values = {tag: row[name] for name, tag in TAGS.items()}
        summary = b"".join(
            _bytes(1, _text(1, tag) + _number(2, value, "f"))
            for tag, value in values.items()
            if value is not None
        )
        self._append(_number(1, time.time()) + _count(2, round(row["epoch"] or 0)) + _bytes(5, summary))

    def _append(self, event: bytes) -> None:
        """Add a record: the file is never read, and so never rewritten."""
        length = struct.pack("<Q", len(event))
        record = length + _checksum(length) + event + _checksum(event)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.write(record)
        except OSError as fault:
            raise UserError(f"cannot write {self.path}: {fault.strerror}") from None


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    more, low = divmod(value, 128)
    return bytes([low | 128]) + _varint(more) if more else bytes([low])


def _count(field: int, value: int) -> bytes:
    """A field of type int64, not negative."""
    return _varint(field << 3) + _varint(value)


def _number(field: int, value: float, kind: str = "d") -> bytes:
    """A field of type double, or float where `kind` is "f"."""
    return _varint(field << 3 | (1 if kind == "d" else 5)) + struct.pack(f"<{kind}", value)


def _bytes(field: int, value: bytes) -> bytes:
    """A field of type bytes, or a message in it."""
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    """A field of type string."""
    return _bytes(field, value.encode())


def _checksum(data: bytes) -> bytes:
    """CRC-32C, turned and shifted as these files want it."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    register ^= 0xFFFFFFFF
    return struct.pack("<I", ((register >> 15 | register << 17) + 0xA282EAD8) & 0xFFFFFFFF)
