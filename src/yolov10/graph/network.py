"""From weights to a whole ONNX file: the rows of `architecture.py`, block by block, then the tail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yolov10
from yolov10.architecture import MAX_DETECTIONS, STRIDES, Layer, layers
from yolov10.graph import blocks, onnx_file
from yolov10.graph.cells import locate
from yolov10.graph.graph import Graph, Value
from yolov10.graph.head import bins_of, box_bins, class_logits
from yolov10.graph.joint import Joint, Upsampled, conv_of_joint
from yolov10.graph.onnx_file import DATA_TYPES, Side
from yolov10.graph.tail import all_anchors, choose, detections
from yolov10.weights.fused import fused
from yolov10.weights.native import Weights

Head = Literal["top-k", "raw"]
Input = Literal["float32", "uint8", "uint8-bgr"]


@dataclass(frozen=True)
class Form:
    """What kind of file a network becomes (contract, section 4)."""

    head: Head = "top-k"
    """Rows [N, K, 6] after top-k, or "raw": all anchors [N, 4 + nc, A], boxes cx cy w h."""
    input: Input = "float32"
    """[N, 3, H, W] RGB 0..1, or uint8 [N, H, W, 3] RGB or BGR 0..255."""
    batch: int | None = None
    """Pictures it takes, no other number; None leaves it free, as it does `sides`."""
    sides: tuple[int, int] | None = None
    """Height and width, multiples of 32."""
    half: bool = False
    """Whether the network computes in float16; boxes and scores are float32 all the same."""
    classes: tuple[int, ...] | None = None
    """Classes to find, at least one; chosen before the top-k."""


def onnx_model(weights: Weights, form: Form, metadata: Mapping[str, str]) -> bytes:
    """The fused one-head network as the bytes of an ONNX file."""
    weights = fused(weights)
    graph = Graph(weights.tensors, "float16" if form.half else "float32")
    rows = layers(weights.card.scale, len(weights.card.names))
    maps: dict[int, Value | Joint] = {-1: _image(graph, form)}
    for row in rows[:-1]:
        maps[row.index] = _layer(graph, row, [maps[source] for source in row.sources])
    _head(graph, rows[-1], [maps[source] for source in rows[-1].sources], form)
    output = onnx_file.value("output0", "float32", _output_shape(form, len(weights.card.names)))
    body = onnx_file.graph(
        "YOLOv10-" + weights.card.scale, graph.nodes, graph.tensors, [_input(form)], [output]
    )
    return onnx_file.model(body, metadata, "open-yolov10", yolov10.__version__)


def _layer(graph: Graph, row: Layer, maps: Sequence[Any]) -> Value | Joint:
    """What a row makes of maps; the neck's Upsample and Concat wait in a `Joint` for its reader."""
    name = f"model.{row.index}"
    match row.kind:
        case "Conv":
            return blocks.conv(graph, name, maps[0], stride=row.options["stride"])
        case "C2f" | "C2fCIB":
            first = conv_of_joint if isinstance(maps[0], Joint) else blocks.conv
            return blocks.c2f(graph, name, first(graph, f"{name}.cv1", maps[0]), row.options)
        case "SCDown":
            return blocks.scdown(graph, name, maps[0], row.options)
        case "SPPF":
            return blocks.sppf(graph, name, maps[0], row.options)
        case "PSA":
            return blocks.psa(graph, name, maps[0], row.out_channels)
        case "Upsample":
            return Upsampled(maps[0])
        case _:
            assert row.kind == "Concat"
            if isinstance(maps[0], Upsampled):
                return Joint(maps[0], row.in_channels[0], maps[1])
            return blocks.concat(graph, name, maps)


def _head(graph: Graph, row: Layer, maps: Sequence[Any], form: Form) -> None:
    """What the form wants of the three levels: rows after top-k, or every anchor."""
    sides = _sides(graph, form)
    logits = class_logits(graph, row, maps)
    if form.head == "raw":
        all_anchors(graph, box_bins(graph, row, maps), logits, sides)
        return
    best = choose(graph, logits, row.options["num_classes"], form.classes)
    cells = locate(graph, best.anchors, sides)
    detections(graph, bins_of(graph, row, maps, cells), best, cells)


def _image(graph: Graph, form: Form) -> Value:
    """The input as the first convolution takes it: [B, 3, H, W] in the network's type."""
    image = "images"
    if form.input != "float32":
        image = graph.add("Transpose", [image], "images.planes", {"perm": [0, 3, 1, 2]})
        kernel = graph.weights["model.0.conv.weight"] / 255  # the stem sees 0..255
        if form.input == "uint8-bgr":
            kernel = kernel[:, ::-1]
        graph.weights = {**graph.weights, "model.0.conv.weight": kernel}
    if form.input == graph.float_type:
        return image
    return graph.add("Cast", [image], "images.float", {"to": DATA_TYPES[graph.float_type]})


def _sides(graph: Graph, form: Form) -> Value:
    """Height and width of the input [2], int32."""
    if form.sides is not None:
        return graph.constant(form.sides, "int32")
    first = 2 if form.input == "float32" else 1
    shape = graph.add("Shape", ["images"], "sides.int64", {"start": first, "end": first + 2})
    return graph.add("Cast", [shape], "sides", {"to": DATA_TYPES["int32"]})


def _input(form: Form) -> bytes:
    batch: Side = "batch" if form.batch is None else form.batch
    sides: tuple[Side, Side] = form.sides or ("height", "width")
    if form.input == "float32":
        return onnx_file.value("images", "float32", [batch, 3, *sides])
    return onnx_file.value("images", "uint8", [batch, *sides, 3])


def _output_shape(form: Form, num_classes: int) -> list[Any]:
    batch: Side = "batch" if form.batch is None else form.batch
    anchors: Side = "anchors" if form.sides is None else sum(_cells(form.sides, s) for s in STRIDES)
    if form.head == "raw":
        return [batch, 4 + num_classes, anchors]
    return [batch, min(MAX_DETECTIONS, anchors) if isinstance(anchors, int) else "detections", 6]


def _cells(sides: tuple[int, int], stride: int) -> int:
    return (sides[0] // stride) * (sides[1] // stride)
