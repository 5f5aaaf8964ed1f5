"""What the labels become: boxes of the visible parts, and which of them survive (spec 5.3, 5.4)."""

import numpy as np
from numpy.typing import NDArray

from yolov10.data.layers import Layer
from yolov10.data.warp import Shown, corners, transform

Points = NDArray[np.float64]

LEAST_SHARE = 0.10
"""Part of an object's box that must stay visible, where labels are boxes …"""
LEAST_SHARE_OF_OUTLINES = 0.01
"""… and where they are outlines, whose visible part is known better."""


def visible_objects(
    layer: Layer, shown: Shown, *, scale: float, size: int, by_outline: bool
) -> tuple[NDArray[np.int64], Points]:
    """Classes [n] and boxes [n,4] xyxy of a layer's objects that survive in the training picture of `size`.

    `scale` is the warp's. `by_outline`: some picture of the composition has outlines, so that all objects are
    taken for polygons.
    """
    objects = layer.objects
    boxes = clip(objects.boxes, layer.part)
    before = (boxes[:, 2:] - boxes[:, :2]) * (abs(layer.place[0, 0]), abs(layer.place[1, 1])) * scale
    if by_outline:
        outlines = list(corners(boxes)) if objects.outlines is None else objects.outlines
        after = bounds_within([transform(outline, shown.matrix) for outline in outlines], shown.window)
    else:
        moved = transform(corners(boxes), shown.matrix)
        after = clip(np.concatenate([moved.min(1), moved.max(1)], 1), (0, 0, size, size))
    keep = survive(
        before, after[:, 2:] - after[:, :2], LEAST_SHARE_OF_OUTLINES if by_outline else LEAST_SHARE
    )
    return objects.classes[keep], after[keep]


def survive(before: Points, after: Points, least_share: float) -> NDArray[np.bool_]:
    """Which objects [n] stay, by width and height [n,2] before and after transform and clip (spec 5.4)."""
    share = after.prod(1) / (before.prod(1) + 1e-16)
    longest, shortest = after.max(1), after.min(1)
    shown = before.min(1) > 0  # without a side, it lies outside the part that the canvas shows
    keep: NDArray[np.bool_] = (
        shown & (shortest > 2) & (share > least_share) & (longest / (shortest + 1e-16) < 100)
    )
    return keep


def clip(boxes: Points, limits: tuple[float, float, float, float]) -> Points:
    """Clip boxes [n,4] xyxy to a rectangle; one outside it keeps no area."""
    x1, y1, x2, y2 = limits
    return np.minimum(np.maximum(boxes, (x1, y1, x1, y1)), (x2, y2, x2, y2))


def bounds_within(outlines: list[Points], window: Points) -> Points:
    """Boxes [n,4] of the parts of closed polygons that lie in a convex window [k,2]; zeros where none does.

    The published pipeline samples 1000 points of each outline and takes the bounds of those in the training
    picture. This is the exact form of it, with one difference: a corner of the window that lies inside the
    object counts. Where an object fills such a corner and more, the sampled outline says too small a box, or
    none; this one says what is seen.
    """
    boxes = np.zeros((len(outlines), 4))
    for box, outline in zip(boxes, outlines, strict=True):
        points = _extremes_within(outline, window)
        if len(points):
            box[:2], box[2:] = points.min(0), points.max(0)
    return boxes


def _extremes_within(outline: Points, window: Points) -> Points:
    """Points [m,2] whose bounds are those of the polygon's part inside a convex window.

    Where its edges begin and end inside the window (Cyrus–Beck), and the window's corners inside the polygon.
    """
    excess = _excess(outline, window)
    if (excess <= 0).all():
        return outline
    start, end = excess, np.roll(excess, -1, 0)
    crosses = (start > 0) != (end > 0)
    at = np.where(crosses, start / np.where(crosses, start - end, 1), 0.0)
    enter = np.where(crosses & (start > 0), at, 0.0).max(1)
    leave = np.where(crosses & (end > 0), at, 1.0).min(1)
    seen = ~((start > 0) & (end > 0)).any(1) & (enter <= leave)
    along = np.roll(outline, -1, 0) - outline
    pieces = [outline + enter[:, None] * along, outline + leave[:, None] * along]
    return np.concatenate([piece[seen] for piece in pieces] + [window[_inside(window, outline)]])


def _excess(points: Points, window: Points) -> Points:
    """How far points [m,2] lie outside each edge [k] of a convex window, times the edge's length: [m,k]."""
    along = np.roll(window, -1, 0) - window
    outwards = np.stack([along[:, 1], -along[:, 0]], 1)
    x, y = window.T
    clockwise = np.sign((x * np.roll(y, -1) - y * np.roll(x, -1)).sum())
    excess: Points = clockwise * (points @ outwards.T - (window * outwards).sum(1))
    return excess


def _inside(points: Points, outline: Points) -> NDArray[np.bool_]:
    """Which points [k,2] a closed polygon holds: a ray to the right crosses it an odd number of times."""
    x, y = points[:, :1], points[:, 1:]
    following = np.roll(outline, -1, 0)
    straddles = (outline[:, 1] > y) != (following[:, 1] > y)
    rise = following[:, 1] - outline[:, 1]
    crossing = outline[:, 0] + (y - outline[:, 1]) * (following - outline)[:, 0] / np.where(
        rise == 0, 1, rise
    )
    inside: NDArray[np.bool_] = (straddles & (x < crossing)).sum(1) % 2 == 1
    return inside
