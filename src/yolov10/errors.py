"""Faults a user can mend, and the two helpers that word them."""

import difflib
import importlib
from collections.abc import Iterable
from types import ModuleType

LONGEST_WORD = 100
"""Letters; what is longer was not mistyped, and comparing it would take its square."""


class UserError(Exception):
    """Something the user gave cannot be used; the message is one line that says what to do."""


class WrongValueError(UserError):
    """A value that no model and no file could make right; on the command line, wrong usage (exit code 2)."""


class MissingExtraError(UserError):
    """A capability whose optional packages are not installed."""


NO_MEMORY = "not enough memory: give a smaller --batch or --image-size, or end other programs"
"""What to say of a fault that `lacks_memory`."""
_ALLOCATORS_SAY = (
    "can't alloc",
    "failed to allocate",
    "unable to allocate",
    "bad_alloc",
    "bad allocation",
    "out of memory",
    "insufficient memory",
)


def lacks_memory(fault: BaseException) -> bool:
    """Whether memory ran out: every library has a kind of its own for that, most of them `RuntimeError`."""
    return isinstance(fault, MemoryError) or any(word in str(fault).lower() for word in _ALLOCATORS_SAY)


def require(module: str, *, install: str, purpose: str) -> ModuleType:
    """Import an optional module, or raise MissingExtraError with the install line that brings it.

    `purpose` begins the sentence "… needs …": "running best.safetensors".
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name != module.partition(".")[0]:
            raise
        raise MissingExtraError(f"{purpose} needs {missing.name}: pip install '{install}'") from None


def nearest(word: str, candidates: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The candidate that `word` was probably meant to be, or None where none is as near as `cutoff`, 0..1."""
    if len(word) > LONGEST_WORD:
        return None
    near = difflib.get_close_matches(word, list(candidates), n=1, cutoff=cutoff)
    return near[0] if near else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """`"; did you mean 'X'?"` for the nearest candidate, or an empty string when none is near."""
    near = nearest(word, candidates)
    return f"; did you mean {near!r}?" if near else ""
