"""The names that a YOLOv10 checkpoint may use, and the few functions among them, written anew (spec 8.2).

Nothing is ever imported for a name. The functions work over plain data, with every argument checked.
"""

import struct
from collections.abc import Callable
from pathlib import PurePosixPath, PureWindowsPath

from yolov10.weights.inert_values import Global, NumpyDtype, add, fill
from yolov10.weights.tensor_ref import Storage, TensorRef


class MisuseError(Exception):
    """A function of the table was given arguments that no checkpoint gives it."""


# ---- the functions of the table; each takes the tuple of arguments


def _ordered_dict(args: tuple[object, ...]) -> dict[object, object]:
    result: dict[object, object] = {}
    match args:
        case ():
            return result
        case (list(pairs),) if all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs):
            fill(result, pairs, len(pairs))
            return result
    raise MisuseError


def _set(args: tuple[object, ...]) -> set[object]:
    match args:
        case (list(members),):
            result: set[object] = set()
            add(result, members)
            return result
    raise MisuseError


def _rebuild_tensor(args: tuple[object, ...]) -> TensorRef:
    match args:
        case (Storage() as stored, int(offset), tuple(shape), tuple(stride), bool(), dict()) | (
            Storage() as stored,
            int(offset),
            tuple(shape),
            tuple(stride),
            bool(),
            dict(),
            None | dict(),
        ):
            return TensorRef(stored, offset, shape, stride)
    raise MisuseError


def _rebuild_parameter(args: tuple[object, ...]) -> TensorRef:
    match args:
        case (TensorRef() as data, bool(), dict()):
            return data
    raise MisuseError


def _size(args: tuple[object, ...]) -> tuple[int, ...]:
    match args:
        case (tuple(lengths),) if all(type(length) is int for length in lengths):
            return lengths
    raise MisuseError


def _device(args: tuple[object, ...]) -> str:
    match args:
        case (str(kind),):
            return kind
        case (str(kind), int(index)):
            return f"{kind}:{index}"
    raise MisuseError


def _encode(args: tuple[object, ...]) -> bytes:
    """Protocol 2 has no bytes: it stores them as the text that Latin-1 would make of them."""
    match args:
        case (str(text), "latin1") if max(text, default="") <= "\xff":
            return text.encode("latin-1")
    raise MisuseError


def _numpy_dtype(args: tuple[object, ...]) -> NumpyDtype:
    match args:
        case (str(code),) | (str(code), int(), int()) if code in _NUMBER_FORMATS:
            return NumpyDtype(_NUMBER_FORMATS[code])
    raise MisuseError


def _numpy_scalar(args: tuple[object, ...]) -> float:
    match args:
        case (NumpyDtype(form), bytes(data)) if len(data) == struct.calcsize(form):
            number: float = struct.unpack(form, data)[0]
            return number
    raise MisuseError


def _posix_path(args: tuple[object, ...]) -> str:
    return str(PurePosixPath(*_texts(args)))


def _windows_path(args: tuple[object, ...]) -> str:
    return str(PureWindowsPath(*_texts(args)))


def _texts(args: tuple[object, ...]) -> list[str]:
    texts = [arg for arg in args if isinstance(arg, str)]
    if len(texts) != len(args):
        raise MisuseError
    return texts


# ---- the tables


CLASSES = frozenset(
    f"{module}.{name}"
    for module, names in {
        "ultralytics.nn.tasks": "YOLOv10DetectionModel DetectionModel",
        "ultralytics.nn.modules.conv": "Conv Concat DWConv",
        "ultralytics.nn.modules.block": ("C2f Bottleneck SCDown C2fCIB CIB RepVGGDW SPPF PSA Attention DFL"),
        "ultralytics.nn.modules.head": "v10Detect",
        "ultralytics.utils": "IterableSimpleNamespace",
        "ultralytics.utils.loss": ("v10DetectLoss E2EDetectLoss E2ELoss v8DetectionLoss BboxLoss DFLoss"),
        "ultralytics.utils.tal": "TaskAlignedAssigner",
        "torch.nn.modules.container": "Sequential ModuleList",
        "torch.nn.modules.conv": "Conv2d",
        "torch.nn.modules.batchnorm": "BatchNorm2d",
        "torch.nn.modules.activation": "SiLU",
        "torch.nn.modules.linear": "Identity",
        "torch.nn.modules.pooling": "MaxPool2d",
        "torch.nn.modules.upsampling": "Upsample",
        "torch.nn.modules.loss": "BCEWithLogitsLoss",
        "types": "SimpleNamespace",
    }.items()
    for name in names.split()
)

FUNCTIONS: dict[str, Callable[[tuple[object, ...]], object]] = {
    "collections.OrderedDict": _ordered_dict,
    "__builtin__.set": _set,
    "builtins.set": _set,
    "_codecs.encode": _encode,
    "torch._utils._rebuild_tensor_v2": _rebuild_tensor,
    "torch._utils._rebuild_parameter": _rebuild_parameter,
    "torch.Size": _size,
    "torch.device": _device,
    "numpy.dtype": _numpy_dtype,
    "numpy.core.multiarray.scalar": _numpy_scalar,
    "numpy._core.multiarray.scalar": _numpy_scalar,
    **{f"pathlib.{name}": _posix_path for name in ("Path", "PosixPath", "PurePosixPath")},
    **{f"pathlib._local.{name}": _posix_path for name in ("Path", "PosixPath", "PurePosixPath")},
    **{f"pathlib.{name}": _windows_path for name in ("WindowsPath", "PureWindowsPath")},
    **{f"pathlib._local.{name}": _windows_path for name in ("WindowsPath", "PureWindowsPath")},
}

STORAGE_DTYPES = {
    "torch.DoubleStorage": "float64",
    "torch.FloatStorage": "float32",
    "torch.HalfStorage": "float16",
    "torch.BFloat16Storage": "bfloat16",
    "torch.LongStorage": "int64",
    "torch.IntStorage": "int32",
    "torch.ShortStorage": "int16",
    "torch.CharStorage": "int8",
    "torch.ByteStorage": "uint8",
    "torch.BoolStorage": "bool",
    "torch.storage.UntypedStorage": "uint8",
}

_TAGS = frozenset({"torch.storage.TypedStorage", *(f"torch.{dtype}" for dtype in STORAGE_DTYPES.values())})

_NUMBER_FORMATS = {
    "f2": "<e",
    "f4": "<f",
    "f8": "<d",
    "i1": "<b",
    "i2": "<h",
    "i4": "<i",
    "i8": "<q",
    "u1": "<B",
    "u2": "<H",
    "u4": "<I",
    "u8": "<Q",
    "b1": "<?",
}

ALLOWED = {
    (module, name): Global(module, name)
    for module, _, name in (
        dotted.rpartition(".") for dotted in (*CLASSES, *FUNCTIONS, *STORAGE_DTYPES, *_TAGS)
    )
}
