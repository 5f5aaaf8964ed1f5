"""Synthetic twins of real checkpoints: what the authors' release and later programs write, made without them.

Python's own pickler writes the file; classes and functions of other programs are written by name only, so
nothing of theirs has to exist. Attributes, order and opcodes follow the real files in ../shared/checkpoints.
"""

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


# ---- values that the pickler below writes in its own way; each is written once and then referred to


@dataclass(frozen=True, eq=False)
class Name:
    """A class or function of another program."""

    module: str
    name: str

    def __call__(self, *args: object, state: object = None) -> "Call":
        return Call(self, args, state)


@dataclass(frozen=True, eq=False)
class Call:
    """A function called with arguments, and the state then set."""

    function: Name
    args: tuple[object, ...]
    state: object = None


@dataclass(frozen=True, eq=False)
class Object:
    """An object of a class, with its attributes."""

    cls: Name
    state: dict[str, object]


@dataclass(frozen=True, eq=False)
class Blob:
    """A storage: the elements of a tensor as they lie in the file."""

    tag: Name
    elements: Array


ORDERED_DICT = Name("collections", "OrderedDict")
REBUILD_TENSOR = Name("torch._utils", "_rebuild_tensor_v2")
REBUILD_PARAMETER = Name("torch._utils", "_rebuild_parameter")
DEVICE = Name("torch", "device")
SIZE = Name("torch", "Size")
NUMPY_DTYPE = Name("numpy", "dtype")
OPTIONS = Name("ultralytics.utils", "IterableSimpleNamespace")
STORAGE_TAGS = {
    "float64": Name("torch", "DoubleStorage"),
    "float32": Name("torch", "FloatStorage"),
    "float16": Name("torch", "HalfStorage"),
    "bfloat16": Name("torch", "BFloat16Storage"),
    "int64": Name("torch", "LongStorage"),
    "int32": Name("torch", "IntStorage"),
    "int16": Name("torch", "ShortStorage"),
    "int8": Name("torch", "CharStorage"),
    "uint8": Name("torch", "ByteStorage"),
    "bool": Name("torch", "BoolStorage"),
}
_CLASSES = {
    name: Name(module, name)
    for module, name in (
        ("ultralytics.nn.tasks", "YOLOv10DetectionModel"),
        ("ultralytics.nn.tasks", "DetectionModel"),
        ("ultralytics.nn.modules.conv", "Conv"),
        ("ultralytics.nn.modules.block", "C2f"),
        ("ultralytics.nn.modules.head", "v10Detect"),
        ("ultralytics.utils.loss", "v10DetectLoss"),
        ("ultralytics.utils.loss", "v8DetectionLoss"),
        ("torch.nn.modules.loss", "BCEWithLogitsLoss"),
        ("torch.nn.modules.container", "Sequential"),
        ("torch.nn.modules.container", "ModuleList"),
        ("torch.nn.modules.conv", "Conv2d"),
        ("torch.nn.modules.batchnorm", "BatchNorm2d"),
    )
}
_BUFFERS = ("running_mean", "running_var", "num_batches_tracked")


class _Pickler(pickle._Pickler):  # the one in Python: its `save` can be taught new types
    """Python's pickler, and the four values above."""

    def __init__(self, file: io.BytesIO, protocol: int) -> None:
        super().__init__(file, protocol)
        self.keys: dict[Blob, str] = {}
        self.dispatch = {
            **pickle._Pickler.dispatch,
            Name: _Pickler.save_name,
            Call: _Pickler.save_call,
            Object: _Pickler.save_object,
        }

    def persistent_id(self, value: object) -> object:
        if not isinstance(value, Blob):
            return None
        key = self.keys.setdefault(value, str(len(self.keys)))
        return ("storage", value.tag, key, "cpu", value.elements.size)

    def save_name(self, value: Name) -> None:
        if self.proto >= 4:
            self.save(value.module)
            self.save(value.name)
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(pickle.GLOBAL + f"{value.module}\n{value.name}\n".encode())
        self.memoize(value)

    def save_call(self, value: Call) -> None:
        self.save(value.function)
        self.save(value.args)
        self.write(pickle.REDUCE)
        self.memoize(value)
        if value.state is not None:
            self.save(value.state)
            self.write(pickle.BUILD)

    def save_object(self, value: Object) -> None:
        self.save(value.cls)
        self.save(())
        self.write(pickle.NEWOBJ)
        self.memoize(value)
        self.save(value.state)
        self.write(pickle.BUILD)


