"""Which blocks can be built alone, from which channels and options."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from yolov10.architecture import STRIDES, Layer
from yolov10.errors import WrongValueError, did_you_mean


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
    if odd := [option for option in options if not isfinite(options[option])]:
        raise WrongValueError(f"--{odd[0].replace('_', '-')} is {options[odd[0]]:g}, no number to build with")
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
    """What torch could not build either; and even kernels, after which sizes are none that strides tell."""
    if options.get("kernel", 1) % 2 == 0:
        raise WrongValueError(f"--kernel {options['kernel']} is even: blocks pad by half of an odd one")
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
