"""COCO annotation files: one JSON of pictures, categories and annotations."""

import json
from functools import partial
from math import inf, isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yolov10.data.faults import Fault, FaultKind
from yolov10.data.rows import AS_UPRIGHT, Box, Labels, Row
from yolov10.data.source import Entry, Source, is_file, read_text, require_unique
from yolov10.errors import UserError

MAX_JSON = 2_000_000_000
"""Bytes; COCO's own training annotations are 0.45 GB."""

MOST_JOINED = 5_000
"""Points of an outline in several parts: joining them takes the square of that in time and memory."""

LEAST_OVERLAP = 0.5
"""IoU of an annotation's bbox and the bounds of its segmentation, which COCO takes the bbox from."""

Record = dict[str, Any]


def open_source(path: Path, images: Path | None) -> Source:
    """Open a COCO JSON: one split, called after the file; its `file_name`s start from the folder `images`.

    Classes are the categories in the order of their ids. Without `images` the JSON's own folder is meant.
    Raises UserError for a file that is not such a JSON.
    """
    document = _load(path)
    folder = path.parent if images is None else images
    if not folder.is_dir():
        raise UserError(f"no folder {folder}: --images names the one that the pictures of {path} are in")
    pictures = _records(path, document, "images")
    annotations = _records(path, document, "annotations")
    ids, names = _categories(path, _records(path, document, "categories"), annotations)

    def list_entries(split: str) -> tuple[list[Entry], list[Fault]]:
        return _entries(path, folder, pictures, annotations, ids)

    return Source(path, names, (path.stem,), list_entries, ids)


def _load(path: Path) -> Record:
    try:
        document = json.loads(read_text(path, limit=MAX_JSON))
    except (ValueError, RecursionError) as fault:
        reason = "nested too deeply" if isinstance(fault, RecursionError) else fault
        raise UserError(f"{path} is no valid JSON: {reason}") from None
    if not isinstance(document, dict):
        raise UserError(f"{path} is a JSON list; a COCO file has images, annotations, categories")
    return document


def _records(path: Path, document: Record, key: str) -> list[Record]:
    records = document.get(key)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise UserError(f"{path} has no list of {key}; a COCO file has images, annotations, categories")
    return records


def _categories(
    path: Path, categories: list[Record], annotations: list[Record]
) -> tuple[list[int], list[str]]:
    """Category ids, ascending, and their names; none that nothing is of and that is called like another."""
    for category in categories:
        if type(category.get("id")) is not int or not isinstance(category.get("name"), str):
            raise UserError(f"{path}: a category needs a whole-number id and a name, not {_short(category)}")
    categories = sorted(categories, key=lambda category: category["id"])
    ids = [category["id"] for category in categories]
    if not ids:
        raise UserError(f"{path} has no categories")
    if len(set(ids)) != len(ids):
        raise UserError(f"{path}: two categories have the same id")
    used = {repr(annotation.get("category_id")) for annotation in annotations}
    by_name: dict[str, list[int]] = {}
    for category in categories:
        by_name.setdefault(category["name"], []).append(category["id"])
    for name, same in by_name.items():
        by_name[name] = [one for one in same if repr(one) in used] or same[:1]
    kept = [category for category in categories if category["id"] in by_name[category["name"]]]
    return [one["id"] for one in kept], require_unique(path, [one["name"] for one in kept])


def _entries(
    path: Path, folder: Path, pictures: list[Record], annotations: list[Record], category_ids: list[int]
) -> tuple[list[Entry], list[Fault]]:
    """Pictures in the order of the file, each with its annotations."""
    faults: list[Fault] = []
    by_id: dict[int | str, tuple[Record, list[Record]]] = {}
    for index, picture in enumerate(pictures):
        if not isinstance(picture.get("file_name"), str) or not isinstance(picture.get("id"), int | str):
            faults.append(Fault(path, None, "malformed", f"image number {index} has no file_name or no id"))
        elif picture["id"] in by_id:
            what = f"image id {picture['id']} occurs twice: {picture['file_name']} is left out"
            faults.append(Fault(path, None, "listed twice", what))
        else:
            by_id[picture["id"]] = picture, []
    for annotation in annotations:
        owner = annotation.get("image_id")
        if isinstance(owner, int | str) and owner in by_id:
            by_id[owner][1].append(annotation)
        else:
            what = f"{_name(annotation)} belongs to no image: image_id {_short(owner)}"
            faults.append(Fault(path, None, "malformed", what))
    files = [picture["file_name"] for picture, _ in by_id.values()]
    if files and not any(is_file(folder / file) for file in files):
        raise UserError(
            f"{folder} has no picture of {path}, such as {files[0]}: name their folder by --images"
        )
    classes = {category: index for index, category in enumerate(category_ids)}
    entries = [
        Entry(folder / picture["file_name"], image_id, partial(_read_labels, path, picture, own, classes))
        for image_id, (picture, own) in by_id.items()
    ]
    return entries, faults


