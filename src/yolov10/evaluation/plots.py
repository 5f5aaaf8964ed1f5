"""The pictures of `--output`: curves, confusion matrix, and a sheet of the worst images."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yolov10 import images
from yolov10.evaluation.chart import LINE_COLOURS, Axis, Line, line_chart
from yolov10.evaluation.coco import ALL, IOU_50
from yolov10.evaluation.matching import MATCH_IOU, confusion
from yolov10.evaluation.matrix import matrix_chart
from yolov10.evaluation.paper import INK, Colour
from yolov10.evaluation.report import Evaluation
from yolov10.evaluation.worst import worst_images
from yolov10.images import Image

MAX_COLOURS = len(LINE_COLOURS)
"""Classes that get a colour and a line in the legend; where there are more, all are gray."""
GRAY: Colour = (212, 209, 206)


def write_plots(folder: Path, evaluation: Evaluation) -> None:
    """Write four PNG files into a folder, which is made. Raises UserError where it cannot be written."""
    images.write(folder / "precision_recall.png", precision_recall(evaluation))
    images.write(folder / "f1.png", f1(evaluation))
    images.write(folder / "confusion_matrix.png", confusion_matrix(evaluation))
    images.write(folder / "worst_images.png", worst_images(evaluation))


def precision_recall(evaluation: Evaluation) -> Image:
    """Precision against recall: the curves whose areas are AP50."""
    curves = evaluation.average.precision[IOU_50, ..., ALL].T  # [classes, 101]
    recall = np.linspace(0, 1, curves.shape[1])
    lines = _lines(evaluation.names, recall, curves, curves.mean(axis=1))
    note = f"IoU ≥ {MATCH_IOU:g}; in the legend AP50; {_scope(evaluation)}"
    return line_chart("Precision and recall", note, (Axis("recall"), Axis("precision")), lines)


def f1(evaluation: Evaluation) -> Image:
    """F1 against confidence, and the threshold that follows from it."""
    curves, threshold = evaluation.curves, evaluation.threshold
    lines = _lines(evaluation.names, curves.confidences, curves.f1, evaluation.at_threshold.f1[:, 0])
    note = f"IoU ≥ {MATCH_IOU:g}; in the legend F1 at confidence {threshold:g}; {_scope(evaluation)}"
    axes = Axis("confidence"), Axis("F1")
    return line_chart("F1 and confidence", note, axes, lines, (threshold, f"threshold {threshold:g}"))


def confusion_matrix(evaluation: Evaluation) -> Image:
    """What is there against what was found, at the threshold."""
    findings, names = evaluation.findings, evaluation.names
    counts = sum(
        (
            confusion(rows, sample, matches, evaluation.threshold, len(names))
            for rows, sample, matches in zip(findings.rows, findings.samples, evaluation.matches, strict=True)
        ),
        start=np.zeros((len(names) + 1, len(names) + 1), np.int64),
    )
    note = (
        f"confidence > {evaluation.threshold:g}; IoU ≥ {MATCH_IOU:g}; shade: share of the row; "
        f"{_scope(evaluation)}"
    )
    labels = ([*names, "nothing: false"], [*names, "nothing: missed"])
    return matrix_chart("Confusion matrix", note, ("there", "found"), labels, counts)


def _lines(
    names: list[str], x: NDArray[np.float64], curves: NDArray[np.float64], figures: NDArray[np.float64]
) -> list[Line]:
    """The curves [classes, n] of classes that have boxes, and above them their mean.

    figures: [classes], shown in the legend.
    """
    known = [index for index in range(len(names)) if np.isfinite(curves[index]).any()]
    if len(known) <= MAX_COLOURS:
        lines = [
            Line(x, curves[index], colour, f"{figures[index]:.3f}  {names[index]}")
            for index, colour in zip(known, LINE_COLOURS, strict=False)
        ]
    else:
        lines = [Line(x, curves[index], GRAY, width=2) for index in known]
        lines[0] = replace(lines[0], name="each class")
    name = f"{figures[known].mean():.3f}  mean of {len(known)} classes"
    return [*lines, Line(x, curves[known].mean(axis=0), INK, name, 5)]


def _scope(evaluation: Evaluation) -> str:
    samples = evaluation.findings.samples
    return f"{len(samples):,} images, {int(evaluation.outcomes.boxes.sum()):,} boxes"
