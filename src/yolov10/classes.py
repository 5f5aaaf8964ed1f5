"""Class names: read from metadata and chosen by a user by name or by index."""

from collections.abc import Iterable, Sequence

from yolov10.errors import UserError, did_you_mean


def default_names(num_classes: int) -> tuple[str, ...]:
    """Names for a network whose classes nobody named: `class0`, `class1`, …"""
    return tuple(f"class{index}" for index in range(num_classes))


def select_classes(wanted: str | int | Iterable[str | int], names: Sequence[str]) -> tuple[int, ...]:
    """Indices, ascending and without repeats, of classes given by name or index; also as text with commas.

    A name wins over an index of the same spelling; case matters only when two names differ by it alone.
    Raises UserError for a class the model does not have.
    """
    if isinstance(wanted, str | int):
        wanted = str(wanted).split(",")
    return tuple(sorted({_index(entry, names) for entry in wanted}))


def _index(entry: str | int, names: Sequence[str]) -> int:
    text = str(entry).strip()
    if text in names:
        return list(names).index(text)
    alike = [index for index, name in enumerate(names) if name.casefold() == text.casefold()]
    if len(alike) == 1:
        return alike[0]
    if text.isdecimal():
        if int(text) < len(names):
            return int(text)
        raise UserError(f"no class {text}: the model has {len(names)} classes, 0 to {len(names) - 1}")
    known = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
    raise UserError(f"no class {text!r}{did_you_mean(text, names)} (the model knows {known})")
