"""Boxes of the best anchors alone: P3's box branch on patches around them (as `graph/head.py` does)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from yolov10.runtimes.torch_kernels import unpadded

REACH = 2
"""Cells to each side that the branch's two 3×3 convolutions see."""


def bins_of_patches(branch: nn.Sequential, x: Tensor, cells: Tensor) -> Tensor:
    """Bins of some cells of a map, as the branch gives them for every cell, in less time.

    x [B, C, h, w] channels last; cells [B, k] by number, row by row → [B, k, 64].
    A convolution sees zeros outside its map: outside are zeros in the patches, and again after the first.
    """
    b, c, h, w = x.shape
    y, inside_y = _five(cells // w, h)
    column, inside_x = _five(cells % w, w)
    begins = torch.arange(b)[:, None, None, None] * (h * w)
    places = begins + y[..., :, None] * w + column[..., None, :]  # [B, k, 5, 5]
    inside = (inside_y[..., :, None] & inside_x[..., None, :]).view(-1, 1, 5, 5)
    by_cell = x.permute(0, 2, 3, 1).reshape(-1, c)
    patches = by_cell.index_select(0, places.flatten()).view(-1, 5, 5, c).permute(0, 3, 1, 2)
    first, second, last = branch.children()
    assert isinstance(last, nn.Conv2d)
    found = unpadded(first, patches * inside)  # [B·k, 64, 3, 3]
    found = unpadded(second, found * inside[..., 1:4, 1:4]).flatten(1)
    return functional.linear(found, last.weight.flatten(1), last.bias).view(b, -1, last.out_channels)


def _five(centre: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """Five neighbours along an axis [B, k, 5], kept within 0 … side − 1; and which lay within."""
    cells = centre[..., None] + torch.arange(-REACH, REACH + 1)
    within = cells.clamp(0, side - 1)
    return within, cells == within
