"""The neck's pointwise convolutions before upsampling and joining, as in `graph/joint.py`, for torch."""

import copy

from torch import Tensor, nn
from torch.nn import functional

from yolov10.architecture import layers
from yolov10.network.blocks import C2f, Conv
from yolov10.network.model import YOLOv10


def join_late(network: YOLOv10) -> None:
    """Change a fused network in place: Upsample and Concat wait for the convolution that reads them."""
    rows = layers(network.card.scale, len(network.card.names))
    for row in rows:
        if row.kind == "Concat" and rows[row.sources[0]].kind == "Upsample":
            stage = network.model[row.index + 1]
            assert isinstance(stage, C2f)
            network.model[row.sources[0]] = nn.Identity()
            network.model[row.index] = _Pair()
            stage.cv1 = _OfPair(stage.cv1, row.in_channels[0])  # type: ignore[assignment]


class _Pair(nn.Module):
    """In place of Upsample and Concat: a coarse map and a fine one."""

    def forward(self, coarse: Tensor, fine: Tensor) -> tuple[Tensor, Tensor]:
        return coarse, fine


class _OfPair(nn.Module):
    """A pointwise Conv unit over both maps of a pair: the sum of one over each."""

    def __init__(self, unit: Conv, coarse_channels: int) -> None:
        super().__init__()
        kernel = unit.conv.weight
        self.coarse = _without_activation(unit, kernel[:, :coarse_channels], None)
        self.fine = _without_activation(unit, kernel[:, coarse_channels:], unit.conv.bias)

    def forward(self, pair: tuple[Tensor, Tensor]) -> Tensor:
        coarse, fine = pair
        raised = functional.interpolate(self.coarse(coarse), scale_factor=2.0, mode="nearest")
        return functional.silu(self.fine(fine).add_(raised), inplace=True)


def _without_activation(unit: Conv, kernel: Tensor, bias: Tensor | None) -> Conv:
    """The unit over some of its input channels, those of the kernel."""
    part = copy.deepcopy(unit)  # a new one would draw its weights from the caller's random numbers
    part.act = nn.Identity()
    part.conv.in_channels = kernel.shape[1]
    part.conv.weight = nn.Parameter(kernel.detach().clone(), requires_grad=False)
    part.conv.bias = None if bias is None else nn.Parameter(bias.detach(), requires_grad=False)
    return part
