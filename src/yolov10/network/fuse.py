"""Re-parameterisation: the same function from fewer parameters, for inference (spec 1.1, 1.5)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from yolov10.network.blocks import Conv, RepVGGDW


def fuse_modules(root: nn.Module) -> None:
    """Merge every RepVGGDW and fold every batch-norm below `root`, in place."""
    for name, child in list(root.named_children()):
        if isinstance(child, RepVGGDW):
            root.register_module(name, merge_branches(child))
        elif isinstance(child, Conv):
            fold_batch_norm(child)
        else:
            fuse_modules(child)


def fold_batch_norm(unit: Conv) -> None:
    """Give the convolution the batch-norm's scale and shift, and put nothing in its place."""
    if isinstance(unit.bn, nn.BatchNorm2d):
        weight, bias = folded(unit)
        unit.conv = _biased_like(unit.conv, weight, bias)
        unit.bn = nn.Identity()


def merge_branches(block: RepVGGDW) -> Conv:
    """One 7×7 depthwise Conv equal to the sum of both branches; the 3×3 kernel sits at the 7×7's centre."""
    large, large_bias = folded(block.conv)
    small, small_bias = folded(block.conv1)
    merged = Conv(large.shape[0], large.shape[0], large.shape[-1], groups=large.shape[0])
    merged.train(block.training)
    margin = (large.shape[-1] - small.shape[-1]) // 2
    weight = large + functional.pad(small, [margin] * 4)
    merged.conv = _biased_like(block.conv.conv, weight, large_bias + small_bias)
    merged.bn = nn.Identity()
    return merged


def folded(unit: Conv) -> tuple[Tensor, Tensor]:
    """Kernel and bias that do what the unit's convolution and batch-norm do (spec 1.1)."""
    norm = unit.bn
    assert isinstance(norm, nn.BatchNorm2d), "folded already"
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return unit.conv.weight * scale[:, None, None, None], norm.bias - norm.running_mean * scale


def _biased_like(conv: nn.Conv2d, weight: Tensor, bias: Tensor) -> nn.Conv2d:
    """A convolution of the same geometry as `conv` with these values."""
    fused = nn.Conv2d(
        conv.in_channels,
        conv.out_channels,
        conv.kernel_size,  # type: ignore[arg-type]
        conv.stride,  # type: ignore[arg-type]
        conv.padding,  # type: ignore[arg-type]
        groups=conv.groups,
        device="meta",
    )
    fused.weight = nn.Parameter(weight.detach())
    fused.bias = nn.Parameter(bias.detach())
    return fused
