"""A convolution and what follows it as one kernel of oneDNN, where torch has that."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from yolov10.network.blocks import Conv


def merge_kernels(network: nn.Module) -> None:
    """Make every fused Conv unit below one kernel, in place; where torch has none, it stays as it is."""
    if _there():
        for unit in [module for module in network.modules() if isinstance(module, Conv)]:
            activation = "swish" if isinstance(unit.act, nn.SiLU) else "none"
            unit.conv, unit.act = _WithActivation(unit.conv, activation), nn.Identity()  # type: ignore[assignment]


def unpadded(unit: nn.Module, x: Tensor) -> Tensor:
    """A fused Conv unit, of one kernel or not, without its padding."""
    assert isinstance(unit, Conv)
    if isinstance(unit.conv, _WithActivation):
        return unit.conv(x, padded=False)  # type: ignore[no-any-return]
    return unit.act(functional.conv2d(x, unit.conv.weight, unit.conv.bias))  # type: ignore[no-any-return]


def _there() -> bool:
    """It belongs to torch's inside: present on x86 builds, and not promised."""
    there = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return bool(there) and hasattr(torch.ops.mkldnn, "_convolution_pointwise")


class _WithActivation(nn.Module):
    """The operator that torch.compile would choose."""

    def __init__(self, conv: nn.Conv2d, activation: str) -> None:
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias
        geometry = (conv.padding, conv.stride, conv.dilation)
        self.geometry = tuple(list(numbers) for numbers in geometry)
        self.groups, self.activation = conv.groups, activation
        self.packed: Tensor | None = None

    def forward(self, x: Tensor, padded: bool = True) -> Tensor:
        if self.packed is None:  # laid out as oneDNN likes it for maps of this shape; it takes any other, too
            self.packed = torch.ops.mkldnn._reorder_convolution_weight(
                self.weight, *self.geometry, self.groups, list(x.shape)
            )
        padding, *rest = self.geometry
        return torch.ops.mkldnn._convolution_pointwise(  # type: ignore[no-any-return]
            *(x, self.packed, self.bias, padding if padded else [0, 0]),
            *(*rest, self.groups, self.activation, [], ""),
        )
