"""A convolution and what follows it as one kernel of oneDNN, where torch has that."""

from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional

from yolov10.network.blocks import Conv

LAYOUTS = 4
"""Shapes of maps for which weights are kept, laid out for each: a camera has one, a folder has a few."""


def merge_kernels(network: nn.Module) -> None:
    """Make every fused Conv unit below one kernel, in place; where torch has none, it stays as it is."""
    units = [module for module in network.modules() if isinstance(module, Conv)]
    if _there(units[0].conv.weight.dtype):
        for unit in units:
            activation = "swish" if isinstance(unit.act, nn.SiLU) else "none"
            unit.conv, unit.act = _WithActivation(unit.conv, activation), nn.Identity()  # type: ignore[assignment]


def unpadded(unit: nn.Module, x: Tensor) -> Tensor:
    """A fused Conv unit, of one kernel or not, without its padding."""
    assert isinstance(unit, Conv)
    if isinstance(unit.conv, _WithActivation):
        return unit.conv(x, padded=False)  # type: ignore[no-any-return]
    return unit.act(functional.conv2d(x, unit.conv.weight, unit.conv.bias))  # type: ignore[no-any-return]


def _there(dtype: torch.dtype) -> bool:
    """It belongs to torch's inside: present on x86 builds, and not promised; in bfloat16 it needs AVX-512."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    if not hasattr(torch.ops.mkldnn, "_convolution_pointwise"):
        return False
    return dtype != torch.bfloat16 or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


class _WithActivation(nn.Module):
    """The operator that torch.compile would choose."""

    def __init__(self, conv: nn.Conv2d, activation: str) -> None:
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias
        geometry = (conv.padding, conv.stride, conv.dilation)
        self.geometry = tuple(list(numbers) for numbers in geometry)
        self.groups, self.activation = conv.groups, activation
        self.weight_for = lru_cache(LAYOUTS)(self._laid_out)

    def forward(self, x: Tensor, padded: bool = True) -> Tensor:
        padding, *rest = self.geometry
        return torch.ops.mkldnn._convolution_pointwise(  # type: ignore[no-any-return]
            *(x, self.weight_for(x.shape), self.bias, padding if padded else [0, 0]),
            *(*rest, self.groups, self.activation, [], ""),
        )

    def _laid_out(self, shape: torch.Size) -> Tensor:
        """The weight as oneDNN likes it for maps of a shape.

        It takes one laid out for another shape, too, but then lays it out anew in every call: that can cost
        as much as all that a smaller picture saves.
        """
        return torch.ops.mkldnn._reorder_convolution_weight(  # type: ignore[no-any-return]
            self.weight, *self.geometry, self.groups, list(shape)
        )
