"""Parameters and operations of every row in closed form (spec 1 and 2.4–2.6).

A block is counted by two polynomials of its channels: the kernel entries of its convolutions, and the
output channels that carry a batch-norm; a few convolutions have a bias instead. The rest follows: batch-norm
has two parameters a channel, folded it leaves one bias; and at one resolution every kernel entry works once
a cell.
"""

from dataclasses import dataclass
from functools import reduce

from yolov10.architecture import REG_MAX, STRIDES, Layer, attention_widths, head_widths

DFL = REG_MAX
"""The frozen weights 0, 1, …, 15 that turn a distribution into its mean (spec 3.3)."""


@dataclass(frozen=True)
class Cost:
    """What convolutions cost; the sum of two costs is the cost of both, their difference what one saves."""

    weights: int = 0
    """Kernel entries."""
    norm_channels: int = 0
    """Output channels that carry a batch-norm."""
    macs: int = 0
    """Multiply–accumulate operations on one image."""
    biases: int = 0
    """Biases of convolutions without batch-norm."""

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.weights + other.weights,
            self.norm_channels + other.norm_channels,
            self.macs + other.macs,
            self.biases + other.biases,
        )

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(
            self.weights - other.weights,
            self.norm_channels - other.norm_channels,
            self.macs - other.macs,
            self.biases - other.biases,
        )

    def parameters(self, *, fused: bool = False) -> int:
        """Learned numbers: with batch-norm's scale and shift, or folded, with the one bias they become."""
        return self.weights + self.biases + (1 if fused else 2) * self.norm_channels

    @property
    def operations(self) -> int:
        """Floating-point operations as the paper counts them: 2 · MACs of the convolutions (spec 2.5)."""
        return 2 * self.macs


