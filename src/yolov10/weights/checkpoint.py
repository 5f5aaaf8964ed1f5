"""PyTorch `.pt` files of the authors' release and of later programs, taken apart as data (spec 8.1)."""

import os
from collections.abc import Iterator
from typing import Any

from yolov10.errors import UserError
from yolov10.weights.archive import open_archive
from yolov10.weights.contents import Contents, class_names, image_size, one_line, plain_values
from yolov10.weights.inert_values import Stub
from yolov10.weights.pickle_reader import read_pickle
from yolov10.weights.tensor_ref import TensorRef, tensor

MAX_DEPTH = 32
"""Modules inside modules: YOLOv10 has eight. Bounds a module tree that contains itself."""
MAX_MODULES = 20_000
"""Bounds a tree that reaches the same module by many ways; scale x has under a thousand."""


def read_checkpoint(path: str | os.PathLike[str]) -> Contents:
    """The tensors of a checkpoint's network (its EMA where there is one), and what it says of itself.

    Raises UserError: not a checkpoint, unsafe, or without a network.
    """
    with open_archive(path) as archive:
        top = read_pickle(archive.pickle())
        network = _network(top)
        tensors = {name: tensor(archive, ref) for name, ref in _tensors(network)}
    facts = top if isinstance(top, dict) and network is not top else {}
    described = _state(network) if isinstance(network, Stub) else {}
    options = facts.get("train_args")
    return Contents(
        tensors,
        names=class_names(described.get("names", facts.get("names"))),
        scale=_scale(described.get("yaml")),
        image_size=image_size(options.get("imgsz") if isinstance(options, dict) else None),
        license=one_line(facts.get("license")),
        written_by=_written_by(network, one_line(facts.get("version"))),
        training=_training(facts),
    )


def _network(top: object) -> Stub | dict[Any, Any]:
    """The module object or state dict inside the file: `ema` where there is one, else `model`."""
    if isinstance(top, Stub):
        return top
    if not isinstance(top, dict):
        raise UserError(f"holds a {type(top).__name__}, not a checkpoint")
    for key in ("ema", "model", "state_dict", "model_state_dict"):
        if isinstance(found := top.get(key), Stub | dict) and found:
            return found
    if any(isinstance(value, TensorRef) for value in top.values()):
        return top
    raise UserError("holds no network: neither 'ema' nor 'model' is there")


def _tensors(network: Stub | dict[Any, Any]) -> Iterator[tuple[str, TensorRef]]:
    if isinstance(network, Stub):
        yield from _walk(network)
        return
    for name, value in network.items():
        if isinstance(name, str) and isinstance(value, TensorRef):
            yield name, value


def _walk(root: Stub) -> Iterator[tuple[str, TensorRef]]:
    """State-dict names and tensors of a module tree, in its own order."""
    pending = [("", root)]
    seen = 0
    while pending:
        prefix, module = pending.pop()
        seen += 1
        if seen > MAX_MODULES or prefix.count(".") > MAX_DEPTH:
            raise UserError("its module tree is not a network's: too deep, too large, or it contains itself")
        state = _state(module)
        transient = state.get("_non_persistent_buffers_set") or set()
        for kind in ("_parameters", "_buffers"):
            for name, value in _entries(state, kind):
                if isinstance(value, TensorRef) and name not in transient:
                    yield prefix + name, value
        children = [(f"{prefix}{name}.", child) for name, child in _entries(state, "_modules")]
        pending.extend((name, child) for name, child in reversed(children) if isinstance(child, Stub))


def _state(module: Stub) -> dict[Any, Any]:
    return module.state if isinstance(module.state, dict) else {}


def _entries(state: dict[Any, Any], kind: str) -> list[tuple[str, object]]:
    entries = state.get(kind)
    if not isinstance(entries, dict):
        return []
    return [(name, value) for name, value in entries.items() if isinstance(name, str)]


def _scale(yaml: object) -> str | None:
    """The scale letter that the model's own description gives."""
    letter = yaml.get("scale") if isinstance(yaml, dict) else None
    return letter if isinstance(letter, str) and letter else None


def _written_by(network: Stub | dict[Any, Any], version: str) -> str:
    program = network.module.partition(".")[0] if isinstance(network, Stub) else ""
    return f"{program} {version}".strip()


def _training(facts: dict[Any, Any]) -> dict[str, Any]:
    """Options, date and figures of the training, as far as they are plain values."""
    said = {
        "date": one_line(facts.get("date")),
        "options": plain_values(facts.get("train_args")),
        "metrics": plain_values(facts.get("train_metrics")),
    }
    return {key: value for key, value in said.items() if value}
