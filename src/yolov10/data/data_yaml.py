"""The `data.yaml` of YOLO data sets: class names, and where the pictures of each split are."""

from functools import partial
from pathlib import Path
from typing import Any

import yaml

from yolov10 import images
from yolov10.classes import default_names
from yolov10.data.faults import Fault
from yolov10.data.source import (
    SPLITS,
    Entry,
    Source,
    is_file,
    read_text,
    require_split,
    require_unique,
)
from yolov10.data.yolo_txt import read_labels
from yolov10.errors import UserError, did_you_mean
from yolov10.folders import walk_once
from yolov10.printable import brief

MAX_YAML = 4_000_000
"""Bytes; twenty thousand class names take a tenth of it."""


def open_source(path: Path) -> Source:
    """Read `path`, `train`, `val`, `test`, `names`, `nc`; other keys are left alone.

    `path` is the folder that the splits are relative to, itself relative to the YAML. A split is a folder,
    searched to the bottom, a text file that lists pictures, or a list of those. Raises UserError.
    """
    keys = _load(path)
    root = path.parent / _without_null(_text(path, "path", keys.get("path", "")))
    keypoints = "kpt_shape" in keys
    names = _names(path, keys)
    places = {split: _places(path, split, keys[split]) for split in SPLITS if split in keys}
    places = {split: found for split, found in places.items() if found}
    if not places:
        raise UserError(f"{path} has no train, val or test{did_you_mean('train', keys)}")

    def list_entries(split: str) -> tuple[list[Entry], list[Fault]]:
        require_split(path, split, tuple(places))
        pictures: dict[Path, None] = {}
        faults: list[Fault] = []
        for place in places[split]:
            for picture in _pictures(path, split, root, place, faults):
                if picture in pictures:
                    faults.append(Fault(picture, None, "listed twice", f"listed twice in {split}"))
                pictures[picture] = None
        return [Entry(p, p.stem, partial(read_labels, p, len(names), keypoints)) for p in pictures], faults

    return Source(path, names, tuple(places), list_entries)


def _load(path: Path) -> dict[str, Any]:
    """Read the YAML's mapping; every scalar stays the text that was written.

    So a class called `no` or `1.10` keeps its name, and nothing in the file can build a Python object.
    """
    text = read_text(path, limit=MAX_YAML)
    try:
        keys = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes text, lists and dicts only
    except (yaml.YAMLError, ValueError, OverflowError) as fault:  # the last two: no such character
        raise UserError(f"{path} is no valid YAML: {' '.join(str(fault).split())}") from None
    except RecursionError:
        raise UserError(f"{path} is no data.yaml: it is nested too deeply") from None
    if not isinstance(keys, dict):
        raise UserError(f"{path} is no data set: a data.yaml has the keys train, val and names")
    return keys


def _text(path: Path, key: str, value: object) -> str:
    if not isinstance(value, str):
        raise UserError(f"{path}: {key} must be a text, not a {type(value).__name__}")
    return value


def _places(path: Path, split: str, value: object) -> list[str]:
    """Check the folders and list files of a split; none where the key was left empty."""
    entries = value if isinstance(value, list) else [value]
    places = [_text(path, split, entry) for entry in entries]
    return [place for place in places if _without_null(place)]


def _without_null(value: str) -> str:
    """The text, or none where YAML means nothing by it."""
    return "" if value in ("~", "null", "Null", "NULL") else value


def _names(path: Path, keys: dict[str, Any]) -> list[str]:
    """Class names from a list or a mapping index: name; numbered ones where only `nc` is given."""
    count = keys.get("nc")
    if count is not None and not (isinstance(count, str) and count.isdecimal() and len(count) < 6):
        raise UserError(f"{path}: nc must be the number of classes, not {brief(count)}")
    if "names" not in keys:
        if count is None:
            raise UserError(f"{path} has no names{did_you_mean('names', keys)}: list the classes")
        return list(default_names(int(count)))
    names = keys["names"]
    if isinstance(names, dict):
        missing = [index for index in range(len(names)) if str(index) not in names]
        if missing:
            raise UserError(f"{path}: names must be numbered from 0; {missing[0]} is missing")
        names = [names[str(index)] for index in range(len(names))]
    if not isinstance(names, list) or not names:
        raise UserError(f"{path}: names must be a list, or a mapping from 0, 1, … to a name")
    if count is not None and int(count) != len(names):
        raise UserError(f"{path}: nc is {count}, but there are {len(names)} names")
    return require_unique(path, [_text(path, "a class name", name) for name in names])


def _pictures(path: Path, split: str, root: Path, place: str, faults: list[Fault]) -> list[Path]:
    """List the pictures of one folder (in the order of their paths) or list file (in its order)."""
    target = root / place
    try:
        if not target.exists() and place.startswith("../"):
            # Roboflow writes ../train/images into a data.yaml that lies beside train/.
            target = root / place.removeprefix("../")
        if target.is_dir():
            pictures = _in_folder(target, faults)
        elif target.is_file():
            pictures = _in_list(target, root)
        else:
            raise UserError(f"{path}: {split} is {place!r}, but there is no {root / place}")
    except OSError as fault:
        raise UserError(f"{path}: cannot read {split} {place!r}: {fault.strerror or fault}") from None
    if not pictures:
        raise UserError(f"{path}: {split} has no pictures in {target}")
    return pictures


def _in_folder(folder: Path, faults: list[Fault]) -> list[Path]:
    """All pictures below a folder, through links, sorted; hidden files and folders are not looked at."""

    def tell(fault: OSError) -> None:
        what = f"a folder that cannot be read: {fault.strerror}"
        faults.append(Fault(Path(fault.filename), None, "missing picture", what))

    return sorted(
        Path(parent, name)
        for parent, files in walk_once(str(folder), on_fault=tell)
        for name in files
        if not name.startswith(".") and Path(name).suffix.lower() in images.SUFFIXES
    )


def _in_list(file: Path, root: Path) -> list[Path]:
    """Pictures of a text file, one a line: `./…` is relative to the file, another path to the root."""
    lines = [line.strip() for line in read_text(file).splitlines()]
    pictures = [(file.parent if line.startswith("./") else root) / line for line in lines if line]
    if pictures and not any(map(is_file, pictures)):
        raise UserError(f"{file} lists no picture that is there; the first would be {pictures[0]}")
    return pictures