def save(path: Path, value: object, *, protocol: int = 2, top: str = "best") -> Path:
    """Write `value` as `torch.save` would: the pickle and the storages it refers to, in one zip."""
    file = io.BytesIO()
    pickler = _Pickler(file, protocol)
    pickler.dump(value)
    storages = {key: blob.elements.tobytes() for blob, key in pickler.keys.items()}
    path.write_bytes(archive_bytes(file.getvalue(), storages, top=top))
    return path


def archive_bytes(
    pickled: bytes,
    storages: Mapping[str, bytes] | None = None,
    *,
    top: str = "best",
    byteorder: bytes | None = b"little",
    more: Mapping[str, bytes] | None = None,
) -> bytes:
    """The bytes of a `.pt` file; `more` are entries beside the usual ones, by their whole names."""
    entries = {f"{top}/data.pkl": pickled, f"{top}/.format_version": b"1", f"{top}/.storage_alignment": b"64"}
    if byteorder is not None:
        entries[f"{top}/byteorder"] = byteorder
    entries |= {f"{top}/data/{key}": data for key, data in (storages or {}).items()}
    entries |= {f"{top}/version": b"3\n", f"{top}/.data/serialization_id": b"0" * 40, **(more or {})}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in entries.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return file.getvalue()


# ---- tensors and modules


