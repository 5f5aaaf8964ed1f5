"""Precision, recall and F1 against confidence, and the confidence at which F1 is best."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yolov10.model_card import DEFAULT_CONFIDENCE

CONFIDENCES = 1000
SMOOTHING = 101
"""Confidences whose F1 is averaged: a tenth of them, and one more so that it has a middle (spec 6.1)."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """All detections of a split but those ignored, in any order; D of them."""

    scores: NDArray[np.float32]
    """[D]."""
    classes: NDArray[np.int64]
    """[D]."""
    right: NDArray[np.bool_]
    """[D], false where it found no box of its class."""
    boxes: NDArray[np.int64]
    """[classes] boxes there are to find."""


@dataclass(frozen=True, eq=False)
class Curves:
    """How good the detections surer than a confidence are; NaN where that has no meaning."""

    confidences: NDArray[np.float64]
    """[n], ascending."""
    precision: NDArray[np.float64]
    """[classes, n]: of what was found, the share that is right; NaN where nothing was."""
    recall: NDArray[np.float64]
    """[classes, n]: of the boxes, the share that was found; NaN for a class without."""
    f1: NDArray[np.float64]
    """[classes, n]: their harmonic mean, 0 where nothing was found; NaN for a class without boxes."""

    @property
    def mean_f1(self) -> NDArray[np.float64]:
        """[n], over the classes that have boxes, of which there must be one."""
        mean: NDArray[np.float64] = np.nanmean(self.f1, axis=0)
        return mean


def measure(outcomes: Outcomes, confidences: NDArray[np.float64]) -> Curves:
    """Count what is surer than each of the ascending `confidences` [n]."""
    found = _surer(outcomes, np.ones_like(outcomes.right), confidences)
    right = _surer(outcomes, outcomes.right, confidences)
    boxes = np.broadcast_to(outcomes.boxes[:, None], found.shape)
    return Curves(
        confidences,
        precision=_ratio(right, found),
        recall=_ratio(right, boxes),
        f1=_ratio(2 * right, np.where(boxes > 0, found + boxes, 0)),
    )


def confidence_grid(outcomes: Outcomes) -> NDArray[np.float64]:
    """1000 confidences from 0 to below the highest score, so that any network's curve is resolved."""
    highest = float(outcomes.scores.max(initial=0)) or 1.0
    return np.arange(CONFIDENCES) / CONFIDENCES * highest


def best_confidence(confidences: NDArray[np.float64], mean_f1: NDArray[np.float64]) -> float:
    """The confidence of the best mean F1, smoothed so that no lucky spike wins (spec 6.1); four digits.

    Of a run of equals the middle: few boxes make F1 a staircase, and its edges lie on single detections.
    Where nothing is right at any, that of a model which says nothing.
    """
    if not mean_f1.any():
        return DEFAULT_CONFIDENCE
    padded = np.pad(mean_f1, SMOOTHING // 2, mode="edge")
    smooth = np.convolve(padded, np.full(SMOOTHING, 1 / SMOOTHING), mode="valid")
    best = smooth > smooth.max() - 1e-9
    start = int(best.argmax())
    end = start + int(np.append(~best[start:], True).argmax())
    return float(f"{confidences[(start + end - 1) // 2]:.4g}")


def _surer(
    outcomes: Outcomes, counted: NDArray[np.bool_], confidences: NDArray[np.float64]
) -> NDArray[np.int64]:
    """How many of the detections `counted` [D] are of each class and above each confidence, [classes, n]."""
    of_classes = (
        np.sort(outcomes.scores[counted & (outcomes.classes == index)]).astype(np.float64)
        for index in range(len(outcomes.boxes))
    )
    return np.array([len(own) - np.searchsorted(own, confidences, side="right") for own in of_classes])


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """Their ratio; NaN where the whole is zero."""
    ratio: NDArray[np.float64] = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return ratio
