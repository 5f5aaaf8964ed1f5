"""From raw maps to boxes as ONNX operators: decoding, and top-k without suppression (spec 3.3, 3.4).

`network/head.py` decodes every anchor; here the best are chosen by their logits first, which the sigmoid
keeps in order, and only their boxes are decoded. Where an anchor lies follows from its number by
whole-number arithmetic: no table of anchors is needed, and the size of the picture stays free.

B pictures, A anchors of all levels, K ≤ 300 of them, nc classes. Everything is float32, and indices are
int32, whatever the network computes in.
"""

from collections.abc import Sequence

from yolov10.architecture import MAX_DETECTIONS, REG_MAX, STRIDES
from yolov10.graph.graph import Graph, Value
from yolov10.graph.onnx_file import DATA_TYPES

BINS = 4 * REG_MAX
FLOAT32, INT32 = DATA_TYPES["float32"], DATA_TYPES["int32"]


def detections(
    graph: Graph, bins: Value, logits: Value, sides: Value, num_classes: int, classes: Sequence[int] | None
) -> Value:
    """The best (anchor, class) pairs: rows [B, K, 6] x1 y1 x2 y2 score class, highest first.

    bins [B, 64, A], logits [B, nc, A], sides [2] height and width of the input, int32. `classes` are chosen
    before the top-k; class columns are the network's own.
    """
    if classes is not None:
        chosen = graph.constant(list(classes), "int64")
        logits = graph.add("Gather", [logits, chosen], "logits.chosen", {"axis": 1})
        num_classes = len(classes)
    count = _count(graph, logits)
    best = graph.add("ReduceMax", [logits], "best", {"axes": [1], "keepdims": 0})
    _, anchors = _top(graph, best, count, "anchors")  # [B, K]
    of_anchors = _gather(graph, logits, anchors, num_classes, "candidates")
    by_anchor = graph.add("Transpose", [of_anchors], "candidates.turned", {"perm": [0, 2, 1]})
    flat = graph.add("Reshape", [by_anchor, graph.shape(0, -1)], "candidates.flat")
    values, places = _top(graph, flat, count, "places")
    width = graph.constant(num_classes, "int32")
    rank = graph.add("Div", [places, width], "rank")
    label = graph.add("Sub", [places, graph.add("Mul", [rank, width], "rank.start")], "label")
    if classes is not None:
        label = graph.add("Gather", [graph.constant(list(classes), "int32"), label], "label.chosen")
    kept = graph.add("GatherElements", [anchors, rank], "kept", {"axis": 1})
    left_top, right_bottom, centres, stride = _decoded(
        graph, _gather(graph, bins, kept, BINS, "kept.bins"), kept, sides
    )
    first = graph.add("Sub", [centres, left_top], "corner.first")
    second = graph.add("Add", [centres, right_bottom], "corner.second")
    corners = graph.add("Concat", [first, second], "corners", {"axis": 1})
    boxes = graph.add("Mul", [corners, stride], "boxes")
    score = _row(graph, graph.add("Sigmoid", [values], "score"))
    parts = [boxes, score, _row(graph, graph.add("Cast", [label], "class", {"to": FLOAT32}))]
    rows = graph.add("Concat", parts, "rows", {"axis": 1})
    return graph.add("Transpose", [rows], "output0", {"perm": [0, 2, 1]})