def layer_cost(
    layer: Layer, height: int = 640, width: int = 640, *, fused: bool = False, one2many: bool = True
) -> Cost:
    """Cost of one row on a height×width image.

    `fused` merges the branches of RepVGGDW; `one2many=False` leaves the training head out. Folding batch-norm
    is a way of counting the same cost: `layer_cost(…).parameters(fused=True)`.
    """
    cells = (height // layer.output_stride) * (width // layer.output_stride)
    c1, c2, options = layer.in_channels[0], layer.out_channels, layer.options
    match layer.kind:
        case "Conv":
            unit = biased if options.get("bias") else conv
            return unit(c1, c2, options["kernel"], cells, options.get("groups", 1))
        case "SCDown":
            before = layer.output_stride // options["stride"]
            return scdown(c1, c2, options["kernel"], (height // before) * (width // before), cells)
        case "C2f":
            return c2f(c1, c2, options["repeats"], cells)
        case "C2fCIB":
            return c2fcib(c1, c2, options["repeats"], cells, large=bool(options["large_kernel"]), fused=fused)
        case "SPPF":
            return sppf(c1, c2, cells)
        case "PSA":
            return psa(c1, cells)
        case "Bottleneck":
            return bottleneck(c1, cells)
        case "CIB":
            return cib(c1, options["hidden"], cells, large=bool(options["large_kernel"]), fused=fused)
        case "RepVGGDW":
            return repvggdw(c1, cells, fused=fused)
        case "Attention":
            return attention(c1, cells)
        case "Detect":
            return detect(layer.in_channels, options["num_classes"], height, width, heads=1 + one2many)
    return Cost()


def total_cost(
    rows: tuple[Layer, ...],
    height: int = 640,
    width: int = 640,
    *,
    fused: bool = False,
    one2many: bool = True,
) -> Cost:
    """Cost of a whole network: the sum over its rows."""
    costs = (layer_cost(row, height, width, fused=fused, one2many=one2many) for row in rows)
    return reduce(Cost.__add__, costs, Cost())


def conv(c1: int, c2: int, kernel: int, cells: int, groups: int = 1) -> Cost:
    """Convolution and batch-norm (spec 1.1): (c1/g)·c2·k² weights."""
    weights = c1 // groups * c2 * kernel**2
    return Cost(weights, c2, weights * cells)


def biased(c1: int, c2: int, kernel: int, cells: int, groups: int = 1) -> Cost:
    """Convolution with a bias and no batch-norm (spec 1.0): (c1/g)·c2·k² weights, c2 biases."""
    weights = c1 // groups * c2 * kernel**2
    return Cost(weights, 0, weights * cells, c2)


def scdown(c1: int, c2: int, kernel: int, cells_before: int, cells: int) -> Cost:
    """Pointwise at full resolution, then depthwise with stride (spec 1.4): c1·c2 + k²·c2 weights."""
    return Cost(c1 * c2 + kernel**2 * c2, 2 * c2, c1 * c2 * cells_before + kernel**2 * c2 * cells)


def bottleneck(c: int, cells: int) -> Cost:
    """Two 3×3 convolutions (spec 1.2): 18·c² weights."""
    return Cost(18 * c**2, 2 * c, 18 * c**2 * cells)


def repvggdw(c: int, cells: int, *, fused: bool = False) -> Cost:
    """Depthwise 7×7 beside depthwise 3×3, or their sum (spec 1.5): 58·c weights, merged 49·c."""
    weights = (49 if fused else 58) * c
    return Cost(weights, c if fused else 2 * c, weights * cells)


def cib(c: int, hidden: int, cells: int, *, large: bool = False, fused: bool = False) -> Cost:
    """Compact inverted block (spec 1.6): 2·c·hidden + 18·c weights, and its middle's; hidden is 2·⌊c·e⌋."""
    small = conv(hidden, hidden, 3, cells, groups=hidden)
    middle = repvggdw(hidden, cells, fused=fused) if large else small
    weights = 2 * c * hidden + 18 * c
    return Cost(weights, 3 * c + hidden, weights * cells) + middle


def c2f(c1: int, c2: int, repeats: int, cells: int) -> Cost:
    """Split, a chain of bottlenecks, all of it concatenated (spec 1.3)."""
    return _c2f_frame(c1, c2, repeats, cells) + _times(repeats, bottleneck(c2 // 2, cells))


def c2fcib(c1: int, c2: int, repeats: int, cells: int, *, large: bool = False, fused: bool = False) -> Cost:
    """C2f of compact inverted blocks (spec 1.7)."""
    c = c2 // 2
    block = cib(c, 2 * c, cells, large=large, fused=fused)
    return _c2f_frame(c1, c2, repeats, cells) + _times(repeats, block)


def sppf(c1: int, c2: int, cells: int) -> Cost:
    """Half the channels, pooled three times, concatenated (spec 1.8): c1·h + 4·h·c2 weights, h = c1/2."""
    h = c1 // 2
    weights = c1 * h + 4 * h * c2
    return Cost(weights, h + c2, weights * cells)


def attention(d: int, cells: int) -> Cost:
    """Attention's convolutions (spec 1.9): 3·d² + 9·d weights; its matrix products are not counted (2.5)."""
    heads, key_width, _ = attention_widths(d)
    qkv = d + 2 * key_width * heads
    weights = d * qkv + d**2 + 9 * d
    return Cost(weights, qkv + 2 * d, weights * cells)


def attention_products(d: int, cells: int) -> int:
    """Multiply–accumulates of queries · keys and scores · values, which `Cost` leaves out (spec 2.5)."""
    heads, key_width, value_width = attention_widths(d)
    return heads * (key_width + value_width) * cells**2


def psa(c: int, cells: int) -> Cost:
    """Partial self-attention (spec 1.10): attention and a feed-forward pair over d = c/2 channels."""
    d = c // 2
    weights = 2 * d * c + 2 * d * c + 4 * d**2
    return attention(d, cells) + Cost(weights, 2 * d + c + 3 * d, weights * cells)


def detect(
    in_channels: tuple[int, ...], num_classes: int, height: int, width: int, *, heads: int = 2
) -> Cost:
    """Heads over three levels (spec 3.1) and the DFL mean they share, counted once (spec 2.5)."""
    box, cls = head_widths(in_channels, num_classes)
    level_cells = [(height // s) * (width // s) for s in STRIDES]
    levels = zip(in_channels, level_cells, strict=True)
    head = reduce(Cost.__add__, (head_level(c, box, cls, num_classes, cells) for c, cells in levels))
    return _times(heads, head) + Cost(DFL, 0, 4 * DFL * sum(level_cells))


def head_level(c: int, box: int, cls: int, num_classes: int, cells: int) -> Cost:
    """One level of one head (spec 3.1): a box branch of inner width `box`, a class branch of width `cls`."""
    kernels = 9 * c * box + 9 * box**2 + box * 4 * REG_MAX
    kernels += 9 * c + c * cls + 9 * cls + cls**2 + cls * num_classes
    biases = 4 * REG_MAX + num_classes
    return Cost(kernels, 2 * box + c + 3 * cls, kernels * cells, biases)


def _c2f_frame(c1: int, c2: int, repeats: int, cells: int) -> Cost:
    c = c2 // 2
    weights = 2 * c1 * c + (2 + repeats) * c * c2
    return Cost(weights, 2 * c + c2, weights * cells)


def _times(count: int, cost: Cost) -> Cost:
    return Cost(count * cost.weights, count * cost.norm_channels, count * cost.macs, count * cost.biases)
