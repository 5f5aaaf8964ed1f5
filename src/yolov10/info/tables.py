"""The layer table and the totals of a network, as plain data; no torch."""

from dataclasses import dataclass
from typing import Any

from yolov10.architecture import STRIDES, Layer, layers
from yolov10.formulas import Cost, layer_cost, total_cost


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
    """
    rows = layers(scale, num_classes)
    return {
        "scale": scale,
        "classes": num_classes,
        "image_size": [height, width],
        "layers": [_row(row, height, width) for row in rows],
        "totals": [_total(rows, form, height, width) for form in FORMS],
    }


def _row(row: Layer, height: int, width: int) -> dict[str, Any]:
    cost = layer_cost(row, height, width, fused=True, one2many=False)
    return {
        "index": row.index,
        "from": list(row.sources),
        "module": row.kind,
        "arguments": {"channels": [*row.in_channels, row.out_channels], **row.options},
        "output": _output(row, height, width),
        "parameters": layer_cost(row).parameters(),
        "parameters_fused": cost.parameters(fused=True),
        "operations": cost.operations,
    }


def _output(row: Layer, height: int, width: int) -> list[list[int]]:
    """Shapes [channels, height, width] of what the row gives: one, or of Detect one a level."""
    strides = STRIDES if row.kind == "Detect" else (row.output_stride,)
    return [[row.out_channels, height // stride, width // stride] for stride in strides]


def _total(rows: tuple[Layer, ...], form: Form, height: int, width: int) -> dict[str, Any]:
    cost: Cost = total_cost(rows, height, width, fused=form.fused, one2many=form.one2many)
    return {
        "form": form.title,
        "parameters": cost.parameters(fused=form.fused),
        "operations": cost.operations,
    }
