"""What the names in a checkpoint's pickle stand for here: inert values, and functions of our own (spec 8.2).

A pickle is a program that names classes and functions to call. None is ever imported. A name is looked up in
the tables below and nowhere else: classes become stubs that keep what they were given, and the few functions
a checkpoint needs are written anew, over plain data, with every argument checked.
"""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath, PureWindowsPath

from yolov10.errors import UserError
from yolov10.weights.tensor_ref import Storage, TensorRef

# Of one dict or set: keys can be chosen so that every look-up walks past all others, which takes 0.03 s with
# 20,000 of them and minutes with a million.
MOST_MEMBERS = 20_000

# Only these are keys of dicts and members of sets: the hash of a nested tuple can take forever.
_SCALARS = frozenset({str, bytes, int, float, bool, type(None)})


@dataclass(frozen=True, slots=True)
class Global:
    """A name that the pickle may use, such as `torch.HalfStorage`: the name, not the thing."""

    module: str
    name: str

    @property
    def dotted(self) -> str:
        """Module and name in one."""
        return f"{self.module}.{self.name}"


@dataclass(eq=False, slots=True)
class Stub:
    """An object of a class that is known by name only: what it was made with, and its state (attributes)."""

    module: str
    name: str
    args: tuple[object, ...]
    state: dict[object, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NumpyDtype:
    """A NumPy dtype inside the pickle, as the `struct` format of one number of it."""

    format: str


class _MisuseError(Exception):
    """A function of the table was given arguments that no checkpoint gives it."""


# ---- what the opcodes of the pickle ask for


def look_up(module: str, name: str) -> Global:
    """The value of a name; UserError unless a YOLOv10 checkpoint has a use for it."""
    found = _ALLOWED.get((module, name))
    if found is not None:
        return found
    dotted = f"{module}.{name}"
    if dotted in ("builtins.getattr", "__builtin__.getattr"):
        raise UserError(
            f"refuses to load {dotted}: the model was probably saved after it was fused; "
            "save the unfused model or its state dict"
        )
    raise UserError(f"refuses to load {_shown(dotted)}: a YOLOv10 checkpoint has no use for it")


def call(function: object, args: object) -> object:
    """The value of a call in the pickle: a stub of a class, or the result of a function of the table."""
    if not isinstance(function, Global) or not isinstance(args, tuple):
        raise UserError("refuses to call a value that is not a known class or function")
    if function.dotted in _CLASSES:
        return Stub(function.module, function.name, args)
    if function.dotted not in _FUNCTIONS:
        raise UserError(f"refuses to call {function.dotted}: it is no function")
    try:
        return _FUNCTIONS[function.dotted](args)
    except _MisuseError:
        raise UserError(f"refuses to call {function.dotted} with arguments that no checkpoint has") from None


def new(cls: object, args: object) -> Stub:
    """The object that `cls.__new__(cls, *args)` would make: a stub."""
    if not isinstance(cls, Global) or cls.dotted not in _CLASSES or not isinstance(args, tuple):
        raise UserError("refuses to make an object of a value that is not a known class")
    return Stub(cls.module, cls.name, args)


def set_state(target: object, state: object) -> None:
    """Give an object its state: attributes to a stub, once; that of other values is checked and dropped."""
    match target, state:
        case Stub(state=old), dict() if not old:
            target.state = state
        case Stub(state=old), tuple((None | dict() as attributes, dict() as slots)) if not old:
            target.state = {**(attributes or {}), **slots}
        case dict(), dict() if state.keys() == {"_metadata"}:
            pass  # the versions of the modules in a state dict
        case NumpyDtype(), tuple((int(), "<" | "|", *_)):
            pass  # the byte order, and fields that no number has
        case _:
            raise UserError("refuses to set a state where no checkpoint has one")


def fill(target: dict[object, object], items: Iterable[tuple[object, object]], count: int) -> None:
    """Put `count` items into a dict."""
    if len(target) + count > MOST_MEMBERS:
        raise UserError(f"has a dict of more than {MOST_MEMBERS:,} keys")
    for key, value in items:
        if type(key) not in _SCALARS:
            raise UserError("has a dict with a key that is neither text nor a number")
        target[key] = value


def add(target: set[object], members: list[object]) -> None:
    """Put members into a set."""
    if len(target) + len(members) > MOST_MEMBERS:
        raise UserError(f"has a set of more than {MOST_MEMBERS:,} members")
    if any(type(member) not in _SCALARS for member in members):
        raise UserError("has a set with a member that is neither text nor a number")
    target.update(members)


def storage(reference: object) -> Storage:
    """What a persistent id refers to: ("storage", type tag, key, location, number of elements)."""
    match reference:
        case tuple(("storage", Global() as tag, str(key), str(), int(elements))) if (
            tag.dotted in _STORAGE_DTYPES
        ):
            return Storage(key, _STORAGE_DTYPES[tag.dotted], elements)
    raise UserError("refers to something outside the pickle that is not a storage")


# ---- the functions of the table; each takes the tuple of arguments


def _ordered_dict(args: tuple[object, ...]) -> dict[object, object]:
    result: dict[object, object] = {}
    match args:
        case ():
            return result
        case (list(pairs),) if all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs):
            fill(result, pairs, len(pairs))
            return result
    raise _MisuseError


