"""What findings are worth: COCO's figures, the best threshold, and what holds at it."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yolov10.evaluation.coco import IOU_50, IOU_75, LARGE, MEDIUM, SMALL, AveragePrecision, average_precision
from yolov10.evaluation.curves import Curves, Outcomes, best_confidence, confidence_grid, measure
from yolov10.evaluation.inference import Findings
from yolov10.evaluation.matching import Matches, match, suppress

DUPLICATE_IOU = 0.7
"""Overlap above which a detection repeats a surer one of its class; what NMS would suppress (spec 6.1)."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Everything measured on a split, for the report and the plots."""

    names: list[str]
    findings: Findings
    average: AveragePrecision
    matches: list[Matches]
    """Of each sample, at IoU 0.5."""
    curves: Curves
    threshold: float
    at_threshold: Curves
    """At `threshold` alone."""
    outcomes: Outcomes
    duplicates: float
    seconds: float
    """Spent on all of this."""


def assess(findings: Findings, names: list[str]) -> Evaluation:
    """Measure findings: COCO's figures, the best threshold, and what holds at it."""
    start = time.perf_counter()
    average = average_precision(findings.samples, findings.rows, names)
    matches = [match(rows, sample) for rows, sample in zip(findings.rows, findings.samples, strict=True)]
    outcomes = _outcomes(findings, matches, len(names))
    curves = measure(outcomes, confidence_grid(outcomes))
    threshold = best_confidence(curves.confidences, curves.mean_f1)
    return Evaluation(
        names=names,
        findings=findings,
        average=average,
        matches=matches,
        curves=curves,
        threshold=threshold,
        at_threshold=measure(outcomes, np.array([threshold])),
        outcomes=outcomes,
        duplicates=_duplicates(findings.rows, threshold),
        seconds=time.perf_counter() - start,
    )


def to_dict(evaluation: Evaluation) -> dict[str, Any]:
    """The result of `evaluate` (contract, section 2)."""
    average, at_threshold, findings = evaluation.average, evaluation.at_threshold, evaluation.findings
    pictures = len(findings.samples)
    per_class = {
        name: {
            "AP": figure(average.of_class(index)),
            "AP50": figure(average.of_class(index, iou=IOU_50)),
            "boxes": int(evaluation.outcomes.boxes[index]),
            "precision": figure(at_threshold.precision[index, 0]),
            "recall": figure(at_threshold.recall[index, 0]),
        }
        for index, name in enumerate(evaluation.names)
    }
    return {
        "AP": figure(average.mean()),
        "AP50": figure(average.mean(iou=IOU_50)),
        "AP75": figure(average.mean(iou=IOU_75)),
        "AP_small": figure(average.mean(area=SMALL)),
        "AP_medium": figure(average.mean(area=MEDIUM)),
        "AP_large": figure(average.mean(area=LARGE)),
        "AR100": figure(average.mean_recall()),
        "images": pictures,
        "threshold": evaluation.threshold,
        "per_class": per_class,
        "duplicates": figure(evaluation.duplicates),
        "milliseconds": {
            "read": round(findings.read_seconds / pictures * 1000, 3),
            "infer": round(findings.infer_seconds / pictures * 1000, 3),
            "evaluate": round(evaluation.seconds / pictures * 1000, 3),
        },
    }


def _outcomes(findings: Findings, matches: list[Matches], num_classes: int) -> Outcomes:
    every = np.concatenate(findings.rows)
    counted = ~np.concatenate([one.ignored for one in matches])
    right = np.concatenate([one.right for one in matches])
    boxes = np.concatenate([sample.classes[~sample.crowd] for sample in findings.samples])
    return Outcomes(
        scores=every[counted, 4],
        classes=every[counted, 5].astype(np.int64),
        right=right[counted],
        boxes=np.bincount(boxes, minlength=num_classes),
    )


def _duplicates(rows: list[NDArray[np.float32]], threshold: float) -> float:
    """Share of the detections above the threshold that suppression would take away."""
    sure = [own[own[:, 4] > threshold] for own in rows]
    found = sum(len(own) for own in sure)
    kept = sum(len(suppress(own, DUPLICATE_IOU)) for own in sure)
    return (found - kept) / found if found else 0.0


def figure(value: float) -> float | None:
    """A figure for JSON, which has no NaN."""
    return None if np.isnan(value) else round(float(value), 6)
