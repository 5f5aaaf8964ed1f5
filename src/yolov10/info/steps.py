"""What a row does, step by step in order of execution: its convolutions, and what joins them (spec 1, 3).

Where `convolutions.py` lists what has weights, this is the whole graph inside a row. Shapes, activation
memory, receptive fields and the drawings of the architecture page follow from it.
"""

from yolov10.architecture import STRIDES, Layer, attention_widths
from yolov10.convolutions import of_layer
from yolov10.info.step import Step


def steps_of(layer: Layer, *, fused: bool = False, one2many: bool = True) -> tuple[Step, ...]:
    """The steps of a row; the last is what it gives, of Detect every `concat` is.

    fused: RepVGGDW is one convolution. one2many: whether the training head is there.
    """
    writer = _Writer(layer, fused)
    c, options = layer.in_channels[0], layer.options
    match layer.kind:
        case "Conv":
            writer.conv("", -1, act=not options.get("bias"))
        case "SCDown":
            writer.conv("cv2", writer.conv("cv1", -1), act=False)
        case "C2f" | "C2fCIB":
            _split_chain(writer, layer, compact=layer.kind == "C2fCIB")
        case "Bottleneck":
            _bottleneck(writer, "", -1, c, shortcut=bool(options["shortcut"]))
        case "CIB":
            _cib(writer, "", -1, c, shortcut=bool(options["shortcut"]))
        case "RepVGGDW":
            _repvggdw(writer, "", -1)
        case "SPPF":
            _pyramid(writer, options["kernel"])
        case "PSA":
            _partial_attention(writer, c)
        case "Attention":
            _attention(writer, "", -1, c)
        case "Upsample":
            writer.add("upsample", "nearest ×2", (-1,), c)
        case "Concat":
            writer.add("concat", "concat", (-1, -2), layer.out_channels)
        case "Detect":
            heads = ("", "one2one_") if one2many else ("one2one_",)
            maps = [level for head in heads for level in _head(writer, head, layer)]
            writer.add("decode", "dfl", tuple(maps[-3:]), 4)
    return tuple(writer.steps)


class _Writer:
    """Puts down one step after the other; each call gives the position of its step."""

    def __init__(self, layer: Layer, fused: bool) -> None:
        prefix = f"model.{layer.index}"
        self.input_strides = input_strides(layer)
        self.convolutions = {
            conv.name[len(prefix) :].lstrip("."): conv for conv in of_layer(layer, fused=fused)
        }
        self.steps: list[Step] = []

    def conv(self, name: str, source: int, *, act: bool = True) -> int:
        """The convolution of that name."""
        conv = self.convolutions[name]
        self.steps.append(
            Step(
                name or "conv",
                "conv",
                (source,),
                conv.out_channels,
                conv.stride,
                conv.kernel,
                conv.stride // self._stride(source),
                conv,
                act,
            )
        )
        return len(self.steps) - 1

    def add(self, kind: str, name: str, reads: tuple[int, ...], channels: int, kernel: int = 1) -> int:
        """A step without weights."""
        stride = self._stride(reads[0])
        stride = stride // 2 if kind == "upsample" else stride
        self.steps.append(Step(name, kind, reads, channels, stride, kernel))
        return len(self.steps) - 1

    def sum(self, a: int, b: int, channels: int, *, act: bool = False) -> int:
        """Two maps added."""
        self.steps.append(Step("add", "add", (a, b), channels, self._stride(a), activation=act))
        return len(self.steps) - 1

    def _stride(self, source: int) -> int:
        return self.steps[source].stride if source >= 0 else self.input_strides[-1 - source]


