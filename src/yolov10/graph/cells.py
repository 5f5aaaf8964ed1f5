"""Where anchors lie, by their numbers: no table of anchors is needed, and the picture's size stays free."""

from dataclasses import dataclass

from yolov10.architecture import STRIDES
from yolov10.graph.graph import Graph, Value
from yolov10.graph.onnx_file import DATA_TYPES


@dataclass(frozen=True)
class Cells:
    """Cells of anchors, all int32: [B, K] pictures and anchors, or [1, K] where all pictures share them."""

    anchors: Value
    """Their numbers, which run row by row and P3, P4, P5 (spec 3.3)."""
    column: Value
    row: Value
    """On the anchor's own level."""
    stride: Value
    """Pixels a cell of that level."""
    rows: Value
    columns: Value
    """Sides of P3, scalars."""
    fine: Value
    """Anchors of P3, a scalar: those with smaller numbers are its own."""


def locate(graph: Graph, anchors: Value, sides: Value) -> Cells:
    """The cells of anchors [B, K] on an input of `sides` [2], height and width, int32."""
    fine, middle, coarse = (graph.constant(stride, "int32") for stride in STRIDES)
    zero, one = graph.constant(0, "int32"), graph.constant(1, "int32")
    cells = graph.add("Div", [sides, fine], "cells")
    rows, columns = (graph.add("Gather", [cells, side], f"cells.{i}") for i, side in enumerate((zero, one)))
    of_fine = graph.add("Mul", [rows, columns], "cells.fine")
    of_middle = graph.add("Div", [of_fine, graph.constant(4, "int32")], "cells.middle")
    of_both = graph.add("Add", [of_fine, of_middle], "cells.both")
    beyond_fine = graph.add("GreaterOrEqual", [anchors, of_fine], "beyond.fine")
    beyond_both = graph.add("GreaterOrEqual", [anchors, of_both], "beyond.both")

    def by_level(name: str, on_fine: Value, on_middle: Value, on_coarse: Value) -> Value:
        coarser = graph.add("Where", [beyond_both, on_coarse, on_middle], f"{name}.coarser")
        return graph.add("Where", [beyond_fine, coarser, on_fine], name)

    stride = by_level("stride", fine, middle, coarse)
    cell = graph.add("Sub", [anchors, by_level("start", zero, of_fine, of_both)], "cell")
    width = graph.add("Div", [graph.add("Gather", [sides, one], "width"), stride], "columns")
    row = graph.add("Div", [cell, width], "row")
    column = graph.add("Sub", [cell, graph.add("Mul", [row, width], "row.start")], "column")
    return Cells(anchors, column, row, stride, rows, columns, of_fine)


def float32(graph: Graph, value: Value, name: str) -> Value:
    """A whole number, or a float of another size, as float32."""
    return graph.add("Cast", [value], name, {"to": DATA_TYPES["float32"]})