def _read_labels(
    path: Path, picture: Record, annotations: list[Record], classes: dict[int, int], width: int, height: int
) -> Labels:
    """Rows of one picture's annotations."""
    rows, faults = [], []
    declared = picture.get("width"), picture.get("height")
    if None not in declared and declared != (width, height):
        stated = "x".join(map(_short, declared))
        what = f"{picture['file_name']} is {width}x{height} when upright, not {stated}: {AS_UPRIGHT}"
        faults.append(Fault(path, None, "wrong size", what))
    for annotation in annotations:
        name = f"{_name(annotation)} of {picture['file_name']}"
        row, complaint = _row(annotation, name, classes)
        rows += [row] if row else []
        faults += [Fault(path, None, kind, f"{name}: {what}") for kind, what in complaint]
    return Labels(path, rows, faults)


def _row(
    annotation: Record, name: str, classes: dict[int, int]
) -> tuple[Row | None, list[tuple[FaultKind, str]]]:
    """One annotation: its box from `bbox`, its outline from `segmentation` where that is polygons.

    A run-length mask (COCO's crowds) is not unpacked: its box stands for it. None, and why, for no label.
    """
    category = annotation.get("category_id")
    if type(category) is not int or category not in classes:
        return None, [("class", f"category_id {_short(category)} is none of the categories")]
    numbers = _numbers(annotation.get("bbox"))
    if numbers is None or len(numbers) != 4:
        return None, [("malformed", f"bbox must be x y width height, not {_short(annotation.get('bbox'))}")]
    x, y, w, h = numbers
    area = _numbers([annotation.get("area")])
    outline, complaint = _outline(annotation.get("segmentation"))
    if outline is not None and _overlap(outline, (x, y, x + w, y + h)) < LEAST_OVERLAP:
        outline = None
        complaint = [
            ("outline", "its segmentation lies elsewhere than its bbox and is left out; the box is kept")
        ]
    row = Row(
        class_index=classes[category],
        box=(x, y, x + w, y + h),
        name=name,
        polygon=outline,
        crowd=annotation.get("iscrowd") == 1,
        area=area[0] if area and 0 < area[0] < inf else None,
    )
    return row, complaint


def _outline(segmentation: object) -> tuple[list[float] | None, list[tuple[FaultKind, str]]]:
    """x1 y1 x2 y2 … of a segmentation; None for a mask, for nothing, and for what is no polygon."""
    if not segmentation or not isinstance(segmentation, list):
        return None, []
    parts = [_numbers(part) for part in segmentation if part]
    good = [part for part in parts if part and _encloses(part)]
    if len(good) < len(parts):
        return None, [("outline", "its segmentation is no polygon and is left out; the box is kept")]
    if len(good) < 2:
        return (good[0] if good else None), []
    if (points := sum(map(len, good)) // 2) > MOST_JOINED:
        what = f"its segmentation of {points:,} points in {len(good):,} parts is left out; the box is kept"
        return None, [("outline", what)]
    return join([np.array(part).reshape(-1, 2) for part in good]).ravel().tolist(), []


def _overlap(outline: list[float], box: Box) -> float:
    """IoU of a box and the bounds of an outline.

    As `boxes.iou` of one pair, which takes five times as long (26 and 5 µs), and a data set has a million.
    """
    xs, ys = outline[0::2], outline[1::2]
    left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    wide = min(right, box[2]) - max(left, box[0])
    high = min(bottom, box[3]) - max(top, box[1])
    both = max(wide, 0.0) * max(high, 0.0)
    each = (right - left) * (bottom - top) + (box[2] - box[0]) * (box[3] - box[1])
    return both / max(each - both, 1e-9)


def _encloses(part: list[float]) -> bool:
    """Whether x1 y1 x2 y2 … are at least three points."""
    return len(part) >= 6 and len(part) % 2 == 0 and all(map(isfinite, part))


def join(parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """One outline [m,2] of an object's parts [k,2], which occlusion tore apart.

    Each part is tied to what has been joined before by a bridge of no width, there and back between their
    nearest points; so the outline encloses just the parts, and its extremes are theirs.
    """
    outline = parts[0]
    for part in parts[1:]:
        distance = ((outline[:, None] - part[None]) ** 2).sum(axis=2)
        here, there = np.unravel_index(distance.argmin(), distance.shape)
        loop = np.concatenate([part[there:], part[: there + 1]])
        outline = np.concatenate([outline[: here + 1], loop, outline[here:]])
    return outline


def _numbers(value: object) -> list[float] | None:
    """Take a JSON list of numbers; None for anything else."""
    if not isinstance(value, list) or not all(isinstance(number, int | float) for number in value):
        return None
    try:
        return [float(number) for number in value]
    except OverflowError:
        return None


def _name(annotation: Record) -> str:
    return f"annotation {_short(annotation.get('id'))}"


def _short(value: object) -> str:
    """Show a JSON value, short enough to print."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
