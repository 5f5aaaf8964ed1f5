"""From raw maps to boxes as ONNX operators: decoding, and top-k without suppression (spec 3.3, 3.4).

`network/head.py` decodes every anchor; here the best are chosen by their logits first, which the sigmoid
keeps in order, and only their boxes are decoded.

B pictures, A anchors of all levels, K ≤ 300 of them, nc classes. Everything is float32, and indices are
int32, whatever the network computes in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from yolov10.architecture import MAX_DETECTIONS, REG_MAX
from yolov10.graph.cells import Cells, float32, locate
from yolov10.graph.graph import Graph, Value
from yolov10.graph.head import gather
from yolov10.graph.onnx_file import DATA_TYPES

INT32 = DATA_TYPES["int32"]


@dataclass(frozen=True)
class Best:
    """The best (anchor, class) pairs, highest first, each [B, K]."""

    anchors: Value
    """Their numbers, int32; one appears once for each of its classes."""
    labels: Value
    """Columns of the network's own classes, int32."""
    logits: Value


def choose(graph: Graph, logits: Value, num_classes: int, classes: Sequence[int] | None) -> Best:
    """Top-k over the pairs of logits [B, nc, A]; of `classes` alone where they are given.

    The best anchors come first, by their best class: every one of the best pairs lies on one of them.
    """
    if classes is not None:
        chosen = graph.constant(list(classes), "int64")
        logits = graph.add("Gather", [logits, chosen], "logits.chosen", {"axis": 1})
        num_classes = len(classes)
    count = _count(graph, logits)
    best = graph.add("ReduceMax", [logits], "best", {"axes": [1], "keepdims": 0})
    _, anchors = _top(graph, best, count, "anchors")  # [B, K]
    of_anchors = gather(graph, logits, anchors, num_classes, "candidates")
    by_anchor = graph.add("Transpose", [of_anchors], "candidates.turned", {"perm": [0, 2, 1]})
    flat = graph.add("Reshape", [by_anchor, graph.shape(0, -1)], "candidates.flat")
    values, places = _top(graph, flat, count, "places")
    width = graph.constant(num_classes, "int32")
    rank = graph.add("Div", [places, width], "rank")
    label = graph.add("Sub", [places, graph.add("Mul", [rank, width], "rank.start")], "label")
    if classes is not None:
        label = graph.add("Gather", [graph.constant(list(classes), "int32"), label], "label.chosen")
    return Best(graph.add("GatherElements", [anchors, rank], "kept", {"axis": 1}), label, values)


def detections(graph: Graph, bins: Value, best: Best, cells: Cells) -> Value:
    """Rows [B, K, 6] x1 y1 x2 y2 score class of the best pairs, whose bins are [B, 64, K]."""
    left_top, right_bottom, centres, stride = _decoded(graph, bins, cells)
    first = graph.add("Sub", [centres, left_top], "corner.first")
    second = graph.add("Add", [centres, right_bottom], "corner.second")
    corners = graph.add("Concat", [first, second], "corners", {"axis": 1})
    boxes = graph.add("Mul", [corners, stride], "boxes")
    score = _row(graph, graph.add("Sigmoid", [best.logits], "score"))
    parts = [boxes, score, _row(graph, float32(graph, best.labels, "class"))]
    rows = graph.add("Concat", parts, "rows", {"axis": 1})
    return graph.add("Transpose", [rows], "output0", {"perm": [0, 2, 1]})


def all_anchors(graph: Graph, bins: Value, logits: Value, sides: Value) -> Value:
    """Every anchor: [B, 4 + nc, A] cx cy w h in input pixels, probabilities; as `YOLOv10.decode` gives it."""
    total = graph.add("Squeeze", [graph.add("Shape", [bins], "total", {"start": 2})], "total.scalar")
    zero, one = graph.constant(0, "int64"), graph.constant(1, "int64")
    every = graph.add("Range", [zero, total, one], "every.int64")
    every = graph.add("Cast", [every], "every", {"to": INT32})
    every = graph.add("Unsqueeze", [every, graph.shape(0)], "every.row")  # [1, A]
    left_top, right_bottom, centres, stride = _decoded(graph, bins, locate(graph, every, sides))
    difference = graph.add("Sub", [right_bottom, left_top], "difference")
    half = graph.add("Mul", [difference, graph.constant(0.5, "float32")], "difference.half")
    centre = graph.add("Add", [centres, half], "centre")
    size = graph.add("Add", [left_top, right_bottom], "size")
    boxes = graph.add("Concat", [centre, size], "centre.size", {"axis": 1})
    boxes = graph.add("Mul", [boxes, stride], "boxes")
    scores = graph.add("Sigmoid", [logits], "scores")
    return graph.add("Concat", [boxes, scores], "output0", {"axis": 1})


def _decoded(graph: Graph, bins: Value, cells: Cells) -> tuple[Value, Value, Value, Value]:
    """Left-top and right-bottom distances and centres in cells, each [·, 2, K], and strides [·, 1, K].

    bins [B, 64, K].
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
    x, y = _centre(graph, cells.column, "x"), _centre(graph, cells.row, "y")
    centres = graph.add("Concat", [x, y], "centres", {"axis": 1})
    stride = _row(graph, float32(graph, cells.stride, "stride.float"))
    return left_top, right_bottom, centres, stride


def _centre(graph: Graph, cell: Value, name: str) -> Value:
    """The centre of cells [B, K] along one axis, as [B, 1, K]."""
    begin = float32(graph, cell, f"{name}.begin")
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