def _set(args: tuple[object, ...]) -> set[object]:
    match args:
        case (list(members),):
            result: set[object] = set()
            add(result, members)
            return result
    raise _MisuseError


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
    raise _MisuseError


def _rebuild_parameter(args: tuple[object, ...]) -> TensorRef:
    match args:
        case (TensorRef() as data, bool(), dict()):
            return data
    raise _MisuseError


def _size(args: tuple[object, ...]) -> tuple[int, ...]:
    match args:
        case (tuple(lengths),) if all(type(length) is int for length in lengths):
            return lengths
    raise _MisuseError


def _device(args: tuple[object, ...]) -> str:
    match args:
        case (str(kind),):
            return kind
        case (str(kind), int(index)):
            return f"{kind}:{index}"
    raise _MisuseError


def _encode(args: tuple[object, ...]) -> bytes:
    """Protocol 2 has no bytes: it stores them as the text that Latin-1 would make of them."""
    match args:
        case (str(text), "latin1") if max(text, default="") <= "\xff":
            return text.encode("latin-1")
    raise _MisuseError


def _numpy_dtype(args: tuple[object, ...]) -> NumpyDtype:
    match args:
        case (str(code),) | (str(code), int(), int()) if code in _NUMBER_FORMATS:
            return NumpyDtype(_NUMBER_FORMATS[code])
    raise _MisuseError


def _numpy_scalar(args: tuple[object, ...]) -> float:
    match args:
        case (NumpyDtype(form), bytes(data)) if len(data) == struct.calcsize(form):
            number: float = struct.unpack(form, data)[0]
            return number
    raise _MisuseError


def _posix_path(args: tuple[object, ...]) -> str:
    return str(PurePosixPath(*_texts(args)))


def _windows_path(args: tuple[object, ...]) -> str:
    return str(PureWindowsPath(*_texts(args)))


def _texts(args: tuple[object, ...]) -> list[str]:
    texts = [arg for arg in args if isinstance(arg, str)]
    if len(texts) != len(args):
        raise _MisuseError
    return texts


def _shown(text: str) -> str:
    """A text of the pickle for a message: a plain dotted name as it is, all else escaped; clipped."""
    clipped = text[:80]
    return clipped if clipped.isascii() and clipped.replace(".", "").isidentifier() else ascii(clipped)


# ---- the tables


_CLASSES = frozenset(
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

_FUNCTIONS: dict[str, Callable[[tuple[object, ...]], object]] = {
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

_STORAGE_DTYPES = {
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

_TAGS = frozenset({"torch.storage.TypedStorage", *(f"torch.{dtype}" for dtype in _STORAGE_DTYPES.values())})

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

_ALLOWED = {
    (module, name): Global(module, name)
    for module, _, name in (
        dotted.rpartition(".") for dotted in (*_CLASSES, *_FUNCTIONS, *_STORAGE_DTYPES, *_TAGS)
    )
}
