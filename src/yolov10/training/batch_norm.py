"""Batch-norm in training on a CPU, channels last: exact sums, and SiLU in the same step.

torch adds up a map that lies channels last number by number in float32: the mean of a million numbers is off
by 1e-5, and that puts the gradients of the first layers off by a percent. Here a row of pixels counts as so
many channels, each added up by itself first. And the two together need to remember the input of the
batch-norm alone, since that of SiLU follows from it at little cost: a third less memory for a training step.
"""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import silu

from yolov10.network.blocks import Conv


class BatchNorm(nn.BatchNorm2d):
    """A batch-norm, followed by SiLU if `activate`; its parameters and their names are those of torch's."""

    def __init__(self, norm: nn.BatchNorm2d, *, activate: bool) -> None:
        """Take the place of `norm`, whose parameters and statistics it shares."""
        super().__init__(norm.num_features, norm.eps, norm.momentum, device="meta")
        self.weight, self.bias = norm.weight, norm.bias  # the same, not copies
        self.running_mean, self.running_var = norm.running_mean, norm.running_var
        self.num_batches_tracked = norm.num_batches_tracked
        self.activate = activate

    def forward(self, x: Tensor) -> Tensor:
        """Maps [b, c, h, w] normalised by their own moments in training mode, else by the running ones."""
        if not self.training:
            normalised = super().forward(x)
            return silu(normalised, inplace=True) if self.activate else normalised
        x = x.contiguous(memory_format=torch.channels_last)
        mean, variance = moments(x)
        self._follow(mean, variance, x.numel() // len(mean))
        arguments = x, mean, variance, self.weight, self.bias, self.eps, self.activate
        return cast(Tensor, _Normalise.apply(*arguments))  # type: ignore[no-untyped-call]

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Update the running statistics by moments [c] of `count` numbers each, the variance unbiased."""
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * (count / max(count - 1, 1)), self.momentum)
        self.num_batches_tracked.add_(1)


def merge_activations(network: nn.Module) -> None:
    """Give every Conv of a network this batch-norm, with its activation if it has one, in place."""
    for unit in network.modules():
        if isinstance(unit, Conv) and isinstance(unit.bn, nn.BatchNorm2d):
            unit.bn = BatchNorm(unit.bn, activate=isinstance(unit.act, nn.SiLU))
            unit.act = nn.Identity()


@torch.no_grad()
def moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance [c] of maps [b, c, h, w], in float32 at least."""
    columns, dtype = pixels_as_channels(x), torch.promote_types(x.dtype, torch.float32)
    unused = torch.zeros(2, columns.shape[1], dtype=dtype)
    mean, variance = torch.batch_norm_update_stats(columns, unused[0], unused[1], 0.0)
    mean, variance = mean.view(-1, x.shape[1]), variance.view(-1, x.shape[1])  # [w, c], of equally many each
    whole = mean.mean(0)
    return whole, (variance + (mean - whole).square()).mean(0)


def gradient_sums(gradient: Tensor, x: Tensor, mean: Tensor, inverse_std: Tensor) -> tuple[Tensor, Tensor]:
    """Sums [c] over maps [b, c, h, w]: of gradient · normalised x, and of the gradient itself."""
    width = x.shape[3]
    ones = torch.ones_like(mean).repeat(width)
    repeated = ones, None, None, mean.repeat(width), inverse_std.repeat(width)
    _, products, plain = torch.ops.aten.native_batch_norm_backward(
        pixels_as_channels(gradient), pixels_as_channels(x), *repeated, True, 0.0, [False, True, True]
    )
    return products.view(width, -1).sum(0), plain.view(width, -1).sum(0)


def pixels_as_channels(x: Tensor) -> Tensor:
    """Maps [b, c, h, w] as [b, w · c, h, 1], where they lie; channels last before and after."""
    b, c, h, w = x.shape
    return x.permute(0, 2, 3, 1).view(b, h, 1, w * c).permute(0, 3, 1, 2)


def affine(x: Tensor, scale: Tensor, shift: Tensor, out: Tensor | None = None) -> Tensor:
    """Give scale [c] · x + shift [c] of maps x [b, c, h, w], in their precision; `out` may be x itself.

    As a batch-norm of mean 0 and variance 1, which torch does in one pass.
    """
    out = torch.empty_like(x) if out is None else out
    unit = torch.zeros_like(scale), torch.ones_like(scale)
    unused = scale.new_empty(0), scale.new_empty(0)
    torch.native_batch_norm(x, scale, shift, *unit, False, 0.0, 0.0, out=(out, *unused))
    return out


class _Normalise(torch.autograd.Function):
    """Maps x [b, c, h, w] → (x − mean) / √(variance + eps) · weight + bias, through SiLU if `activate`."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - autograd's
        x: Tensor,
        mean: Tensor,
        variance: Tensor,
        weight: Tensor,
        bias: Tensor,
        eps: float,
        activate: bool,
    ) -> Tensor:
        inverse_std = (variance + eps).rsqrt()
        scale = weight * inverse_std
        shift = bias - mean * scale
        ctx.save_for_backward(x, mean, inverse_std, scale, shift)
        ctx.activate = activate
        normalised = affine(x, scale, shift)
        return silu(normalised, inplace=True) if activate else normalised

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        x, mean, inverse_std, scale, shift = ctx.saved_tensors
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        room = None  # memory of our own, which may be written over
        if ctx.activate:
            room = affine(x, scale, shift)  # what SiLU was given
            gradient = torch.ops.aten.silu_backward.grad_input(gradient, room, grad_input=room)
        by_weight, by_bias = gradient_sums(gradient, x, mean, inverse_std)

        # By x: (gradient − its mean − normalised x · mean of their product) · scale. Multiplied out, that is
        # scale · gradient + slope · x + offset, which takes two passes and no maps but the result.
        count = x.numel() // len(mean)
        slope = -scale * inverse_std * by_weight / count
        offset = -scale * by_bias / count - slope * mean
        result = affine(gradient, scale, offset, out=room)
        pixels_as_channels(result).addcmul_(
            pixels_as_channels(x), slope.to(x.dtype).repeat(x.shape[3]).view(-1, 1, 1)
        )
        return result, None, None, by_weight, by_bias, None, None
