"""Class names: read from metadata and chosen by a user by name or by index."""

from collections.abc import Iterable, Sequence
from itertools import chain
from numbers import Integral

from yolov10.errors import UserError, did_you_mean


def default_names(num_classes: int) -> tuple[str, ...]:
    """Names for a network whose classes nobody named: `class0`, `class1`, …"""
    return tuple(f"class{index}" for index in range(num_classes))


def select_classes(wanted: str | int | Iterable[str | int], names: Sequence[str]) -> tuple[int, ...]:
    """Indices, ascending and without repeats, of classes given by name or index; also as text with commas.

    An integer is an index; of a text, the name wins over the index of the same spelling, and where two
    classes share a name, both are meant. Case matters only when two names differ by it alone. Raises
    UserError for a class the model does not have.
    """
    if isinstance(wanted, str):
        wanted = [wanted] if wanted in names else wanted.split(",")
    elif isinstance(wanted, int | Integral):
        wanted = [wanted]
    return tuple(sorted(set(chain.from_iterable(_indices(entry, names) for entry in wanted))))


def _indices(entry: str | int, names: Sequence[str]) -> list[int]:
    if isinstance(entry, str):
        for text in (entry, entry.strip()):
            if same := [index for index, name in enumerate(names) if name == text]:
                return same
        alike = [index for index, name in enumerate(names) if name.casefold() == text.casefold()]
        if len({names[index] for index in alike}) == 1:
            return alike
        if not text.isdecimal():
            known = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
            raise UserError(f"no class {text!r}{did_you_mean(text, names)} (the model knows {known})")
        index = int(text) if len(text) < LONGEST_NUMBER else len(names)
    else:
        index = int(entry)
    if 0 <= index < len(names):
        return [index]
    given = str(entry).strip()
    raise UserError(f"no class {given:.20}: the model has {len(names)} classes, 0 to {len(names) - 1}")


LONGEST_NUMBER = 10
"""Digits of an index that are worth reading."""
