"""What boxes cover and share: [n, 4] xyxy arrays of any type, computed in float64."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[Any]


def areas(boxes: Boxes) -> NDArray[np.float64]:
    """Area [n] of each box."""
    area: NDArray[np.float64] = (boxes[:, 2:].astype(np.float64) - boxes[:, :2]).prod(axis=-1)
    return area


def intersections(boxes: Boxes, others: Boxes) -> NDArray[np.float64]:
    """Area [n, m] that each of n boxes shares with each of m others."""
    a, b = boxes[:, None].astype(np.float64), others.astype(np.float64)
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared: NDArray[np.float64] = sides.clip(min=0).prod(axis=-1)
    return shared


def iou(boxes: Boxes, others: Boxes) -> NDArray[np.float64]:
    """Intersection over union [n, m]; 0 where nothing is shared, as of boxes without area."""
    shared = intersections(boxes, others)
    return share(shared, areas(boxes)[:, None] + areas(others) - shared)


def share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """`part / whole`, and 0 where there is no part."""
    ratio: NDArray[np.float64] = np.divide(part, whole, out=np.zeros_like(part), where=part > 0)
    return ratio