def all_anchors(graph: Graph, bins: Value, logits: Value, sides: Value) -> Value:
    """Every anchor: [B, 4 + nc, A] cx cy w h in input pixels, probabilities; as `YOLOv10.decode` gives it."""
    total = graph.add("Squeeze", [graph.add("Shape", [bins], "total", {"start": 2})], "total.scalar")
    zero, one = graph.constant(0, "int64"), graph.constant(1, "int64")
    every = graph.add("Range", [zero, total, one], "every.int64")
    every = graph.add("Cast", [every], "every", {"to": INT32})
    every = graph.add("Unsqueeze", [every, graph.shape(0)], "every.row")  # [1, A]
    left_top, right_bottom, centres, stride = _decoded(graph, bins, every, sides)
    difference = graph.add("Sub", [right_bottom, left_top], "difference")
    half = graph.add("Mul", [difference, graph.constant(0.5, "float32")], "difference.half")
    centre = graph.add("Add", [centres, half], "centre")
    size = graph.add("Add", [left_top, right_bottom], "size")
    boxes = graph.add("Concat", [centre, size], "centre.size", {"axis": 1})
    boxes = graph.add("Mul", [boxes, stride], "boxes")
    scores = graph.add("Sigmoid", [logits], "scores")
    return graph.add("Concat", [boxes, scores], "output0", {"axis": 1})


def _decoded(graph: Graph, bins: Value, anchors: Value, sides: Value) -> tuple[Value, Value, Value, Value]:
    """Left-top and right-bottom distances and centres in cells, each [·, 2, K], and strides [·, 1, K].

    bins [B, 64, K]; anchors [B, K], or [1, K] where all pictures share them.
    """
    by_side = graph.add("Reshape", [bins, graph.shape(0, 4, REG_MAX, -1)], "bins.sides")
    shares = graph.add("Softmax", [by_side], "bins.softmax", {"axis": 2})
    # A sum and no matrix product: those run in bfloat16 where the whole network is asked to.
    weights = graph.constant([[float(bin)] for bin in range(REG_MAX)], "float32")
    weighted = graph.add("Mul", [shares, weights], "bins.weighted")
    distances = graph.add("ReduceSum", [weighted, graph.shape(2)], "distances", {"keepdims": 0})
    left_top, right_bottom = graph.add_several(
        "Split", [distances], ["left.top", "right.bottom"], {"axis": 1}
    )
    x, y, stride = _cells(graph, anchors, sides)
    centres = graph.add("Concat", [_centre(graph, x, "x"), _centre(graph, y, "y")], "centres", {"axis": 1})
    stride = _row(graph, graph.add("Cast", [stride], "stride.float", {"to": FLOAT32}))
    return left_top, right_bottom, centres, stride


def _cells(graph: Graph, anchors: Value, sides: Value) -> tuple[Value, Value, Value]:
    """Column, row and stride of anchors by their numbers, which run row by row and P3, P4, P5 (spec 3.3)."""
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
    return column, row, stride


def _centre(graph: Graph, cell: Value, name: str) -> Value:
    """The centre of cells [B, K] along one axis, as [B, 1, K]."""
    begin = graph.add("Cast", [cell], f"{name}.begin", {"to": FLOAT32})
    return _row(graph, graph.add("Add", [begin, graph.constant(0.5, "float32")], f"{name}.centre"))


def _row(graph: Graph, values: Value) -> Value:
    """[B, K] → [B, 1, K]."""
    return graph.add("Unsqueeze", [values, graph.shape(1)], f"{values}.row")


def _count(graph: Graph, logits: Value) -> Value:
    """How many rows there are: K = min(300, A), as [1]."""
    anchors = graph.add("Shape", [logits], "anchors.all", {"start": 2})
    return graph.add("Min", [anchors, graph.shape(MAX_DETECTIONS)], "count")


def _top(graph: Graph, values: Value, count: Value, name: str) -> tuple[Value, Value]:
    """The largest values [B, K], highest first, and their places, int32."""
    most, places = graph.add_several(
        "TopK", [values, count], [f"{name}.values", f"{name}.int64"], {"axis": 1}
    )
    return most, graph.add("Cast", [places], name, {"to": INT32})


def _gather(graph: Graph, values: Value, anchors: Value, channels: int, name: str) -> Value:
    """All channels of some anchors: values [B, channels, A], anchors [B, K] → [B, channels, K]."""
    everywhere = graph.add("Expand", [_row(graph, anchors), graph.shape(1, channels, 1)], f"{name}.places")
    return graph.add("GatherElements", [values, everywhere], name, {"axis": 2})
