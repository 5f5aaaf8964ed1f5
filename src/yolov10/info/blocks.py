"""One block alone as `info` shows it: its steps, counts, closed formula, and a plain convolution beside."""

from typing import Any

from yolov10.architecture import STRIDES, Layer
from yolov10.errors import WrongValueError
from yolov10.formulas import Cost, layer_cost
from yolov10.info.beside import beside
from yolov10.info.closed_form import ClosedForm, closed_form
from yolov10.info.polynomial import Polynomial
from yolov10.info.step import Step
from yolov10.info.steps import input_strides, steps_of
from yolov10.info.tables import FLOAT
from yolov10.info.why import BLOCKS


def describe_block(layer: Layer, height: int, width: int) -> dict[str, Any]:
    """A block on a height×width input as `info --block` shows it; of Detect, that of the picture.

    Raises WrongValueError for an input that its stride does not divide.
    """
    coarsest = STRIDES[-1] if layer.kind == "Detect" else layer.output_stride
    if height % coarsest or width % coarsest:
        raise WrongValueError(f"an input of {height}×{width} is not a multiple of {coarsest} each way")
    strides = input_strides(layer)
    return {
        "block": layer.kind,
        "why": BLOCKS[layer.kind].why,
        "source": BLOCKS[layer.kind].source,
        "arguments": {"channels": [*layer.in_channels, layer.out_channels], **layer.options},
        "input": [[c, height // s, width // s] for c, s in zip(layer.in_channels, strides, strict=True)],
        "forms": [_form(layer, height, width, fused=fused) for fused in (False, True)],
        "beside": [{"title": title, **_counts(cost)} for title, cost in beside(layer, height, width).items()],
    }


def _form(layer: Layer, height: int, width: int, *, fused: bool) -> dict[str, Any]:
    steps = steps_of(layer, fused=fused, one2many=not fused)
    cost = layer_cost(layer, height, width, fused=fused, one2many=not fused)
    form = closed_form(layer, fused=fused)
    assert form is not None, "a block has weights"
    return {
        "form": "merged, folded" if fused else "training",
        "steps": [_step(step, height, width, fused=fused) for step in steps],
        **_counts(cost, fused=fused),
        "memory": FLOAT * sum(step.elements(height, width, fused=fused) for step in steps),
        "formula": {
            "parameters": _shown(form, form.parameters(fused=fused)),
            "weights": _shown(form, form.weights),
            "macs": form.text(form.macs),
        },
    }


def _step(step: Step, height: int, width: int, *, fused: bool) -> dict[str, Any]:
    conv = step.convolution
    parameters = step.parameters(fused=fused)
    return {
        "name": step.name,
        "kind": step.kind,
        "reads": list(step.reads),
        "output": list(step.shape(height, width)),
        "kernel": step.kernel if conv or step.kind == "pool" else None,
        "stride": step.step_stride,
        "groups": conv.groups if conv else None,
        "activation": "SiLU" if step.activation else None,
        "weights": step.weights,
        "others": parameters - step.weights,
        "parameters": parameters,
        "operations": 2 * step.macs(height, width),
        "memory": FLOAT * step.elements(height, width, fused=fused),
    }


def _counts(cost: Cost, *, fused: bool = False) -> dict[str, int]:
    return {
        "weights": cost.weights,
        "parameters": cost.parameters(fused=fused),
        "operations": cost.operations,
    }


def _shown(form: ClosedForm, polynomial: Polynomial) -> dict[str, Any]:
    return {
        "letters": form.text(polynomial),
        "where": form.definitions(polynomial),
        "numbers": form.numbers(polynomial),
        "value": polynomial.value(form.values),
    }
