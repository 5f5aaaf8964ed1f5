"""The YOLOv10 network as data: six scales, twenty-four rows (spec chapter 2).

Every other description follows from these rows: the torch modules (`network/`), the counts
(`formulas.py`), the state-dict entries (`convolutions.py`) and the tables of `info`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

from yolov10.errors import UserError, WrongValueError, did_you_mean

STRIDES = (8, 16, 32)
"""Pixels a cell of the levels P3, P4, P5 spans."""

REG_MAX = 16
"""Bins of the distribution that each of a box's four sides is read from (spec 3.1)."""

BATCH_NORM_EPSILON = 1e-3
"""Of every batch-norm; folding with another one shows (spec 1.0, 9.2)."""

MAX_DETECTIONS = 300
"""Rows the one-to-one head keeps: its top-k (spec 3.4)."""


@dataclass(frozen=True)
class Scale:
    """What tells one scale from another (spec 2.1, 2.3)."""

    name: str
    depth: float
    width: float
    max_channels: int
    compact: frozenset[int]
    """Layers whose C2f is built of compact inverted blocks (C2fCIB)."""
    large_kernel: frozenset[int] = frozenset()
    """Those of them whose middle convolution is the 7×7 RepVGGDW."""

    def channels(self, declared: int) -> int:
        """Declared channels after capping, scaling and rounding *up* to a multiple of 8 (spec 1.11)."""
        return ceil(min(declared, self.max_channels) * self.width / 8) * 8

    def repeats(self, declared: int) -> int:
        """Declared repeats after scaling by depth, at least one (spec 1.11)."""
        return max(round(declared * self.depth), 1)


SCALES: Mapping[str, Scale] = {
    scale.name: scale
    for scale in (
        Scale("n", 0.33, 0.25, 1024, frozenset({22}), frozenset({22})),
        Scale("s", 0.33, 0.50, 1024, frozenset({8, 22}), frozenset({8, 22})),
        Scale("m", 0.67, 0.75, 768, frozenset({8, 19, 22})),
        Scale("b", 0.67, 1.00, 512, frozenset({8, 13, 19, 22})),
        Scale("l", 1.00, 1.00, 512, frozenset({8, 13, 19, 22})),
        Scale("x", 1.00, 1.25, 512, frozenset({6, 8, 13, 19, 22})),
    )
}


@dataclass(frozen=True)
class Layer:
    """One row of the graph: what kind of module, fed by which layers, with which channels."""

    index: int
    kind: str
    sources: tuple[int, ...]
    """Absolute indices of the layers it reads; -1 is the input image."""
    in_channels: tuple[int, ...]
    out_channels: int
    """Of a Detect layer: raw channels an anchor has, 4 · 16 box bins and one logit a class."""
    output_stride: int
    """Input pixels between two of its output cells; of a Detect layer, on its first level."""
    options: Mapping[str, int] = field(default_factory=dict)
    """Constructor arguments of the module beyond its channels."""


DOWN: Mapping[str, int] = {"kernel": 3, "stride": 2}

GRAPH: tuple[tuple[str, tuple[int, ...], int, Mapping[str, int]], ...] = (
    # kind, sources, declared channels, options with declared repeats (spec 2.1, 2.2); "Stage" is a C2f,
    # or a C2fCIB where the scale is compact.
    # Backbone
    ("Conv", (-1,), 64, DOWN),  # 0
    ("Conv", (0,), 128, DOWN),
    ("Stage", (1,), 128, {"repeats": 3, "shortcut": True}),  # 2
    ("Conv", (2,), 256, DOWN),
    ("Stage", (3,), 256, {"repeats": 6, "shortcut": True}),  # 4
    ("SCDown", (4,), 512, DOWN),
    ("Stage", (5,), 512, {"repeats": 6, "shortcut": True}),  # 6
    ("SCDown", (6,), 1024, DOWN),
    ("Stage", (7,), 1024, {"repeats": 3, "shortcut": True}),  # 8
    ("SPPF", (8,), 1024, {"kernel": 5}),
    ("PSA", (9,), 1024, {}),  # 10
    # Neck: down to P3, then back up to P5. Its C2f have no shortcut, its C2fCIB have (spec 9.2).
    ("Upsample", (10,), 0, {}),
    ("Concat", (11, 6), 0, {}),
    ("Stage", (12,), 512, {"repeats": 3, "shortcut": False}),  # 13
    ("Upsample", (13,), 0, {}),
    ("Concat", (14, 4), 0, {}),
    ("Stage", (15,), 256, {"repeats": 3, "shortcut": False}),  # 16: P3
    ("Conv", (16,), 256, DOWN),
    ("Concat", (17, 13), 0, {}),
    ("Stage", (18,), 512, {"repeats": 3, "shortcut": False}),  # 19: P4
    ("SCDown", (19,), 512, DOWN),
    ("Concat", (20, 10), 0, {}),
    ("Stage", (21,), 1024, {"repeats": 3, "shortcut": False}),  # 22: P5
    # Heads
    ("Detect", (16, 19, 22), 0, {}),  # 23
)


def find_scale(name: str) -> Scale:
    """The scale called `name`, or a UserError that names the six."""
    if name not in SCALES:
        raise UserError(f"no scale {name!r}{did_you_mean(name, SCALES)}: choose one of {' '.join(SCALES)}")
    return SCALES[name]


def layers(scale_name: str, num_classes: int = 80) -> tuple[Layer, ...]:
    """The 24 rows of a scale, channels and repeats scaled (spec 2.2).

    Raises UserError for an unknown scale or a class count below 1.
    """
    scale = find_scale(scale_name)
    if num_classes < 1:
        raise WrongValueError(f"a detector needs at least one class, not {num_classes}")
    rows: list[Layer] = []
    for index, (kind, sources, declared, options) in enumerate(GRAPH):
        inputs = tuple(rows[source].out_channels if source >= 0 else 3 for source in sources)
        output_stride = rows[sources[0]].output_stride if index else 1
        out_channels = scale.channels(declared)
        match kind:
            case "Conv" | "SCDown":
                output_stride *= options["stride"]
            case "Stage":
                kind, options = _stage(scale, index, options)
            case "Upsample":
                out_channels, output_stride = inputs[0], output_stride // 2
            case "Concat":
                out_channels = sum(inputs)
            case "Detect":
                out_channels, options = 4 * REG_MAX + num_classes, {"num_classes": num_classes}
        rows.append(Layer(index, kind, sources, inputs, out_channels, output_stride, options))
    return tuple(rows)


def _stage(scale: Scale, index: int, options: Mapping[str, int]) -> tuple[str, Mapping[str, int]]:
    repeats = scale.repeats(options["repeats"])
    if index not in scale.compact:
        return "C2f", {"repeats": repeats, "shortcut": options["shortcut"]}
    return "C2fCIB", {"repeats": repeats, "shortcut": True, "large_kernel": index in scale.large_kernel}


def head_widths(in_channels: tuple[int, ...], num_classes: int) -> tuple[int, int]:
    """Inner channels of the head's box branch and class branch, the same on all levels (spec 3.1)."""
    return max(16, in_channels[0] // 4, 4 * REG_MAX), max(in_channels[0], min(num_classes, 100))


def attention_widths(d: int) -> tuple[int, int, int]:
    """Heads of attention over d channels, one for every 64; a head's key and value channels (spec 1.9)."""
    heads = d // 64
    return heads, d // heads // 2, d // heads
