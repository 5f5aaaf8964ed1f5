"""Small objects in large pictures: overlapping tiles, and what they find merged, each object once.

Scaled to the network's input, a large picture loses its small objects; a tile of it keeps them. The whole
picture is looked at as well, for what is larger than a tile.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yolov10.boxes import areas, intersections, iou
from yolov10.detections import Detections
from yolov10.prediction.ahead import Ready

OVERLAP = 0.2
"""Share of its side that a tile has in common with the next: an object up to that lies whole in one."""
EDGE = 0.01
"""A box that ends within this share of a tile's side from its edge may have been cut by it."""
AGREEMENT = 0.4
"""Intersection over union, where two tiles overlap, from which two boxes are held for one object's."""
INSIDE = 0.8
"""Share of a cut piece that lies in a whole object of its class, from which it is held for part of it."""
REPEATED = 0.8
"""Intersection over union in one tile from which a box repeats a surer one of its class.

A network without suppression gives some objects by two anchors: on the benchmark's drawn pictures, nearly
all such pairs share 0.8 to 0.99. Of 3,941 labelled cells (BCCD), six pairs share 0.5 to 0.6, none 0.6 to
0.8, and of the seven above that at least six are one cell labelled twice.
"""
AT_ONCE = 8
"""Tiles in a batch: some 40 MB at 640 pixels."""


def detect_in_tiles(
    whole: Ready,
    size: int,
    cut: Callable[[Ready, NDArray[np.int64]], Ready],
    detect: Callable[[Sequence[Ready]], Sequence[Detections]],
) -> Detections:
    """What `detect` finds in a picture, and in tiles of `size` that are `cut` from it; each object once."""
    height, width = whole.as_read.shape[:2]
    windows = tiles(width, height, size)
    views = itertools.chain([whole], (cut(whole, window) for window in windows[1:]))
    batches = iter(lambda: list(itertools.islice(views, AT_ONCE)), [])
    return merge(windows, [found for batch in batches for found in detect(batch)])


def tiles(width: int, height: int, size: int) -> NDArray[np.int64]:
    """Windows [t, 4] xyxy onto a picture: all of it, then tiles of `size` that cover it, row by row.

    Tiles overlap by `OVERLAP` of their side or more. A picture no larger than a tile is one window.
    """
    columns, rows = _starts(width, size), _starts(height, size)
    squares = [[x, y, min(x + size, width), min(y + size, height)] for y in rows for x in columns]
    return np.array([[0, 0, width, height], *squares][: None if len(squares) > 1 else 1])


