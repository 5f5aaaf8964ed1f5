"""Torch modules of what `info` describes, to measure what it computes."""

from torch import nn

from yolov10.network import blocks
from yolov10.network.model import _module


def module_of(layer):
    """The torch module of a row or of a block alone."""
    c1, c2, options = layer.in_channels[0], layer.out_channels, dict(layer.options)
    match layer.kind:
        case "Conv":
            bias = options.pop("bias", 0)
            if bias:
                kernel, stride, groups = options["kernel"], options["stride"], options["groups"]
                return nn.Conv2d(c1, c2, kernel, stride, kernel // 2, groups=groups)
            return blocks.Conv(c1, c2, **options)
        case "Bottleneck" | "CIB" | "RepVGGDW" | "Attention":
            return getattr(blocks, layer.kind)(c1, **options)
    return _module(layer)


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())
