"""Checkpoints of other programs → weights, with a report of what became of every key (spec chapter 8).

Nothing in a checkpoint is executed: `checkpoint.py` takes a `.pt` file apart as data. Here the pieces are
recognised as a YOLOv10 of some scale, class count and form, by their names and shapes alone.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yolov10.architecture import REG_MAX, SCALES
from yolov10.classes import default_names
from yolov10.errors import UserError
from yolov10.model_card import ModelCard
from yolov10.model_names import fetched
from yolov10.weights.checkpoint import read_checkpoint
from yolov10.weights.contents import Contents
from yolov10.weights.hugging_face import read_bare, read_hugging_face
from yolov10.weights.native import COUNTER, NOT_FINITE, Weights, is_native, read_native

UNKNOWN_LICENSE = "not stated in the file: ask whoever made it"
EXPORTED = (".onnx", ".xml")
WEIGHT_TYPES = ("float16", "float32", "float64")


@dataclass(frozen=True, eq=False)
class Import:
    """What was read from a foreign checkpoint, and what became of it."""

    weights: Weights
    mapped: Mapping[str, str]
    """Name in the file → published name, of every tensor taken."""
    missing: tuple[str, ...]
    """Published names that the file lacks and that have but one value: counters, the DFL's constants."""
    unexpected: tuple[str, ...]
    """Names in the file that were not taken, among them the training head of a fused file."""
    written_by: str
    """Program and version that wrote the file, as far as it says."""


def read_foreign(path: str | os.PathLike[str]) -> Import:
    """Read a `.pt` file, a Hugging Face folder or a `.safetensors`, of which a native one keeps its card.

    Raises UserError naming the file and why it is not a YOLOv10 checkpoint that can be used.
    """
    path = Path(path)
    if not path.exists():
        raise UserError(f"{path}: no such file or folder{fetched(path)}")
    if path.suffix in EXPORTED:
        raise UserError(f"{path} is an exported model: it has no weights to import; predict runs it as it is")
    weights_file = path / "model.safetensors" if path.is_dir() else path
    if is_native(weights_file):
        return _native(weights_file)
    try:
        if path.is_dir():
            contents = read_hugging_face(path)
        elif path.suffix == ".safetensors":
            contents = read_bare(path)
        else:
            contents = read_checkpoint(path)
        return _recognise(contents, path.name)
    except UserError as fault:
        raise fault if str(path) in str(fault) else UserError(f"{path}: {fault}") from None


def _native(path: Path) -> Import:
    """A file of this program: all of it is taken, its card too."""
    weights = read_native(path)
    return Import(
        weights, {name: name for name in weights.tensors}, missing=(), unexpected=(), written_by="yolov10"
    )


def _recognise(contents: Contents, file_name: str) -> Import:
    """Match every tensor with the entries of the network that the tensors themselves give away (spec 8.4)."""
    own_names = {_published(own): own for own in contents.tensors}
    found = {name: contents.tensors[own] for name, own in own_names.items()}
    scale, num_classes = _scale(found), _num_classes(found)
    if contents.scale not in (None, scale):
        raise UserError(f"says it is scale {contents.scale}, but holds the tensors of scale {scale}")
    fused = "model.0.bn.weight" not in found
    one2many = not fused and "model.23.cv3.0.2.weight" in found
    training = {"imported_from": file_name, "written_by": contents.written_by, **contents.training}
    card = ModelCard(
        scale,
        _class_names(contents.names, num_classes),
        image_size=contents.image_size,
        license=contents.license or UNKNOWN_LICENSE,
        training=json.dumps(training),
    )
    expected = Weights({}, card, fused=fused, one2many=one2many).expected()
    constants = {name: _constant(name) for name in expected if name not in found}
    entries = {name: found.get(name, constants.get(name)) for name in expected}
    try:
        tensors = _checked(entries, expected, scale)
    except UserError as fault:
        if num_classes not in DECLARED_WIDTHS:
            raise
        quirk = f"other programs leave layers that are to be {num_classes} wide so, which is not read"
        raise UserError(f"{fault}; of {num_classes} classes, {quirk} (docs/troubleshooting.md)") from None
    return Import(
        Weights(tensors, card, fused=fused, one2many=one2many),
        mapped={own_names[name]: name for name in expected if name in found},
        missing=tuple(constants),
        unexpected=tuple(own for name, own in own_names.items() if name not in expected),
        written_by=contents.written_by,
    )


