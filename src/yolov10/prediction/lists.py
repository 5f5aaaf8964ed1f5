"""Lists of pictures: text in UTF-8, a path or address a line."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from yolov10.errors import UserError
from yolov10.files import unreadable

LIST = ".txt"
"""The suffix of such a file."""
MAX_LIST = 100_000_000
"""Bytes of one: over a million paths."""


def paths_in(list_file: Path) -> Iterator[str]:
    """The paths and addresses in a list here. Raises UserError as `paths_of` does."""
    try:
        with list_file.open("rb") as file:
            data = file.read(MAX_LIST + 1)
    except OSError as fault:
        raise UserError(unreadable(list_file, fault)) from None

    def beside(path: str) -> str | None:
        there = os.path.join(list_file.parent, path)  # noqa: PTH118 - exists() of a Path may raise
        return there if os.path.exists(there) else None  # noqa: PTH110

    return paths_of(data, str(list_file), beside)


def paths_of(data: bytes, name: str, beside: Callable[[str], str | None]) -> Iterator[str]:
    """The paths and addresses of a list, from its first MAX_LIST + 1 bytes; blank lines are none.

    A relative path is sought from here, then beside the list: `beside` gives what is there, None where
    nothing is. Raises UserError for what is no list, is empty, or too long.
    """
    for line in _lines(data, name):
        yield line if os.path.exists(line) else beside(line) or line  # noqa: PTH110


def is_address(text: str) -> bool:
    """Whether it is no file here, and to be opened by its address."""
    return "://" in text and not os.path.exists(text)  # noqa: PTH110 - never raises


def _lines(data: bytes, name: str) -> list[str]:
    """Only a line feed ends one: other separators may be part of a name."""
    if len(data) > MAX_LIST:
        raise UserError(f"{name}: longer than {MAX_LIST} bytes: split this list")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise UserError(f"{name}: not a list of picture paths (UTF-8 text, one a line)")
    lines = [line for one in text.split("\n") if (line := one.strip(" \t\r"))]
    if not lines:
        raise UserError(f"{name}: no paths in this list (UTF-8 text, one a line)")
    return lines
