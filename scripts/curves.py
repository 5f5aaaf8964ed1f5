"""Draw the AP of several runs, epoch by epoch, as one picture.

    python scripts/curves.py OUTPUT.png NOTE NAME=HISTORY.csv ...

NOTE stands below the title. Runs whose names are alike but for the last word share a colour.
"""

import sys
from pathlib import Path

import numpy as np

from yolov10 import images
from yolov10.evaluation.chart import LINE_COLOURS, Axis, Line, line_chart
from yolov10.training.history import read_history


def draw(output: Path, note: str, histories: dict[str, Path]) -> None:
    """One line a run; a legend entry a colour."""
    kinds = list(dict.fromkeys(name.rpartition(" ")[0] for name in histories))
    lines, named = [], set()
    for name, path in histories.items():
        kind = name.rpartition(" ")[0]
        rows = read_history(path, sys.maxsize)
        lines.append(
            Line(
                np.array([row["epoch"] for row in rows], np.float64),
                np.array([np.nan if row["AP"] is None else row["AP"] for row in rows], np.float64),
                LINE_COLOURS[kinds.index(kind)],
                "" if kind in named else kind,
            )
        )
        named.add(kind)
    last = max(line.x.max() for line in lines)
    highest = max(float(np.nanmax(line.y)) for line in lines)
    axes = Axis("epoch", 0, last), Axis("AP", 0, np.ceil(highest * 10) / 10)
    images.write(
        output,
        line_chart("AP of the one-to-one head", note, axes, lines),
    )


if __name__ == "__main__":
    output, note, *runs = sys.argv[1:]
    draw(Path(output), note, {name: Path(path) for name, path in (one.split("=") for one in runs)})
