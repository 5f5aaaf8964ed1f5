"""Every convolution inside a row of the network, by its published name: what the row is made of.

Plain data, no torch. From it follow the state-dict entries an importer expects (spec 1, 3.1, 8.4); the
counts follow in closed form from `formulas.py`, and tests hold the two, and the torch modules, equal.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from yolov10.architecture import REG_MAX, STRIDES, Layer, attention_widths, head_widths, layers

Shape = tuple[int, ...]

BATCH_NORM_ENTRIES = ("weight", "bias", "running_mean", "running_var")
"""Per-channel entries of a batch-norm, beside the scalar `num_batches_tracked`."""


@dataclass(frozen=True)
class Convolution:
    """One 2-D convolution, square kernel, padded by half of it."""

    name: str
    """Prefix of its state-dict keys: of the Conv unit when `norm`, else of the bare convolution."""
    in_channels: int
    out_channels: int
    kernel: int = 1
    groups: int = 1
    stride: int = 1
    """Input pixels of the *network* between two of its output cells."""
    norm: bool = True
    """Whether batch-norm follows (and no bias); otherwise the convolution has a bias."""

    @property
    def weight_shape(self) -> Shape:
        """Shape of its kernel: [out, in / groups, kernel, kernel]."""
        return (self.out_channels, self.in_channels // self.groups, self.kernel, self.kernel)


def state_entries(
    scale: str, num_classes: int = 80, *, fused: bool = False, one2many: bool = True
) -> dict[str, Shape]:
    """Name and shape of every state-dict entry, in published order (spec 8.4).

    `fused`: batch-norm folded and RepVGGDW merged. `one2many`: whether the training head is there.
    """
    entries: dict[str, Shape] = {}
    for layer in layers(scale, num_classes):
        for conv in of_layer(layer, fused=fused):
            if "one2one" in conv.name:
                entries.setdefault(f"model.{layer.index}.dfl.conv.weight", (1, REG_MAX, 1, 1))
            if one2many or not _is_one2many(conv, layer):
                entries.update(_entries(conv, fused=fused))
    return entries


def of_layer(layer: Layer, *, fused: bool = False) -> Iterator[Convolution]:
    """The convolutions of a row in state-dict order, their names below `model.<index>`.

    A Detect row gives both heads, one-to-many first. `fused` merges the branches of every RepVGGDW. A row may
    also be a block that the graph has only inside others: Bottleneck, RepVGGDW, CIB, Attention.
    """
    name, s = f"model.{layer.index}", layer.output_stride
    c1, c2, options = layer.in_channels[0], layer.out_channels, layer.options
    match layer.kind:
        case "Conv":
            yield Convolution(
                name, c1, c2, options["kernel"], options.get("groups", 1), s, norm=not options.get("bias")
            )
        case "SCDown":
            yield Convolution(f"{name}.cv1", c1, c2, stride=s // options["stride"])
            yield Convolution(f"{name}.cv2", c2, c2, options["kernel"], groups=c2, stride=s)
        case "C2f" | "C2fCIB":
            n, c = options["repeats"], c2 // 2
            yield Convolution(f"{name}.cv1", c1, 2 * c, stride=s)
            yield Convolution(f"{name}.cv2", (2 + n) * c, c2, stride=s)
            for block in (f"{name}.m.{j}" for j in range(n)):
                if layer.kind == "C2f":
                    yield from _bottleneck(block, c, s)
                else:
                    large = bool(options["large_kernel"])
                    yield from _cib(f"{block}.cv1", c, 2 * c, s, large=large, fused=fused)
        case "Bottleneck":
            yield from _bottleneck(name, c1, s)
        case "CIB":
            large, hidden = bool(options["large_kernel"]), options["hidden"]
            yield from _cib(f"{name}.cv1", c1, hidden, s, large=large, fused=fused)
        case "RepVGGDW":
            yield from _repvggdw(name, c1, s, fused=fused)
        case "SPPF":
            yield Convolution(f"{name}.cv1", c1, c1 // 2, stride=s)
            yield Convolution(f"{name}.cv2", 4 * (c1 // 2), c2, stride=s)
        case "PSA":
            yield from _psa(name, c1, s)
        case "Attention":
            yield from _attention(name, c1, s)
        case "Detect":
            for head in ("", "one2one_"):
                yield from _head(f"{name}.{head}", layer.in_channels, options["num_classes"])


def _bottleneck(name: str, c: int, s: int) -> Iterator[Convolution]:
    yield Convolution(f"{name}.cv1", c, c, 3, stride=s)
    yield Convolution(f"{name}.cv2", c, c, 3, stride=s)


def _cib(name: str, c: int, hidden: int, s: int, *, large: bool, fused: bool) -> Iterator[Convolution]:
    """Depthwise and pointwise in turn (spec 1.6)."""
    yield Convolution(f"{name}.0", c, c, 3, groups=c, stride=s)
    yield Convolution(f"{name}.1", c, hidden, stride=s)
    if large:
        yield from _repvggdw(f"{name}.2", hidden, s, fused=fused)
    else:
        yield Convolution(f"{name}.2", hidden, hidden, 3, groups=hidden, stride=s)
    yield Convolution(f"{name}.3", hidden, c, stride=s)
    yield Convolution(f"{name}.4", c, c, 3, groups=c, stride=s)


def _repvggdw(name: str, c: int, s: int, *, fused: bool) -> Iterator[Convolution]:
    """Two branches, or the one they merge into (spec 1.5)."""
    if fused:
        yield Convolution(name, c, c, 7, groups=c, stride=s)
    else:
        yield Convolution(f"{name}.conv", c, c, 7, groups=c, stride=s)
        yield Convolution(f"{name}.conv1", c, c, 3, groups=c, stride=s)


def _psa(name: str, c: int, s: int) -> Iterator[Convolution]:
    """Half of the channels pass attention and a feed-forward pair (spec 1.10)."""
    d = c // 2
    yield Convolution(f"{name}.cv1", c, 2 * d, stride=s)
    yield Convolution(f"{name}.cv2", 2 * d, c, stride=s)
    yield from _attention(f"{name}.attn", d, s)
    yield Convolution(f"{name}.ffn.0", d, 2 * d, stride=s)
    yield Convolution(f"{name}.ffn.1", 2 * d, d, stride=s)


def _attention(name: str, d: int, s: int) -> Iterator[Convolution]:
    """Queries, keys and values by one convolution, a projection, and position from a 3×3 (spec 1.9)."""
    heads, key_width, _ = attention_widths(d)
    yield Convolution(f"{name}.qkv", d, d + 2 * key_width * heads, stride=s)
    yield Convolution(f"{name}.proj", d, d, stride=s)
    yield Convolution(f"{name}.pe", d, d, 3, groups=d, stride=s)


def _head(prefix: str, in_channels: tuple[int, ...], num_classes: int) -> Iterator[Convolution]:
    """One head: a box branch, then a class branch, on each of three levels (spec 3.1)."""
    box, cls = head_widths(in_channels, num_classes)
    for level, (c, s) in enumerate(zip(in_channels, STRIDES, strict=True)):
        name = f"{prefix}cv2.{level}"
        yield Convolution(f"{name}.0", c, box, 3, stride=s)
        yield Convolution(f"{name}.1", box, box, 3, stride=s)
        yield Convolution(f"{name}.2", box, 4 * REG_MAX, stride=s, norm=False)
    for level, (c, s) in enumerate(zip(in_channels, STRIDES, strict=True)):
        name = f"{prefix}cv3.{level}"
        yield Convolution(f"{name}.0.0", c, c, 3, groups=c, stride=s)
        yield Convolution(f"{name}.0.1", c, cls, stride=s)
        yield Convolution(f"{name}.1.0", cls, cls, 3, groups=cls, stride=s)
        yield Convolution(f"{name}.1.1", cls, cls, stride=s)
        yield Convolution(f"{name}.2", cls, num_classes, stride=s, norm=False)


def _is_one2many(conv: Convolution, layer: Layer) -> bool:
    return layer.kind == "Detect" and ".one2one_" not in conv.name


def _entries(conv: Convolution, *, fused: bool) -> dict[str, Shape]:
    if not conv.norm:
        return {f"{conv.name}.weight": conv.weight_shape, f"{conv.name}.bias": (conv.out_channels,)}
    entries: dict[str, Shape] = {f"{conv.name}.conv.weight": conv.weight_shape}
    if fused:
        return entries | {f"{conv.name}.conv.bias": (conv.out_channels,)}
    norm = {f"{conv.name}.bn.{entry}": (conv.out_channels,) for entry in BATCH_NORM_ENTRIES}
    return entries | norm | {f"{conv.name}.bn.num_batches_tracked": ()}
