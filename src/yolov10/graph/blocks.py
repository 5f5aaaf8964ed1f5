"""The building blocks as ONNX operators, fused (spec chapter 1).

The functions mirror the modules of `network/blocks.py`. `x` and results are names of maps [B, C, H, W];
`name` is the published prefix of the block's weights, from which the names of its operators are made.
"""

from collections.abc import Mapping, Sequence

from yolov10.graph.graph import Graph, Value


def conv(
    graph: Graph, name: str, x: Value, *, stride: int = 1, act: bool = True, padded: bool = True
) -> Value:
    """A Conv unit without its batch-norm: convolution → SiLU, or nothing where `act=False` (spec 1.1)."""
    y = convolution(graph, f"{name}.conv", x, stride=stride, padded=padded)
    return silu(graph, name, y) if act else y


def silu(graph: Graph, name: str, y: Value) -> Value:
    """SiLU: y · sigmoid(y)."""
    return graph.add("Mul", [y, graph.add("Sigmoid", [y], f"{name}.sigmoid")], f"{name}.act")


def convolution(graph: Graph, name: str, x: Value, *, stride: int = 1, padded: bool = True) -> Value:
    """A bare convolution, padded by half its kernel or not; depthwise if its kernels are one deep."""
    outputs, depth, kernel, _ = graph.weights[f"{name}.weight"].shape
    attributes = {
        "kernel_shape": [kernel, kernel],
        "strides": [stride, stride],
        "pads": [kernel // 2 if padded else 0] * 4,
        "dilations": [1, 1],
        "group": outputs if depth == 1 else 1,
    }
    tensors = [tensor for tensor in (f"{name}.weight", f"{name}.bias") if tensor in graph.weights]
    inputs = [x, *map(graph.weight, tensors)]
    return graph.add("Conv", inputs, name, attributes)


def bottleneck(graph: Graph, name: str, x: Value, options: Mapping[str, int]) -> Value:
    """Two 3×3 convolutions, with a shortcut or without (spec 1.2)."""
    y = conv(graph, f"{name}.cv2", conv(graph, f"{name}.cv1", x))
    return graph.add("Add", [x, y], f"{name}.add") if options["shortcut"] else y


def compact_block(graph: Graph, name: str, x: Value, options: Mapping[str, int]) -> Value:
    """Depthwise and pointwise in turn; the middle one is a merged 7×7 where kernels are large (spec 1.6)."""
    y = x
    for step in range(5):
        y = conv(graph, f"{name}.cv1.{step}", y)
    return graph.add("Add", [x, y], f"{name}.add") if options["shortcut"] else y


def c2f(graph: Graph, name: str, first: Value, options: Mapping[str, int]) -> Value:
    """Sends one half of what `cv1` gave down a chain of blocks, joins all of it with theirs (spec 1.3, 1.7).

    Only that half is cut out: to split both and join them again takes one per cent of the network's time.
    """
    block = compact_block if "large_kernel" in options else bottleneck
    width = len(graph.weights[f"{name}.cv1.conv.weight"])
    x = graph.add("Slice", [first, *map(graph.shape, (width // 2, width, 1))], f"{name}.second")
    steps = [first]
    for index in range(options["repeats"]):
        x = block(graph, f"{name}.m.{index}", x, options)
        steps.append(x)
    return conv(graph, f"{name}.cv2", concat(graph, name, steps))


def scdown(graph: Graph, name: str, x: Value, options: Mapping[str, int]) -> Value:
    """Pointwise first, then depthwise, no activation (spec 1.4)."""
    return conv(graph, f"{name}.cv2", conv(graph, f"{name}.cv1", x), stride=options["stride"], act=False)


def sppf(graph: Graph, name: str, x: Value, options: Mapping[str, int]) -> Value:
    """Three max-pools in a row, all stages concatenated (spec 1.8)."""
    kernel = options["kernel"]
    window = {"kernel_shape": [kernel, kernel], "strides": [1, 1], "pads": [kernel // 2] * 4}
    stages = [conv(graph, f"{name}.cv1", x)]
    for index in range(3):
        stages.append(graph.add("MaxPool", [stages[-1]], f"{name}.m.{index}", window))
    return conv(graph, f"{name}.cv2", concat(graph, name, stages))


def attention(graph: Graph, name: str, x: Value, d: int) -> Value:
    """Multi-head self-attention over the cells of the map; position comes from a 3×3 on v (spec 1.9)."""
    heads = d // 64
    value_width = d // heads
    key_width = value_width // 2
    like_x = graph.add("Shape", [x], f"{name}.shape")  # the only sides that are not known are those of x
    qkv = conv(graph, f"{name}.qkv", x, act=False)
    per_head = graph.shape(0, heads, 2 * key_width + value_width, -1)
    qkv = graph.add("Reshape", [qkv, per_head], f"{name}.heads")
    widths = graph.shape(key_width, key_width, value_width)
    q, k, v = graph.add_several("Split", [qkv, widths], [f"{name}.{part}" for part in "qkv"], {"axis": 2})
    q = graph.add("Mul", [q, graph.constant(key_width**-0.5, graph.float_type)], f"{name}.scaled")
    products = graph.add("MatMul", [_turned(graph, f"{name}.rows", q), k], f"{name}.products")
    weights = graph.add("Softmax", [products], f"{name}.softmax", {"axis": -1})  # [B, heads, N, N]
    out = graph.add("MatMul", [v, _turned(graph, f"{name}.columns", weights)], f"{name}.values")
    out = graph.add("Reshape", [out, like_x], f"{name}.out")
    position = conv(graph, f"{name}.pe", graph.add("Reshape", [v, like_x], f"{name}.v.map"), act=False)
    return conv(graph, f"{name}.proj", graph.add("Add", [out, position], f"{name}.add"), act=False)


def psa(graph: Graph, name: str, x: Value, c: int) -> Value:
    """Half of the channels pass attention and a feed-forward pair (spec 1.10)."""
    a, b = halves(graph, name, conv(graph, f"{name}.cv1", x))
    b = graph.add("Add", [b, attention(graph, f"{name}.attn", b, c // 2)], f"{name}.attn.residual")
    wide = conv(graph, f"{name}.ffn.0", b)
    b = graph.add("Add", [b, conv(graph, f"{name}.ffn.1", wide, act=False)], f"{name}.ffn.residual")
    return conv(graph, f"{name}.cv2", concat(graph, name, [a, b]))


def upsample(graph: Graph, name: str, x: Value) -> Value:
    """Every pixel repeated 2×2 (spec 1.11)."""
    nearest = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
    return graph.add("Resize", [x, "", graph.constant([1, 1, 2, 2], "float32")], name, nearest)


def concat(graph: Graph, name: str, maps: Sequence[Value], axis: int = 1) -> Value:
    """Joins maps along channels, in the order given."""
    return graph.add("Concat", maps, f"{name}.concat", {"axis": axis})


def halves(graph: Graph, name: str, x: Value) -> list[Value]:
    """The first and the second half of the channels."""
    return graph.add_several("Split", [x], [f"{name}.first", f"{name}.second"], {"axis": 1})


def _turned(graph: Graph, name: str, x: Value) -> Value:
    """The last two of four axes exchanged."""
    return graph.add("Transpose", [x], name, {"perm": [0, 1, 3, 2]})
