"""One block alone, built with any channels: its steps, counts, closed formula, a plain convolution beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yolov10.architecture import STRIDES, Layer, head_widths
from yolov10.errors import WrongValueError, did_you_mean
from yolov10.formulas import Cost, bottleneck, c2f, conv, layer_cost
from yolov10.info.closed_form import ClosedForm, closed_form
from yolov10.info.polynomial import Polynomial
from yolov10.info.steps import Step, input_strides, steps_of
from yolov10.info.why import BLOCKS


@dataclass(frozen=True)
class Kind:
    """What a kind of block takes."""

    widths: tuple[str, ...]
    """Its channels by name; a single one may be given once or twice."""
    options: Mapping[str, float]
    """Its other arguments and their defaults."""


STAGE = {"repeats": 1, "shortcut": 1}
KINDS: Mapping[str, Kind] = {
    "Conv": Kind(("C1", "C2"), {"kernel": 3, "stride": 1, "groups": 1, "bias": 0}),
    "SCDown": Kind(("C1", "C2"), {"kernel": 3, "stride": 2}),
    "Bottleneck": Kind(("C",), {"shortcut": 1}),
    "C2f": Kind(("C1", "C2"), STAGE),
    "RepVGGDW": Kind(("C",), {}),
    "CIB": Kind(("C",), {"expansion": 1.0, "large_kernel": 0, "shortcut": 1}),
    "C2fCIB": Kind(("C1", "C2"), {**STAGE, "large_kernel": 0}),
    "SPPF": Kind(("C1", "C2"), {"kernel": 5}),
    "Attention": Kind(("C",), {}),
    "PSA": Kind(("C",), {}),
    "Detect": Kind(("C3", "C4", "C5"), {"num_classes": 80}),
}


def build_block(name: str, channels: Sequence[int], given: Mapping[str, float]) -> Layer:
    """A block alone as a row; Detect reads maps of strides 8, 16, 32, the others one of stride 1.

    Raises WrongValueError: no such block, or channels or options that it cannot be built with.
    """
    if name not in KINDS:
        raise WrongValueError(f"no block {name!r}{did_you_mean(name, KINDS)}: blocks are {', '.join(KINDS)}")
    kind = KINDS[name]
    if odd := [option for option in given if option not in kind.options]:
        raise WrongValueError(f"{name} takes no --{odd[0].replace('_', '-')}")
    options = {option: given.get(option, default) for option, default in kind.options.items()}
    if least := [option for option in options if option not in SWITCHES and options[option] <= 0]:
        raise WrongValueError(f"--{least[0].replace('_', '-')} is {options[least[0]]:g}, not above 0")
    widths = _widths(name, channels)
    whole = {option: int(value) for option, value in options.items() if option != "expansion"}
    if name == "CIB":
        whole["hidden"] = 2 * int(widths[0] * options["expansion"])
    _check_divisions(name, widths, whole)
    out = 64 + whole["num_classes"] if name == "Detect" else widths[-1]
    inputs = widths if name == "Detect" else widths[:1]
    return Layer(0, name, tuple(range(-1, -1 - len(inputs), -1)), inputs, out, _stride(name, whole), whole)


SWITCHES = ("shortcut", "large_kernel", "bias")


def _widths(name: str, channels: Sequence[int]) -> tuple[int, ...]:
    kind = KINDS[name]
    wanted = len(kind.widths)
    if wanted == 1 and len(set(channels)) == 1 and len(channels) <= 2:
        channels = channels[:1]
    if len(channels) != wanted or min(channels) < 1:
        keeps = " (its width stays)" if wanted == 1 else ""
        raise WrongValueError(f"{name} takes --channels {' '.join(kind.widths)}{keeps}, each at least 1")
    return tuple(channels)


def _check_divisions(name: str, widths: tuple[int, ...], options: Mapping[str, int]) -> None:
    """What torch could not build either."""
    groups = options.get("groups", 1)
    if any(width % groups for width in widths):
        raise WrongValueError(
            f"--groups {groups} does not divide the channels {' and '.join(map(str, widths))}"
        )
    if name in ("Attention", "PSA"):
        d = widths[0] // (2 if name == "PSA" else 1)
        if d < 64 or d % (d // 64):
            raise WrongValueError(
                f"{name} of {widths[0]} channels: attention over {d} cannot be cut into {d // 64} heads"
            )
    if name in ("C2f", "C2fCIB", "SPPF") and min(widths) < 2:
        raise WrongValueError(f"{name} halves its channels: at least 2 each")
    if name == "CIB" and options["hidden"] < 1:
        raise WrongValueError("the expansion leaves no channel inside")


def _stride(name: str, options: Mapping[str, int]) -> int:
    return STRIDES[0] if name == "Detect" else options.get("stride", 1)


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
        "memory": 4 * sum(step.elements(height, width) for step in steps),
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
        "memory": 4 * step.elements(height, width),
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


def beside(layer: Layer, height: int, width: int) -> dict[str, Cost]:
    """What a simpler block of the same shapes would cost, by its title; the plain convolution comes first."""
    c1, c2 = layer.in_channels[0], layer.out_channels
    cells = (height // layer.output_stride) * (width // layer.output_stride)
    if layer.kind == "Detect":
        return {"with plain 3×3 convolutions in its class branches": _plain_head(layer, height, width)}
    kernel = {"RepVGGDW": 7, "Conv": layer.options.get("kernel", 3)}.get(layer.kind, 3)
    plain = {f"a plain {kernel}×{kernel} convolution": conv(c1, c2, kernel, cells)}
    match layer.kind:
        case "CIB":
            return plain | {"a Bottleneck": bottleneck(c1, cells)}
        case "C2fCIB":
            return plain | {"a C2f": c2f(c1, c2, layer.options["repeats"], cells)}
    return plain


def _plain_head(layer: Layer, height: int, width: int) -> Cost:
    """Both heads, class branches of the box branch's make: two plain 3×3 convolutions, then the predictor."""
    _, cls = head_widths(layer.in_channels, layer.options["num_classes"])
    cost = layer_cost(layer, height, width)
    for c, stride in zip(layer.in_channels, STRIDES, strict=True):
        cells = (height // stride) * (width // stride)
        plain = conv(c, cls, 3, cells) + conv(cls, cls, 3, cells)
        light = conv(c, c, 3, cells, c) + conv(c, cls, 1, cells)
        light += conv(cls, cls, 3, cells, cls) + conv(cls, cls, 1, cells)
        for _ in range(2):
            cost += Cost(*(a - b for a, b in zip(_parts(plain), _parts(light), strict=True)))
    return cost


def _parts(cost: Cost) -> tuple[int, int, int]:
    return cost.weights, cost.norm_channels, cost.macs