def tensor(array: Array, *, dtype: str | None = None, channels_last: bool = False) -> Call:
    """A tensor; floats are stored as `dtype` where one is given, pictures of channels last in that order."""
    if dtype and array.dtype.kind == "f" and dtype != "bfloat16":
        array = array.astype(dtype)
    layout = array.transpose(0, 2, 3, 1) if channels_last and array.ndim == 4 else array
    laid = np.ascontiguousarray(layout).reshape(layout.shape)
    strides = laid.transpose(0, 3, 1, 2).strides if layout is not array else laid.strides
    stored = dtype if dtype and array.dtype.kind == "f" else array.dtype.name
    elements = laid.reshape(-1)
    if stored == "bfloat16":
        elements = (elements.astype("<f4").view("<u4") >> 16).astype("<u2")
    stride = tuple(step // array.itemsize for step in strides)
    return REBUILD_TENSOR(Blob(STORAGE_TAGS[stored], elements), 0, array.shape, stride, False, OrderedDict())


def parameter(array: Array, *, dtype: str | None = None, channels_last: bool = False) -> Call:
    """A trained tensor."""
    return REBUILD_PARAMETER(tensor(array, dtype=dtype, channels_last=channels_last), False, OrderedDict())


def module(
    cls: Name,
    parameters: Mapping[str, object] | None = None,
    buffers: Mapping[str, object] | None = None,
    modules: Mapping[str, object] | None = None,
    attributes: Mapping[str, object] | None = None,
) -> Object:
    """A module with everything that PyTorch keeps in one."""
    state: dict[str, object] = {
        "training": False,
        "_parameters": dict(parameters or {}),
        "_buffers": dict(buffers or {}),
        "_non_persistent_buffers_set": set(),
        "_backward_pre_hooks": OrderedDict(),
        "_backward_hooks": OrderedDict(),
        "_is_full_backward_hook": None,
        "_forward_hooks": OrderedDict(),
        "_forward_hooks_with_kwargs": OrderedDict(),
        "_forward_hooks_always_called": OrderedDict(),
        "_forward_pre_hooks": OrderedDict(),
        "_forward_pre_hooks_with_kwargs": OrderedDict(),
        "_state_dict_hooks": OrderedDict(),
        "_state_dict_pre_hooks": OrderedDict(),
        "_load_state_dict_pre_hooks": OrderedDict(),
        "_load_state_dict_post_hooks": OrderedDict(),
        "_modules": dict(modules or {}),
        **(attributes or {}),
    }
    return Object(cls, state)


@dataclass
class _Node:
    """A module while the tree is made from dotted names."""

    tensors: dict[str, Array] = field(default_factory=dict)
    children: dict[str, "_Node"] = field(default_factory=dict)


def network(
    tensors: Mapping[str, Array],
    cls: Name,
    attributes: Mapping[str, object],
    *,
    dtype: str | None = None,
    channels_last: bool = False,
) -> Object:
    """The module tree whose state dict is `tensors`."""
    root = _Node()
    for dotted, array in tensors.items():
        *folders, last = dotted.split(".")
        node = root
        for folder in folders:
            node = node.children.setdefault(folder, _Node())
        node.tensors[last] = array

    def build(node: _Node, cls: Name, attributes: Mapping[str, object]) -> Object:
        children = {name: build(child, _class_of(name, child), {}) for name, child in node.children.items()}
        parameters = {
            name: parameter(array, dtype=dtype, channels_last=channels_last)
            for name, array in node.tensors.items()
            if name not in _BUFFERS
        }
        buffers = {
            name: tensor(array, dtype=dtype) for name, array in node.tensors.items() if name in _BUFFERS
        }
        return module(cls, parameters, buffers, children, attributes)

    return build(root, cls, attributes)


def _class_of(name: str, node: _Node) -> Name:
    """The class that such a module has in real files, near enough."""
    if "running_mean" in node.tensors:
        return _CLASSES["BatchNorm2d"]
    if node.tensors:
        return _CLASSES["Conv2d"]
    if "one2one_cv2" in node.children:
        return _CLASSES["v10Detect"]
    if {"conv", "bn"} & node.children.keys():
        return _CLASSES["Conv"]
    if all(child.isdecimal() for child in node.children):
        return _CLASSES["Sequential" if name == "model" else "ModuleList"]
    return _CLASSES["C2f"]


# ---- whole checkpoints


def write_checkpoint(
    path: Path,
    tensors: Mapping[str, Array],
    *,
    names: Sequence[str],
    scale: str = "n",
    style: str = "authors",
    stripped: bool = True,
    dtype: str | None = "float16",
    channels_last: bool = False,
    criterion: bool = False,
    numpy_home: str = "numpy._core",
    protocol: int = 2,
    top: str = "best",
) -> Path:
    """Write a checkpoint whose network has the state dict `tensors` (dotted names, `model.0.conv.weight` …).

    `style`: "authors" (8.1.34), "upstream" (8.4) or "state_dict" (the tensors alone). Not `stripped`: as
    training leaves it, with `tensors` in the EMA, zeros in the model, the optimizer's state, and numbers of
    NumPy pickled under `numpy_home`. `dtype` of the float tensors: "float16", "float32", "bfloat16"; None: as
    given. `channels_last`: 4-d weights lie in that order. `criterion`: a loss object hangs on the network,
    as in the real files of the authors.
    """
    if style == "state_dict":
        states = OrderedDict()
        for name, array in tensors.items():
            states[name] = tensor(array, dtype=dtype, channels_last=channels_last)
        states._metadata = OrderedDict({"": {"version": 1}})  # type: ignore[attr-defined]
        return save(path, states, protocol=protocol, top=top)
    cls = _CLASSES["YOLOv10DetectionModel" if style == "authors" else "DetectionModel"]
    attributes = _attributes(names, scale) | {"criterion": _criterion(len(names)) if criterion else None}
    trained = network(tensors, cls, attributes, dtype=dtype, channels_last=channels_last)
    facts: dict[str, object] = {
        "date": "2024-05-25T12:00:00.000000",
        "version": "8.1.34" if style == "authors" else "8.4.190",
        "license": "AGPL-3.0 (https://ultralytics.com/license)",
        "docs": "https://docs.ultralytics.com",
        "train_args": dict(_TRAIN_OPTIONS),
        "train_metrics": {"metrics/mAP50-95(B)": 0.385, "fitness": 0.4},
        "train_results": {"epoch": [1, 2], "train/box_om": [3.5, 3.25]},
    }
    if stripped:
        state = {
            "epoch": -1,
            "best_fitness": None,
            "model": trained,
            "ema": None,
            "updates": None,
            "optimizer": None,
        }
    else:
        zeros = {name: np.zeros_like(array) for name, array in tensors.items()}
        state = {
            "epoch": 17,
            "best_fitness": numpy_scalar(0.4, numpy_home),
            "model": network(zeros, cls, attributes, dtype=dtype),
            "ema": trained,
            "updates": 1234,
            "optimizer": _optimizer(tensors, numpy_home),
        }
    order = (state, facts) if style == "authors" else (facts, state)
    return save(path, {**order[0], **order[1]}, protocol=protocol, top=top)


def numpy_scalar(number: float, home: str = "numpy._core") -> Call:
    """A NumPy float64 number: the module of its function moved in NumPy 2."""
    dtype = NUMPY_DTYPE("f8", False, True, state=(3, "<", None, None, None, -1, -1, 0))
    return Name(f"{home}.multiarray", "scalar")(dtype, np.float64(number).tobytes())


_TRAIN_OPTIONS: dict[str, object] = {
    "task": "detect",
    "mode": "train",
    "model": "yolov10n.yaml",
    "epochs": 500,
    "batch": 256,
    "imgsz": 640,
    "save": True,
    "cache": False,
    "device": None,
    "optimizer": "SGD",
    "lr0": 0.01,
    "mixup": 0.0,
}


def _attributes(names: Sequence[str], scale: str) -> dict[str, object]:
    return {
        "yaml": {
            "nc": len(names),
            "scales": {scale: [0.33, 0.25, 1024]},
            "backbone": [[-1, 1, "Conv", [64, 3, 2]]],
            "head": [[[16, 19, 22], 1, "v10Detect", ["nc"]]],
            "scale": scale,
            "yaml_file": f"yolov10{scale}.yaml",
            "ch": 3,
        },
        "save": [4, 6, 10, 13, 16, 19, 22],
        "names": dict(enumerate(names)),
        "inplace": True,
        "stride": tensor(np.array([8, 16, 32], np.float32)),
        "nc": len(names),
        "args": Object(OPTIONS, dict(_TRAIN_OPTIONS)),
        "task": "detect",
    }


def _criterion(num_classes: int) -> Object:
    one = Object(
        _CLASSES["v8DetectionLoss"],
        {
            "bce": module(_CLASSES["BCEWithLogitsLoss"], buffers={"weight": None, "pos_weight": None}),
            "hyp": Object(OPTIONS, dict(_TRAIN_OPTIONS)),
            "nc": num_classes,
            "shape": SIZE((16, 64 + num_classes, 80, 80)),
            "device": DEVICE("cuda", 0),
            "proj": tensor(np.arange(16, dtype=np.float32)),
        },
    )
    return Object(_CLASSES["v10DetectLoss"], {"one2many": one, "one2one": one})


def _optimizer(tensors: Mapping[str, Array], numpy_home: str) -> dict[str, object]:
    trained = [array for name, array in tensors.items() if not name.endswith(_BUFFERS)]
    state = {
        index: {
            "step": tensor(np.array(100.0, np.float32)),
            "exp_avg": tensor(np.zeros_like(array, np.float32)),
            "exp_avg_sq": tensor(np.zeros_like(array, np.float32)),
        }
        for index, array in enumerate(trained)
    }
    group = {
        "lr": numpy_scalar(0.01, numpy_home),
        "betas": (0.9, 0.999),
        "eps": 1e-8,
        "amsgrad": False,
        "foreach": None,
        "params": list(range(len(trained))),
    }
    return {"state": state, "param_groups": [group]}
