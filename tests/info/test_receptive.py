"""Receptive fields against the support of a gradient: which pixels move one output cell."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from yolov10 import architecture
from yolov10.architecture import layers
from yolov10.info.receptive import receptive_fields, sees_everything
from yolov10.network import build
from yolov10.network.blocks import Attention


class Local(nn.Module):
    """Attention with every cell attending to itself alone: what is left is convolution."""

    def __init__(self, attention):
        super().__init__()
        self.inner = attention

    def forward(self, x):
        per_head = self.inner.qkv(x).unflatten(1, (self.inner.heads, -1))
        v = per_head[:, :, 2 * self.inner.key_width :].flatten(1, 2)
        return self.inner.proj(v + self.inner.pe(v))


def positive(scale):
    """A network in which every path carries a positive gradient, so that none cancels and none is cut off."""
    network = build(scale).eval().double()
    for module in list(network.modules()):
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 1 / module.weight[0].numel())
        for name, child in list(module.named_children()):
            if isinstance(child, nn.MaxPool2d):
                setattr(module, name, nn.AvgPool2d(child.kernel_size, child.stride, child.padding))
            if isinstance(child, Attention):
                setattr(module, name, Local(child))
    return network


def measured(network, width):
    """Widest support in columns of one cell of each row's output, over all phases of its column."""
    images = torch.rand(1, 3, 32, width, dtype=torch.float64, requires_grad=True)
    maps = {-1: images}
    for index, module in enumerate(network.model[:-1]):
        maps[index] = module(*(maps[source] for source in network.sources[index]))
    coarsest = network.head.one2one([maps[source] for source in network.sources[-1]])[-1]
    fields = []
    for index in range(24):
        output = coarsest if index == 23 else maps[index]
        stride = width // output.shape[-1]
        phases = max(32 // stride, 1) if index > 10 else 1
        middle = output.shape[-1] // 2
        fields.append(max(support(output, images, middle + phase) for phase in range(phases)))
    return fields


def support(output, images, column):
    cell = output[0, :, output.shape[2] // 2, column].sum()
    (gradient,) = torch.autograd.grad(cell, images, retain_graph=True)
    (columns,) = gradient.abs().sum((0, 1, 2)).nonzero(as_tuple=True)
    first, last = int(columns.min()), int(columns.max())
    assert first > 0, "the picture is too narrow"
    assert last < images.shape[-1] - 1, "the picture is too narrow"
    return last - first + 1


WIDTHS = {"n": 2048, "s": 2048, "m": 3072, "b": 3072, "l": 4096, "x": 4096}
"""Of the pictures: wider than what a cell of the coarsest level sees."""


@pytest.mark.parametrize("name", WIDTHS)
def test_receptive_fields_equal_the_support_of_gradients(monkeypatch, name):
    """Of every scale, as deep and as compact as it is, but narrow: no field depends on the channels."""
    monkeypatch.setitem(
        architecture.SCALES, "t", replace(architecture.SCALES[name], width=0.25, max_channels=512)
    )
    torch.manual_seed(0)
    assert measured(positive("t"), WIDTHS[name]) == receptive_fields(layers("t"))
    assert receptive_fields(layers("t")) == receptive_fields(layers(name))


def test_behind_attention_a_cell_sees_the_whole_picture():
    torch.manual_seed(0)
    network = build("n").eval()
    maps = {-1: torch.rand(1, 3, 64, 1536, requires_grad=True)}
    for index in range(11):
        maps[index] = network.model[index](*(maps[source] for source in network.sources[index]))
    reached = []
    for index in (9, 10):
        (gradient,) = torch.autograd.grad(maps[index][0, :, 0, 0].square().sum(), maps[-1], retain_graph=True)
        reached.append(bool(gradient[..., -1].abs().sum() > 0))
    everything = sees_everything(layers("n"))
    assert reached == everything[9:11] == [False, True]
    assert everything == [False] * 10 + [True] * 14
