"""What a pickle's names and objects become here: values that keep what they are given, and do nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from yolov10.errors import UserError

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
