"""What the architecture page shows, as JSON: computed from the rows and formulas that build the network."""

import base64
import json
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from yolov10.architecture import MAX_DETECTIONS, SCALES, Layer, layers
from yolov10.formulas import attention_products, layer_cost
from yolov10.info.closed_form import ClosedForm, closed_form
from yolov10.info.polynomial import Polynomial
from yolov10.info.receptive import receptive_fields, sees_everything
from yolov10.info.step import Step
from yolov10.info.steps import steps_of
from yolov10.info.tables import FORMS, activation_memory, describe, output_shapes
from yolov10.info.why import BLOCKS, LAYERS

STEP_FIELDS = (
    "name",
    "merged",  # its name in the fused form
    "kind",
    "reads",
    "shape",
    "kernel",
    "stride",
    "groups",
    "activation",
    "weights",
    "others",  # batch-norm's parameters, or biases
    "fusedOthers",
    "operations",
    "gone",  # what takes it away: "head", "branch" or nothing
)
"""Order of a step's entries: a list is a third of the size of an object."""


def page_data(scale: str, num_classes: int, height: int, width: int) -> dict[str, Any]:
    """Everything the page's scripts read."""
    return {
        "start": scale,
        "classes": num_classes,
        "size": [height, width],
        "most": MAX_DETECTIONS,
        "forms": [form.title for form in FORMS],
        "blocks": {kind: asdict(why) for kind, why in BLOCKS.items()},
        "why": LAYERS,
        "stepFields": STEP_FIELDS,
        "scales": {name: _network(name, num_classes, height, width) for name in SCALES},
        "formulas": _live_formulas(),
        "sample": _sample(),
    }


def _network(scale: str, num_classes: int, height: int, width: int) -> dict[str, Any]:
    rows = layers(scale, num_classes)
    table = describe(scale, num_classes, height, width)
    fields = zip(receptive_fields(rows), sees_everything(rows), strict=True)
    return {
        "layers": [
            _layer(row, height, width) | {"field": field, "everything": everything}
            for row, (field, everything) in zip(rows, fields, strict=True)
        ],
        "totals": table["totals"],
        "peak": table["peak_memory"],
        "attentionOperations": table["attention_operations"],
    }


def _layer(row: Layer, height: int, width: int) -> dict[str, Any]:
    """One row; lists of three are of training, one head, fused."""
    costs = [layer_cost(row, height, width, fused=form.fused, one2many=form.one2many) for form in FORMS]
    cells = (height // row.output_stride) * (width // row.output_stride)
    return {
        "kind": row.kind,
        "from": row.sources,
        "in": row.in_channels,
        "out": output_shapes(row, height, width),
        "options": dict(row.options),
        "parameters": [cost.parameters(fused=form.fused) for cost, form in zip(costs, FORMS, strict=True)],
        "operations": [cost.operations for cost in costs],
        "memory": [activation_memory(row, height, width, form) for form in FORMS],
        "normChannels": costs[1].norm_channels,
        "products": 2 * attention_products(row.in_channels[0] // 2, cells) if row.kind == "PSA" else 0,
        "formula": [_formula(row, fused=fused) for fused in (False, True)],
        "steps": _steps(row, height, width),
    }


def _formula(row: Layer, *, fused: bool) -> dict[str, Any] | None:
    form = closed_form(row, fused=fused)
    if form is None:
        return None
    parameters = form.parameters(fused=fused)
    return {
        "letters": form.text(parameters),
        "where": form.definitions(parameters),
        "numbers": form.numbers(parameters),
        "value": parameters.value(form.values),
        "macs": form.text(form.macs),
    }


def _steps(row: Layer, height: int, width: int) -> list[list[Any]]:
    """Steps of training, each with what becomes of it."""
    steps = steps_of(row)
    head = len(steps) - len(steps_of(row, one2many=False))  # the training head comes first
    merged = {step.name for step in steps_of(row, fused=True)}
    return [
        _step(step, merged, height, width, gone="head" if position < head else "")
        for position, step in enumerate(steps)
    ]


def _step(step: Step, fused_names: set[str], height: int, width: int, *, gone: str) -> list[Any]:
    conv = step.convolution
    branch = step.name.removesuffix(".conv")  # the 7×7 of a RepVGGDW gives its name to what both merge into
    merged = step.name if step.name in fused_names else branch if branch in fused_names else ""
    # RepVGGDW's sum is the only one that an activation follows; merging makes it needless.
    if not merged or (step.kind == "add" and step.activation):
        gone = "branch"
    return [
        step.name,
        merged,
        step.kind,
        step.reads,
        step.shape(height, width),
        step.kernel,
        step.step_stride,
        conv.groups if conv else 0,
        int(step.activation),
        step.weights,
        step.parameters(fused=False) - step.weights,
        step.parameters(fused=True) - step.weights,
        2 * step.macs(height, width),
        gone,
    ]


def _live_formulas() -> dict[str, Any]:
    """The formulas that the panels compute with, as lists of [coefficient, letters]."""
    plain = Layer(0, "Conv", (-1,), (2,), 4, 2, {"kernel": 3, "stride": 2})
    scdown = Layer(0, "SCDown", (-1,), (2,), 4, 2, {"kernel": 3, "stride": 2})
    bottleneck = Layer(0, "Bottleneck", (-1,), (4,), 4, 1, {"shortcut": True})
    forms: dict[str, ClosedForm | None] = {
        "conv": closed_form(plain),
        "scdown": closed_form(scdown),
        "bottleneck": closed_form(bottleneck),
    }
    branches = Layer(0, "RepVGGDW", (-1,), (4,), 4, 1)
    forms |= {"repvggdw": closed_form(branches), "repvggdwFused": closed_form(branches, fused=True)}
    for large in (False, True):
        for fused in (False, True):
            # A hidden width other than twice the channels keeps the letter h.
            row = Layer(0, "CIB", (-1,), (4,), 4, 1, {"shortcut": True, "large_kernel": large, "hidden": 4})
            forms[f"cib{'Large' if large else ''}{'Fused' if fused else ''}"] = closed_form(row, fused=fused)
    return {
        name: {
            "weights": _terms(form.weights),
            "parameters": _terms(form.parameters(fused=name.endswith("Fused"))),
            "macs": _terms(form.macs),
            "text": form.text(form.parameters(fused=name.endswith("Fused"))),
        }
        for name, form in forms.items()
        if form is not None
    }


def _terms(polynomial: Polynomial) -> list[list[Any]]:
    assert all(letter.numerator is None for letter in polynomial.letters), "the page has no quotients"
    return [[c, [letter.name for letter in monomial]] for monomial, c in polynomial.terms.items()]


def _sample() -> dict[str, Any]:
    """The picture and what a trained network makes of it; see `sample/README.md`."""
    folder = files(__package__) / "sample"
    picture = base64.b64encode((folder / "picture.jpg").read_bytes()).decode()
    facts: dict[str, Any] = json.loads((folder / "facts.json").read_text("utf-8"))
    return facts | {"data": f"data:image/jpeg;base64,{picture}"}