DECLARED_WIDTHS = (64, 128, 256, 512, 1024)
"""Of layers, before the scale makes them narrower: a network of as many classes may keep them (spec 1.11)."""


def _published(name: str) -> str:
    """The published name of a tensor: wrappers (`module.`, a second `model.`) taken off (spec 8.3)."""
    name = name.removeprefix("module.")
    return name.removeprefix("model.") if name.startswith("model.model.") else name


def _scale(found: Mapping[str, NDArray[Any]]) -> str:
    """By the stem's width; b and l share it and differ in the repeats of layer 2 (spec 8.4)."""
    stem = found.get("model.0.conv.weight")
    if stem is None or "model.23.one2one_cv3.0.2.bias" not in found:
        raise UserError("not a YOLOv10 network: it has no one-to-one head (is it another YOLO version?)")
    width = stem.shape[0] if stem.ndim else 0
    if width == SCALES["b"].channels(64):
        return "l" if "model.2.m.2.cv1.conv.weight" in found else "b"
    for scale in SCALES.values():
        if scale.channels(64) == width:
            return scale.name
    raise UserError(f"not a YOLOv10 scale: its first layer has {width} channels")


def _num_classes(found: Mapping[str, NDArray[Any]]) -> int:
    bias = found["model.23.one2one_cv3.0.2.bias"]
    if bias.ndim != 1 or bias.size < 1:
        raise UserError(f"not a YOLOv10 network: its class bias has shape {list(bias.shape)}")
    return int(bias.size)


def _class_names(names: tuple[str, ...] | None, num_classes: int) -> tuple[str, ...]:
    if names is None:
        return default_names(num_classes)
    if len(names) != num_classes:
        raise UserError(f"names {len(names)} classes, but its head has {num_classes}")
    return names


def _constant(name: str) -> NDArray[Any] | None:
    """The value of an entry that is the same in every YOLOv10 network, or None."""
    if name.endswith("num_batches_tracked"):
        return np.zeros((), np.int64)
    if name.endswith("dfl.conv.weight"):
        return np.arange(REG_MAX, dtype=np.float32).reshape(1, REG_MAX, 1, 1)
    return None


def _checked(
    entries: Mapping[str, NDArray[Any] | None], expected: Mapping[str, tuple[int, ...]], scale: str
) -> dict[str, NDArray[Any]]:
    """The entries, when every one is there, of its shape, of a weight's type and finite."""
    absent = [name for name, value in entries.items() if value is None]
    if absent:
        raise UserError(
            f"lacks {len(absent)} of the {len(entries)} tensors of YOLOv10-{scale}: {_some(absent)}"
        )
    whole = {name: value for name, value in entries.items() if value is not None}
    if odd := [name for name, value in whole.items() if value.shape != expected[name]]:
        name = odd[0]
        raise UserError(
            f"has {len(odd)} tensors of other shapes than YOLOv10-{scale}, the first being {name}: "
            f"{list(whole[name].shape)}, not {list(expected[name])}"
        )
    for name, value in whole.items():
        counter = name.endswith(COUNTER)
        if not counter and value.dtype.name not in WEIGHT_TYPES:
            raise UserError(f"stores {name} as {value.dtype.name}, which is no weight")
        if not np.isfinite(value).all():
            raise UserError(NOT_FINITE.format(name))
    return whole


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
