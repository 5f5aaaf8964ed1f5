"""The answers to what a pickle asks for: names, calls, objects, states; all of them inert (spec 8.2).

A pickle is a program that names classes and functions to call. None is ever imported. A name is looked up in
the tables of `allowed.py` and nowhere else: classes become stubs that keep what they were given, and the few
functions a checkpoint needs are our own.
"""

from yolov10.errors import UserError
from yolov10.weights.allowed import ALLOWED, CLASSES, FUNCTIONS, STORAGE_DTYPES, MisuseError
from yolov10.weights.inert_values import Global, NumpyDtype, Stub
from yolov10.weights.tensor_ref import Storage


def look_up(module: str, name: str) -> Global:
    """The value of a name; UserError unless a YOLOv10 checkpoint has a use for it."""
    found = ALLOWED.get((module, name))
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
    if function.dotted in CLASSES:
        return Stub(function.module, function.name, args)
    if function.dotted not in FUNCTIONS:
        raise UserError(f"refuses to call {function.dotted}: it is no function")
    try:
        return FUNCTIONS[function.dotted](args)
    except MisuseError:
        raise UserError(f"refuses to call {function.dotted} with arguments that no checkpoint has") from None


def new(cls: object, args: object) -> Stub:
    """The object that `cls.__new__(cls, *args)` would make: a stub."""
    if not isinstance(cls, Global) or cls.dotted not in CLASSES or not isinstance(args, tuple):
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


def storage(reference: object) -> Storage:
    """What a persistent id refers to: ("storage", type tag, key, location, number of elements)."""
    match reference:
        case tuple(("storage", Global() as tag, str(key), str(), int(elements))) if (
            tag.dotted in STORAGE_DTYPES
        ):
            return Storage(key, STORAGE_DTYPES[tag.dotted], elements)
    raise UserError("refers to something outside the pickle that is not a storage")


def _shown(text: str) -> str:
    """A text of the pickle for a message: a plain dotted name as it is, all else escaped; clipped."""
    clipped = text[:80]
    return clipped if clipped.isascii() and clipped.replace(".", "").isidentifier() else ascii(clipped)