def _starts(side: int, size: int) -> list[int]:
    """Where tiles begin along a side, evenly spread; the last ends where the side does."""
    step = size - round(OVERLAP * size)
    count = max(-(-(side - size) // step), 0) + 1
    starts: list[int] = np.linspace(0, max(side - size, 0), count).round().astype(int).tolist()
    return starts


def merge(windows: NDArray[np.int64], found: Sequence[Detections]) -> Detections:
    """Findings in windows [t, 4] onto a picture, the first of which shows all, as findings in the picture.

    Two windows see the same object where their boxes agree in what both show. So an object that a seam cuts
    is known again by its part beyond it, and two objects that one tile tells apart are never made one; boxes
    that are all but the same it does not tell apart. The findings in a single window stay as they are.
    """
    if len(windows) == 1:
        return found[0]
    views = _Views.of(windows, [_without_repeated(one) for one in found])
    objects = [np.array(members) for members in _objects(views, _agreeing_pairs(views))]
    surest = np.array([members[views.scores[members].argmax()] for members in objects], np.int64)
    boxes = np.array([_box(views, members) for members in objects], np.float32).reshape(-1, 4)
    scores, classes = views.scores[surest], views.classes[surest]
    whole = np.array([not views.cut[members].all() for members in objects], np.bool_)
    kept = np.flatnonzero(~_pieces(boxes, classes, whole))
    order = kept[np.argsort(-scores[kept], kind="stable")]
    return replace(found[0], boxes=boxes[order], scores=scores[order], classes=classes[order])


def _without_repeated(found: Detections) -> Detections:
    """The findings in one window, surest first, without those that repeat a surer one of their class."""
    same = found.classes[:, None] == found.classes
    alike = same & (iou(found.boxes, found.boxes) >= REPEATED)
    kept: list[int] = []
    for index in range(len(found)):
        if not alike[index, kept].any():
            kept.append(index)
    return found[kept]


@dataclass(frozen=True, eq=False)
class _Views:
    """All findings [n] in all windows [t, 4]."""

    windows: NDArray[np.int64]
    window: NDArray[np.int64]
    """[n] where each was seen; ascending."""
    boxes: NDArray[np.float32]
    """[n, 4] xyxy, pixels of the picture."""
    scores: NDArray[np.float32]
    classes: NDArray[np.int64]
    cut: NDArray[np.bool_]
    """[n] it ends at an edge of its window inside the picture."""

    @classmethod
    def of(cls, windows: NDArray[np.int64], found: Sequence[Detections]) -> "_Views":
        window = np.repeat(np.arange(len(windows)), [len(one) for one in found])
        corners = np.tile(windows[:, :2], 2).astype(np.float32)
        boxes = np.concatenate([one.boxes + corner for one, corner in zip(found, corners, strict=True)])
        near = EDGE * (windows[:, 2:] - windows[:, :2]).max(axis=1, keepdims=True)
        at_edge = np.abs(boxes - windows[window]) <= near[window]
        inner = windows != windows[0]
        return cls(
            windows=windows,
            window=window,
            boxes=boxes,
            scores=np.concatenate([one.scores for one in found]),
            classes=np.concatenate([one.classes for one in found]),
            cut=(at_edge & inner[window]).any(axis=1),
        )


def _agreeing_pairs(views: _Views) -> list[tuple[int, int]]:
    """Findings in two windows that look like one object where both windows look; the likest first."""
    pairs: list[tuple[float, int, int]] = []
    firsts = np.searchsorted(views.window, np.arange(len(views.windows) + 1))
    for i, j in np.argwhere(np.triu(intersections(views.windows, views.windows), 1)):
        a, b = (slice(firsts[k], firsts[k + 1]) for k in (i, j))
        low, high = views.windows[[i, j], :2].max(axis=0), views.windows[[i, j], 2:].min(axis=0)
        ours, theirs = (views.boxes[k].clip([*low, *low], [*high, *high]) for k in (a, b))
        alike = iou(ours, theirs) * (views.classes[a, None] == views.classes[b])
        agreeing = np.argwhere(alike >= AGREEMENT)
        pairs += [(alike[k, m], a.start + k, b.start + m) for k, m in agreeing]
    return [(a, b) for _, a, b in sorted(pairs, reverse=True)]


def _objects(views: _Views, pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Findings joined along the pairs, in their order, to objects that have one finding a window at most."""
    groups = [[index] for index in range(len(views.window))]
    for a, b in pairs:
        ours, theirs = groups[a], groups[b]
        if ours is not theirs and not {views.window[i] for i in ours} & {views.window[i] for i in theirs}:
            ours += theirs
            for index in theirs:
                groups[index] = ours
    return [group for index, group in enumerate(groups) if group[0] == index]


def _box(views: _Views, members: NDArray[np.int64]) -> NDArray[np.float32]:
    """The surest box [4] that was not cut; where all were, the box around them."""
    boxes, uncut = views.boxes[members], ~views.cut[members]
    box: NDArray[np.float32] = boxes[np.where(uncut, views.scores[members], -1).argmax()]
    return box if uncut.any() else np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])


def _pieces(
    boxes: NDArray[np.float32], classes: NDArray[np.int64], whole: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which [n] no window showed whole and lie in an object of their class that one did."""
    piece = np.zeros(len(boxes), np.bool_)
    for index in np.flatnonzero(~whole):
        around = boxes[whole & (classes == classes[index])]
        piece[index] = (intersections(boxes[None, index], around) >= INSIDE * areas(boxes[None, index])).any()
    return piece
