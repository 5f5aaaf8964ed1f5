"""What simpler blocks of the same shapes would cost."""

from yolov10.architecture import STRIDES, Layer, head_widths
from yolov10.formulas import Cost, bottleneck, c2f, conv, layer_cost


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
        more = plain - light
        cost += more + more  # of both heads
    return cost
