"""The one-to-one head as ONNX operators (spec 3.1): logits of every anchor, boxes of those that are wanted.

B pictures, A anchors of all levels, K of them wanted, nc classes.
"""

from collections.abc import Sequence

from yolov10.architecture import REG_MAX, Layer
from yolov10.graph import blocks
from yolov10.graph.cells import Cells, float32
from yolov10.graph.graph import Graph, Value
from yolov10.graph.patches import patches

BINS = 4 * REG_MAX


def class_logits(graph: Graph, row: Layer, maps: Sequence[Value]) -> Value:
    """[B, nc, A], float32."""
    levels = []
    for level, y in enumerate(maps):
        name = _branch(row, "cv3", level)
        for unit in ("0.0", "0.1", "1.0", "1.1"):
            y = blocks.conv(graph, f"{name}.{unit}", y)
        y = blocks.convolution(graph, f"{name}.2", y)
        levels.append(_flat(graph, y, row.options["num_classes"]))
    return _joined(graph, "logits", levels)


def box_bins(graph: Graph, row: Layer, maps: Sequence[Value], first: int = 0) -> Value:
    """Bins of every anchor of the levels from `first` on: [B, 64, A], float32."""
    levels = []
    for level in range(first, len(maps)):
        name = _branch(row, "cv2", level)
        y = blocks.conv(graph, f"{name}.1", blocks.conv(graph, f"{name}.0", maps[level]))
        levels.append(_flat(graph, blocks.convolution(graph, f"{name}.2", y), BINS))
    return _joined(graph, "bins", levels)


def bins_of(graph: Graph, row: Layer, maps: Sequence[Value], cells: Cells) -> Value:
    """Bins of the anchors in some cells: [B, 64, K], float32.

    P3 has three quarters of the anchors, and its box branch a seventh of all work at 640 pixels; at most 300
    anchors are wanted. Each sees 5×5 cells through two 3×3 convolutions, so those patches are computed alone.
    """
    on_fine = _bins_of_patches(graph, _branch(row, "cv2", 0), maps[0], cells)
    beyond = graph.add("Sub", [cells.anchors, cells.fine], "beyond")
    coarser = graph.add("Max", [beyond, graph.constant(0, "int32")], "coarser")
    others = gather(graph, box_bins(graph, row, maps, first=1), coarser, BINS, "bins.coarser")
    is_fine = graph.add("Less", [cells.anchors, cells.fine], "is.fine")
    is_fine = graph.add("Unsqueeze", [is_fine, graph.shape(1)], "is.fine.row")
    return graph.add("Where", [is_fine, on_fine, others], "bins.kept")


def gather(graph: Graph, values: Value, anchors: Value, channels: int, name: str) -> Value:
    """All channels of some anchors: values [B, channels, A], anchors [B, K] → [B, channels, K]."""
    row = graph.add("Unsqueeze", [anchors, graph.shape(1)], f"{name}.row")
    everywhere = graph.add("Expand", [row, graph.shape(1, channels, 1)], f"{name}.places")
    return graph.add("GatherElements", [values, everywhere], name, {"axis": 2})


def _bins_of_patches(graph: Graph, name: str, x: Value, cells: Cells) -> Value:
    """Bins of anchors of the map x [B, C, h, w]: [B, 64, K], float32; of anchors that lie elsewhere, any.

    A convolution sees zeros outside its map: outside are zeros in the patches, and again after the first.
    """
    found, inside = patches(
        graph, f"{name}.patches", x, cells, graph.weights[f"{name}.0.conv.weight"].shape[1]
    )
    y = graph.add("Mul", [found, inside], f"{name}.inside")  # [B·K, C, 5, 5]
    y = blocks.conv(graph, f"{name}.0", y, padded=False)
    core = [graph.shape(1, 1), graph.shape(4, 4), graph.shape(2, 3)]
    y = graph.add("Mul", [y, graph.add("Slice", [inside, *core], f"{name}.core")], f"{name}.0.inside")
    y = blocks.conv(graph, f"{name}.1", y, padded=False)
    y = blocks.convolution(graph, f"{name}.2", y)  # [B·K, 64, 1, 1]
    like = graph.add(
        "Concat",
        [graph.add("Shape", [cells.anchors], "kept.shape"), graph.shape(BINS)],
        "kept.bins.shape",
        {"axis": 0},
    )
    by_anchor = graph.add("Reshape", [y, like], f"{name}.kept")
    turned = graph.add("Transpose", [by_anchor], f"{name}.kept.turned", {"perm": [0, 2, 1]})
    return turned if graph.float_type == "float32" else float32(graph, turned, f"{name}.kept.float")


def _branch(row: Layer, kind: str, level: int) -> str:
    """The published name of a level's branch."""
    return f"model.{row.index}.one2one_{kind}.{level}"


def _flat(graph: Graph, level: Value, channels: int) -> Value:
    return graph.add("Reshape", [level, graph.shape(0, channels, -1)], f"{level}.flat")


def _joined(graph: Graph, name: str, levels: Sequence[Value]) -> Value:
    joined = blocks.concat(graph, name, levels, axis=2)
    return joined if graph.float_type == "float32" else float32(graph, joined, f"{name}.float")
