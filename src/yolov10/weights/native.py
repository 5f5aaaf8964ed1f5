"""The native format: one `.safetensors` file, published state-dict names, facts in its metadata.

Read and written as NumPy arrays, without torch (contract, section 4).
"""

import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import yolov10
from yolov10.convolutions import state_entries
from yolov10.errors import UserError
from yolov10.files import write_atomic
from yolov10.model_card import ModelCard

Tensors = dict[str, NDArray[Any]]
FORMAT = "yolov10"
DTYPES = {"float16", "float32", "float64"}
COUNTER = "num_batches_tracked"
"""Ends the names of batch-norm's counters, which are int64."""
NOT_FINITE = "has values in {} that are not finite: the training diverged"
"""Why a file is refused, native or foreign."""


@dataclass(frozen=True, eq=False)
class Weights:
    """A network as data: its tensors by published name, and what is known about it."""

    tensors: Tensors
    card: ModelCard
    fused: bool
    one2many: bool
    """Whether the training head is there."""

    def expected(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every entry that a network of this kind has."""
        return state_entries(self.card.scale, len(self.card.names), fused=self.fused, one2many=self.one2many)


def read_native(path: str | os.PathLike[str]) -> Weights:
    """Weights of a native file, every name and shape checked.

    Raises UserError naming the file: not safetensors, not ours, or entries missing or misshapen.
    """
    tensors, metadata = read_safetensors(path)
    if metadata.get("format") != FORMAT:
        raise UserError(
            f"{path}: not a file of this program; if it is a YOLOv10 checkpoint: yolov10 import {path}"
        )
    try:
        card = ModelCard.from_native(metadata)
    except UserError as fault:
        raise UserError(f"{path}: {fault}") from None
    weights = Weights(
        tensors,
        card,
        fused=metadata.get("fused") == "true",
        one2many=metadata.get("heads") == "both" and metadata.get("fused") != "true",
    )
    _check_entries(path, weights)
    for name, values in weights.tensors.items():
        if not np.isfinite(values).all():
            raise UserError(f"{path} {NOT_FINITE.format(name)}")
    return weights


def is_native(path: str | os.PathLike[str]) -> bool:
    """Whether the file is safetensors with our metadata, judged by its header alone."""
    from safetensors import SafetensorError, safe_open

    if Path(path).suffix != ".safetensors" or not Path(path).is_file():
        return False
    try:
        with safe_open(path, framework="numpy") as file:
            return (file.metadata() or {}).get("format") == FORMAT
    except (SafetensorError, OSError):
        return True  # let reading it say what is wrong


def write_native(path: str | os.PathLike[str], weights: Weights) -> Path:
    """Write weights to `path`, whole or not at all.

    Raises UserError: the tensors are not those of the card's network, or the file cannot be written.
    """
    from safetensors.numpy import save

    _check_entries(path, weights)
    metadata = weights.card.to_native() | {
        "format": FORMAT,
        "version": yolov10.__version__,
        "heads": "both" if weights.one2many else "one2one",
        "fused": "true" if weights.fused else "false",
    }
    return write_atomic(path, save(weights.tensors, metadata))


def read_safetensors(path: str | os.PathLike[str]) -> tuple[Tensors, Mapping[str, str]]:
    """Tensors and metadata of any safetensors file. Raises UserError naming the file."""
    from safetensors import SafetensorError, safe_open

    try:
        Path(path).open("rb").close()  # safetensors calls everything it cannot open missing
    except (OSError, ValueError) as fault:
        raise UserError(f"{path}: {(getattr(fault, 'strerror', None) or str(fault)).lower()}") from None
    try:
        with safe_open(path, framework="numpy") as file:
            tensors = {key: _tensor(file, key, path) for key in file.keys()}  # noqa: SIM118 - no mapping
            return tensors, file.metadata() or {}
    except AttributeError:  # NumPy has no such type
        raise UserError(f"{path}: holds numbers of a type that is not read: save it as float32") from None
    except (SafetensorError, OSError, TypeError, ValueError, struct.error) as fault:
        raise UserError(
            f"{path}: not a readable safetensors file ({_first_line(fault)}): copy or make it again"
        ) from None


def _tensor(file: Any, key: str, path: str | os.PathLike[str]) -> NDArray[Any]:  # noqa: ANN401 - an open file
    """A tensor; one of bfloat16, which NumPy does not have, as float32."""
    if file.get_slice(key).get_dtype() != "BF16":
        tensor: NDArray[Any] = file.get_tensor(key)  # TypeError for other types that NumPy does not have
        return tensor
    with Path(path).open("rb") as raw:
        (length,) = struct.unpack("<Q", raw.read(8))
        entry = json.loads(raw.read(length))[key]
        begin, end = entry["data_offsets"]
        raw.seek(8 + length + begin)
        halves = np.frombuffer(raw.read(end - begin), "<u2")
    widened: NDArray[Any] = (halves.astype(np.uint32) << 16).view(np.float32)
    return widened.reshape(entry["shape"])


def _check_entries(path: str | os.PathLike[str], weights: Weights) -> None:
    expected = weights.expected()
    found = {name: tensor.shape for name, tensor in weights.tensors.items()}
    if wrong := [name for name in expected | found if expected.get(name) != found.get(name)]:
        name = wrong[0]
        raise UserError(
            f"{path}: {len(wrong)} entries do not fit YOLOv10-{weights.card.scale}, the first being {name}: "
            f"{_describe(found.get(name))}, expected {_describe(expected.get(name))}"
        )
    kinds = {
        str(tensor.dtype)
        for name, tensor in weights.tensors.items()
        if not (name.endswith(COUNTER) and tensor.dtype == np.int64)
    }
    if odd := kinds - DTYPES:
        raise UserError(f"{path}: entries of type {', '.join(sorted(odd))} are not weights")


def _describe(shape: tuple[int, ...] | None) -> str:
    return "none" if shape is None else str(list(shape))


def _first_line(fault: Exception) -> str:
    return (str(fault).splitlines() or ["no reason given"])[0][:120]
