"""Folders and globs, followed through links, that give nothing twice and end where links go in circles."""

import glob
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from yolov10.files import identity

_SEPARATORS = re.escape(os.sep + (os.altsep or ""))
_ANY_DEPTH = re.compile(rf"(?:^|(?<=[{_SEPARATORS}]))\*\*(?:[{_SEPARATORS}]+|$)")


def walk_once(
    start: str, *, skip: Path | None = None, on_fault: Callable[[OSError], None] | None = None
) -> Iterator[tuple[str, list[str]]]:
    """A folder and all below it, sorted by name: each with its files, and each once.

    Not hidden ones, nor `skip`. `on_fault` is told of every folder that cannot be listed.
    """
    visited = {identity(start)}
    for folder, subfolders, files in os.walk(start, followlinks=True, onerror=on_fault):
        # Asked for each folder: the caller may make `skip` on the way.
        subfolders[:] = _unvisited(folder, subfolders, visited, None if skip is None else identity(skip))
        yield folder, files


def glob_once(pattern: str) -> Iterator[str]:
    """What a glob matches; through `**` nothing by two paths.

    `glob` itself goes round a loop of links forty times, and with two loops never ends.
    """
    any_depth = _ANY_DEPTH.search(pattern)
    if any_depth is None:
        yield from glob.glob(pattern)  # noqa: PTH207 - it may be absolute
        return
    head = pattern[: any_depth.start()]
    tail = "*" if any_depth[0] == "**" else pattern[any_depth.end() :]
    given = set()
    for start in sorted(glob.glob(head)) if head else [head]:  # noqa: PTH207
        for folder in _below(start):
            inner = os.path.join(glob.escape(folder), tail)  # noqa: PTH118 - keeps the user's spelling
            for match in sorted(glob_once(inner)):
                place = identity(os.path.dirname(match) or os.curdir), os.path.basename(match)  # noqa: PTH119, PTH120
                if place not in given:
                    given.add(place)
                    yield match


def _below(start: str) -> Iterator[str]:
    """A folder and all below it; "" is where we are, and what lies there has no "./" in front."""
    here = start or os.curdir
    unnamed = 0 if start else len(os.path.join(here, ""))  # noqa: PTH118
    return (folder[unnamed:] for folder, _ in walk_once(here))


def _unvisited(
    folder: str, names: list[str], visited: set[tuple[int, int] | None], skipped: tuple[int, int] | None
) -> list[str]:
    """The subfolders to go into, sorted, and now counted as visited."""
    chosen = []
    for name in sorted(names):
        here = identity(os.path.join(folder, name))  # noqa: PTH118
        # One that cannot be seen is gone into all the same: the walk then says why.
        if name.startswith(".") or (here is not None and (here == skipped or here in visited)):
            continue
        visited.add(here)
        chosen.append(name)
    return chosen
