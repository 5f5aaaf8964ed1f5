"""How much of the picture one output cell can see: intervals carried backwards through the graph.

A cell's window on what it reads follows from kernel and stride; windows of several readers unite. The same
holds for rows and columns, so one axis is enough. An upsampled map makes the window depend on the cell's
parity: the widest counts.
"""

from collections.abc import Sequence

from yolov10.architecture import STRIDES, Layer
from yolov10.info.step import Step
from yolov10.info.steps import steps_of

Window = tuple[int, int]
"""First and last cell, counted from the cell at which the axis begins; edges of the picture are ignored."""

Graph = Sequence[tuple[Layer, tuple[Step, ...]]]


def receptive_fields(rows: tuple[Layer, ...]) -> list[int]:
    """Side in pixels of the window that one output cell of each row sees through convolutions alone.

    What attention adds is left out: behind it, a cell sees the whole picture (`sees_everything`). Of Detect,
    the window of its coarsest level.
    """
    graph = [(row, steps_of(row, one2many=False)) for row in rows]
    return [_widest(graph[: row.index + 1]) for row in rows]


def sees_everything(rows: tuple[Layer, ...]) -> list[bool]:
    """Of each row, whether attention lies on the way: then a cell sees the whole picture."""
    reached: list[bool] = []
    for row in rows:
        reached.append(row.kind in ("PSA", "Attention") or any(reached[s] for s in row.sources if s >= 0))
    return reached


def _widest(graph: Graph) -> int:
    stride = STRIDES[-1] if graph[-1][0].kind == "Detect" else graph[-1][0].output_stride
    upsampled = any(row.kind == "Upsample" for row, _ in graph)
    windows = [_window(graph, cell) for cell in range(STRIDES[-1] // stride if upsampled else 1)]
    return max(last - first + 1 for first, last in windows)


def _window(graph: Graph, cell: int) -> Window:
    """Pixels that a cell of the last row sees."""
    wanted: dict[int, Window] = {graph[-1][0].index: (cell, cell)}
    for row, steps in reversed(graph):
        if row.index not in wanted:
            continue
        inside: dict[int, Window] = {_output(row, steps): wanted.pop(row.index)}
        for position in range(len(steps) - 1, -1, -1):
            if position in inside:
                for source in steps[position].reads:
                    _unite(inside, source, _read(steps[position], inside[position]))
        for source, window in inside.items():
            if source < 0:
                _unite(wanted, row.sources[-1 - source], window)
    return wanted[-1]


def _output(row: Layer, steps: tuple[Step, ...]) -> int:
    """Position of the step that the row gives; of Detect, the raw map of the coarsest level."""
    return len(steps) - (2 if row.kind == "Detect" else 1)


def _read(step: Step, window: Window) -> Window:
    """What a step reads to give a window of its own cells."""
    first, last = window
    if step.kind == "upsample":
        return first // 2, last // 2
    reach = step.kernel // 2
    return first * step.step_stride - reach, last * step.step_stride + reach


def _unite(windows: dict[int, Window], key: int, window: Window) -> None:
    known = windows.get(key, window)
    windows[key] = min(known[0], window[0]), max(known[1], window[1])