def input_strides(layer: Layer) -> tuple[int, ...]:
    """Input pixels of the network between two cells of each map that the row reads."""
    match layer.kind:
        case "Conv" | "SCDown":
            return (layer.output_stride // layer.options["stride"],)
        case "Upsample":
            return (layer.output_stride * 2,)
        case "Detect":
            return STRIDES
    return (layer.output_stride,) * len(layer.in_channels)


def _below(name: str, child: str) -> str:
    return f"{name}.{child}" if name else child


def _split_chain(writer: _Writer, layer: Layer, *, compact: bool) -> None:
    """C2f and C2fCIB (spec 1.3, 1.7)."""
    c, shortcut = layer.out_channels // 2, bool(layer.options["shortcut"])
    links = [writer.add("split", "split", (writer.conv("cv1", -1),), c)]
    for j in range(layer.options["repeats"]):
        block = _cib if compact else _bottleneck
        links.append(block(writer, f"m.{j}", links[-1], c, shortcut=shortcut))
    joined = writer.add("concat", "concat", tuple(links), (1 + len(links)) * c)  # of the split, both halves
    writer.conv("cv2", joined)


def _bottleneck(writer: _Writer, name: str, source: int, c: int, *, shortcut: bool) -> int:
    last = writer.conv(_below(name, "cv2"), writer.conv(_below(name, "cv1"), source))
    return writer.sum(source, last, c) if shortcut else last


def _cib(writer: _Writer, name: str, source: int, c: int, *, shortcut: bool) -> int:
    unit = _below(name, "cv1")
    wide = writer.conv(f"{unit}.1", writer.conv(f"{unit}.0", source))
    if f"{unit}.2.conv1" in writer.convolutions:
        middle = _repvggdw(writer, f"{unit}.2", wide)
    else:
        middle = writer.conv(f"{unit}.2", wide)
    last = writer.conv(f"{unit}.4", writer.conv(f"{unit}.3", middle))
    return writer.sum(source, last, c) if shortcut else last


def _repvggdw(writer: _Writer, name: str, source: int) -> int:
    """Two branches and their sum; merged, one convolution (spec 1.5)."""
    if name in writer.convolutions:
        return writer.conv(name, source)
    large = writer.conv(_below(name, "conv"), source, act=False)
    small = writer.conv(_below(name, "conv1"), source, act=False)
    return writer.sum(large, small, writer.steps[large].channels, act=True)


def _pyramid(writer: _Writer, kernel: int) -> None:
    """SPPF (spec 1.8)."""
    stages = [writer.conv("cv1", -1)]
    h = writer.steps[0].channels
    for _ in range(3):
        stages.append(writer.add("pool", f"max-pool {kernel}×{kernel}", (stages[-1],), h, kernel))
    writer.conv("cv2", writer.add("concat", "concat", tuple(stages), 4 * h))


def _partial_attention(writer: _Writer, c: int) -> None:
    """PSA (spec 1.10)."""
    d = c // 2
    half = writer.add("split", "split", (writer.conv("cv1", -1),), d)
    attended = writer.sum(half, _attention(writer, "attn", half, d), d)
    passed_on = writer.sum(attended, writer.conv("ffn.1", writer.conv("ffn.0", attended), act=False), d)
    writer.conv("cv2", writer.add("concat", "concat", (half, passed_on), 2 * d))


def _attention(writer: _Writer, name: str, source: int, d: int) -> int:
    """Scores of every cell for every other, values weighed by them, position from a 3×3 (spec 1.9)."""
    heads, key_width, value_width = attention_widths(d)
    qkv = writer.conv(_below(name, "qkv"), source, act=False)
    parts = writer.add("split", "q, k, v", (qkv,), heads * (2 * key_width + value_width))
    scores = writer.add("scores", "qᵀ·k", (parts,), heads)
    weighed = writer.add("values", "v·Aᵀ", (writer.add("softmax", "softmax", (scores,), heads),), d)
    position = writer.conv(_below(name, "pe"), parts, act=False)
    return writer.conv(_below(name, "proj"), writer.sum(weighed, position, d), act=False)


def _head(writer: _Writer, head: str, layer: Layer) -> list[int]:
    """Box and class branch of each level, joined: the raw maps of one head (spec 3.1)."""
    maps = []
    for level in range(len(STRIDES)):
        box = writer.conv(f"{head}cv2.{level}.0", -1 - level)
        box = writer.conv(f"{head}cv2.{level}.2", writer.conv(f"{head}cv2.{level}.1", box), act=False)
        cls = -1 - level
        for unit in ("0.0", "0.1", "1.0", "1.1"):
            cls = writer.conv(f"{head}cv3.{level}.{unit}", cls)
        cls = writer.conv(f"{head}cv3.{level}.2", cls, act=False)
        maps.append(writer.add("concat", "concat", (box, cls), layer.out_channels))
    return maps
