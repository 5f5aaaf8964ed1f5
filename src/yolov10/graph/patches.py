"""Patches of a map around some of its cells, as ONNX operators."""

from yolov10.graph.cells import Cells
from yolov10.graph.graph import Graph, Value
from yolov10.graph.onnx_file import DATA_TYPES

REACH = 2
"""Cells to each side that two 3×3 convolutions see."""
SIDE = 2 * REACH + 1


def patches(graph: Graph, name: str, x: Value, cells: Cells, channels: int) -> tuple[Value, Value]:
    """5×5 patches of x [B, C, h, w] around cells [B, K], and where they lie inside of it.

    Patches [B·K, C, 5, 5], of any numbers outside; inside [B·K, 1, 5, 5], 1 or 0; both in the network's type.
    """
    y, inside_y = _five(graph, f"{name}.y", cells.row, cells.rows)
    x_, inside_x = _five(graph, f"{name}.x", cells.column, cells.columns)
    down, across = graph.shape(3), graph.shape(2)
    start = graph.add("Mul", [y, cells.columns], f"{name}.row.start")
    start = graph.add("Add", [start, _pictures(graph, name, x, cells)], f"{name}.start")
    rows = graph.add("Unsqueeze", [start, down], f"{name}.rows")
    place = graph.add("Add", [rows, graph.add("Unsqueeze", [x_, across], f"{name}.columns")], f"{name}.place")
    place = graph.add("Reshape", [place, graph.shape(-1)], f"{name}.place.flat")  # [B·K·25]
    inside = graph.add(
        "And",
        [
            graph.add("Unsqueeze", [inside_y, down], f"{name}.y.inside.rows"),
            graph.add("Unsqueeze", [inside_x, across], f"{name}.x.inside.columns"),
        ],
        f"{name}.inside",
    )
    inside = graph.add("Cast", [inside], f"{name}.inside.float", {"to": DATA_TYPES[graph.float_type]})
    inside = graph.add("Reshape", [inside, graph.shape(-1, 1, SIDE, SIDE)], f"{name}.mask")
    by_cell = graph.add("Transpose", [x], f"{name}.map", {"perm": [0, 2, 3, 1]})
    by_cell = graph.add("Reshape", [by_cell, graph.shape(-1, channels)], f"{name}.map.flat")
    found = graph.add("Gather", [by_cell, place], f"{name}.found", {"axis": 0})
    found = graph.add("Reshape", [found, graph.shape(-1, SIDE, SIDE, channels)], f"{name}.found.patches")
    return graph.add("Transpose", [found], name, {"perm": [0, 3, 1, 2]}), inside


def _five(graph: Graph, name: str, centre: Value, side: Value) -> tuple[Value, Value]:
    """Five neighbours of each cell along an axis [B, K, 5], kept in 0 … side − 1; and which lay within."""
    offsets = graph.constant(list(range(-REACH, REACH + 1)), "int32")
    zero, one = graph.constant(0, "int32"), graph.constant(1, "int32")
    cells = graph.add(
        "Add", [graph.add("Unsqueeze", [centre, graph.shape(2)], f"{name}.centre"), offsets], f"{name}.five"
    )
    last = graph.add("Sub", [side, one], f"{name}.last")
    within = graph.add("Min", [graph.add("Max", [cells, zero], f"{name}.from.0"), last], f"{name}.within")
    return within, graph.add("Equal", [cells, within], f"{name}.inside")


def _pictures(graph: Graph, name: str, x: Value, cells: Cells) -> Value:
    """Where each picture's cells begin among those of all [B, 1, 1]."""
    count = graph.add(
        "Squeeze", [graph.add("Shape", [x], f"{name}.batch", {"start": 0, "end": 1})], f"{name}.count"
    )
    count = graph.add("Cast", [count], f"{name}.count.int32", {"to": DATA_TYPES["int32"]})
    every = graph.add(
        "Range", [graph.constant(0, "int32"), count, graph.constant(1, "int32")], f"{name}.every"
    )
    every = graph.add("Mul", [every, cells.fine], f"{name}.begins")
    return graph.add("Reshape", [every, graph.shape(-1, 1, 1)], f"{name}.pictures")
