"""Top-k for files that leave it out (`--head raw`), in NumPy (spec 3.4)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yolov10.architecture import MAX_DETECTIONS


def best_rows(
    anchors: NDArray[Any], classes: Sequence[int] | None, limit: int = MAX_DETECTIONS
) -> NDArray[np.float32]:
    """The best (anchor, class) pairs: anchors [B, 4 + nc, A] → rows [B, min(limit, A), 6], highest first.

    anchors: cx cy w h in input pixels, then a probability a class. `classes`, at least one, are chosen first.
    """
    anchors = anchors.astype(np.float32, copy=False)
    wanted = np.arange(anchors.shape[1] - 4) if classes is None else np.asarray(classes)
    scores = anchors[:, 4:] if classes is None else anchors[:, 4 + wanted]
    return np.stack(
        [_best(boxes, own, wanted, limit) for boxes, own in zip(anchors[:, :4], scores, strict=True)]
    )


def _best(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], classes: NDArray[np.int64], limit: int
) -> NDArray[np.float32]:
    """One picture's rows: boxes [4, A], scores [classes, A]."""
    count = min(limit, scores.shape[1])
    # Every one of the best pairs lies on one of the best anchors.
    best = _largest(scores.max(axis=0), count)
    pairs = scores[:, best].T.ravel()
    kept = _largest(pairs, count)
    kept = kept[np.argsort(-pairs[kept], kind="stable")]
    rank, label = np.divmod(kept, len(classes))
    centre, size = boxes[:, best[rank]].T.reshape(-1, 2, 2).swapaxes(0, 1)
    corners = [centre - size / 2, centre + size / 2]
    rows = np.column_stack([*corners, pairs[kept], classes[label]])
    return rows.astype(np.float32, copy=False)


def _largest(values: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Where the `count` largest values are, in order of place."""
    if count == len(values):
        return np.arange(count)
    return np.sort(np.argpartition(values, -count)[-count:])
