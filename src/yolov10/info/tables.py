"""The layer table and the totals of a network, as plain data; no torch."""

from dataclasses import dataclass
from math import prod
from typing import Any

from yolov10.architecture import STRIDES, Layer, attention_widths, find_scale, head_widths, layers
from yolov10.convolutions import state_entries
from yolov10.formulas import DFL, Cost, attention_products, layer_cost, total_cost
from yolov10.info.receptive import receptive_fields, sees_everything
from yolov10.info.steps import steps_of

FLOAT = 4
"""Bytes of a float32."""


@dataclass(frozen=True)
class Form:
    """One way of counting a network (spec 2.5)."""

    title: str
    fused: bool
    one2many: bool


TRAINING = Form("training, both heads", fused=False, one2many=True)
ONE_HEAD = Form("one head", fused=False, one2many=False)
FUSED = Form("one head, fused", fused=True, one2many=False)
FORMS = (TRAINING, ONE_HEAD, FUSED)


def describe(scale: str, num_classes: int, height: int, width: int) -> dict[str, Any]:
    """The network of a scale as `info` shows it: the 24 rows and the totals of the three forms.

    Operations are 2 · MACs of the convolutions, fused, on one height×width image, as the paper counts.
    Memory is in bytes of float32, one image; shares are of the fused form's totals.
    """
    rows = layers(scale, num_classes)
    total = total_cost(rows, height, width, fused=True, one2many=False)
    fields = zip(receptive_fields(rows), sees_everything(rows), strict=True)
    return {
        "scale": scale,
        "classes": num_classes,
        "image_size": [height, width],
        "constants": constants(scale, rows),
        "layers": [
            _row(row, height, width, total) | {"receptive_field": field, "sees_everything": everything}
            for row, (field, everything) in zip(rows, fields, strict=True)
        ],
        "totals": [_total(scale, num_classes, form, height, width) for form in FORMS],
        "peak_memory": peak_memory(rows, height, width),
        "attention_operations": 2 * sum(products(row, height, width) for row in rows),
    }


def constants(name: str, rows: tuple[Layer, ...]) -> dict[str, Any]:
    """What tells a scale from another: its factors, its compact layers, widths inside attention and heads."""
    scale, head = find_scale(name), rows[-1]
    (attended,) = (row.in_channels[0] // 2 for row in rows if row.kind == "PSA")
    box, classes = head_widths(head.in_channels, head.options["num_classes"])
    return {
        "depth": scale.depth,
        "width": scale.width,
        "max_channels": scale.max_channels,
        "compact": sorted(scale.compact),
        "large_kernel": sorted(scale.large_kernel),
        "attention": dict(zip(("heads", "key", "value"), attention_widths(attended), strict=True)),
        "head": {"box": box, "class": classes},
    }


def products(row: Layer, height: int, width: int) -> int:
    """Multiply–accumulates of attention's matrix products in the row, which no count includes (spec 2.5)."""
    cells = (height // row.output_stride) * (width // row.output_stride)
    return attention_products(row.in_channels[0] // 2, cells) if row.kind == "PSA" else 0


def activation_memory(row: Layer, height: int, width: int, form: Form) -> int:
    """Bytes of the maps that the steps of a row write, float32, one image; views and decoding write none."""
    steps = steps_of(row, fused=form.fused, one2many=form.one2many)
    return FLOAT * sum(step.elements(height, width, fused=form.fused) for step in steps)


def peak_memory(rows: tuple[Layer, ...], height: int, width: int) -> int:
    """Most bytes of maps alive at once: one goes as soon as no later row reads it, the picture stays."""
    last_reader = {source: row.index for row in rows for source in row.sources} | {-1: len(rows)}
    alive = {-1: FLOAT * 3 * height * width}
    peak = 0
    for row in rows[:-1]:
        alive[row.index] = FLOAT * sum(prod(shape) for shape in output_shapes(row, height, width))
        peak = max(peak, sum(alive.values()))
        alive = {index: size for index, size in alive.items() if last_reader[index] > row.index}
    return peak


def output_shapes(row: Layer, height: int, width: int) -> list[list[int]]:
    """Shapes [channels, height, width] of what the row gives: one, or of Detect one a level."""
    strides = STRIDES if row.kind == "Detect" else (row.output_stride,)
    return [[row.out_channels, height // stride, width // stride] for stride in strides]


def _row(row: Layer, height: int, width: int, total: Cost) -> dict[str, Any]:
    cost = layer_cost(row, height, width, fused=True, one2many=False)
    return {
        "index": row.index,
        "from": list(row.sources),
        "module": row.kind,
        "arguments": {"channels": [*row.in_channels, row.out_channels], **row.options},
        "output": output_shapes(row, height, width),
        "parameters": layer_cost(row).parameters(),
        "parameters_one_head": layer_cost(row, one2many=False).parameters(),
        "parameters_fused": cost.parameters(fused=True),
        "operations": cost.operations,
        "memory": activation_memory(row, height, width, FUSED),
        "share": {
            "parameters": cost.parameters(fused=True) / total.parameters(fused=True),
            "operations": cost.operations / total.operations,
        },
    }


def _total(scale: str, num_classes: int, form: Form, height: int, width: int) -> dict[str, Any]:
    rows = layers(scale, num_classes)
    cost = total_cost(rows, height, width, fused=form.fused, one2many=form.one2many)
    convolutions = [
        conv
        for row in rows
        for step in steps_of(row, fused=form.fused, one2many=form.one2many)
        if (conv := step.convolution)
    ]
    parameters = cost.parameters(fused=form.fused)
    return {
        "form": form.title,
        "parameters": parameters,
        "trainable": parameters - DFL,
        "operations": cost.operations,
        "memory": sum(activation_memory(row, height, width, form) for row in rows),
        "convolutions": len(convolutions) + 1,  # the DFL is one
        "batch_norms": 0 if form.fused else sum(conv.norm for conv in convolutions),
        "tensors": len(state_entries(scale, num_classes, fused=form.fused, one2many=form.one2many)),
    }
