"""The history of a run: one row an epoch, as a table and as curves."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yolov10 import images
from yolov10.evaluation.chart import LINE_COLOURS, Axis, Line, line_chart
from yolov10.files import write_atomic
from yolov10.training.epoch import Trained

LOSSES = ("box_om", "cls_om", "dfl_om", "box_oo", "cls_oo", "dfl_oo")
"""The items of the loss, gains included: of the one-to-many head, then of the one-to-one."""
FIGURES = ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR100", "threshold")
COLUMNS = ("epoch", "seconds", "images_per_second", "learning_rate", *LOSSES, *FIGURES)

Row = dict[str, float | None]


def row_of(epoch: int, seconds: float, trained: Trained, evaluation: Mapping[str, Any] | None) -> Row:
    """The row of an epoch, counted from 1; figures are None where it was not validated.

    Rounded to what is worth reading.
    """
    figures = evaluation or {}
    return {
        "epoch": epoch,
        "seconds": round(seconds, 3),
        "images_per_second": round(trained.images_per_second, 3),
        "learning_rate": float(f"{trained.learning_rate:.6g}"),
        **{name: float(f"{loss:.6g}") for name, loss in zip(LOSSES, trained.losses, strict=True)},
        **{name: figures.get(name) for name in FIGURES},
    }


def write_history(path: Path, rows: Sequence[Row]) -> None:
    """Write all rows; what does not exist is an empty cell. Raises UserError where that is not possible."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomic(path, text.getvalue().encode())


def read_history(path: Path, epochs: int) -> list[Row]:
    """The rows of the first epochs; of a file that is not there, none."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows: list[Row] = [
            {name: float(cell) if cell else None for name, cell in row.items()}
            for row in csv.DictReader(file)
        ]
    for row in rows:
        row["epoch"] = int(row["epoch"] or 0)
    return [row for row in rows if (row["epoch"] or 0) <= epochs]


def draw_curves(path: Path, rows: Sequence[Row]) -> None:
    """Draw the losses of both heads above AP and AP50."""
    epochs = _column(rows, "epoch")
    across = Axis("epoch", 0, max(float(epochs.max()), 2))
    losses = [_line(rows, name, index) for index, name in enumerate(LOSSES)]
    highest = max(float(np.nanmax(line.y)) for line in losses)
    charts = [
        line_chart(
            "Losses",
            "means of an epoch, gains included; om one-to-many head, oo one-to-one head",
            (across, Axis("loss", 0, highest * 1.05)),
            losses,
        )
    ]
    accuracy = [_line(rows, name, index) for index, name in enumerate(("AP", "AP50"))]
    if any(np.isfinite(line.y).any() for line in accuracy):
        note = "COCO's, of the averaged weights and the one-to-one head, on the validation pictures"
        charts.append(line_chart("Accuracy", note, (across, Axis("AP")), accuracy))
    images.write(path, np.concatenate(charts))


def _line(rows: Sequence[Row], name: str, index: int) -> Line:
    """A column as a curve, without the epochs that lack it."""
    y = _column(rows, name)
    there = np.isfinite(y)
    label = f"{y[there][-1]:.3f}  {name}" if there.any() else name
    return Line(_column(rows, "epoch")[there], y[there], LINE_COLOURS[index % len(LINE_COLOURS)], label)


def _column(rows: Sequence[Row], name: str) -> NDArray[np.float64]:
    """[epochs]; NaN where there is no value."""
    return np.array([np.nan if row[name] is None else row[name] for row in rows], np.float64)
