"""The hashed raw maps and labels of specification 11.1 and 11.4, and random ones of the same form."""

import numpy as np
import torch

LABELS = torch.tensor(
    [
        (0, 0, 0.30, 0.40, 0.35, 0.50),
        (0, 2, 0.32, 0.42, 0.30, 0.45),
        (0, 1, 0.75, 0.70, 0.40, 0.30),
        (1, 1, 0.50, 0.50, 0.90, 0.80),
        (1, 0, 0.10, 0.10, 0.05, 0.06),
    ]
)
CASE_A, CASE_B = 3_000_000, 3_100_000
CLOSE = 1e-6
"""Relative: between the published numbers and ours in float64, and between ours in float64 and in float32.

The published ones were computed in float32, where a sixth power makes 7e-7 of roundings. To which side of the
exact numbers depends on the processor; what float64 gives is the same on all.
"""
HEADS = ("one2many", "one2one")


def hashed(key, count):
    """u(key, 0 … count − 1) of specification 11.1, float64 in 0..1."""
    with np.errstate(over="ignore"):
        x = np.arange(count, dtype=np.uint32) * np.uint32(2654435761)
        x += np.uint32((key * 2246822519 + 374761393) % 2**32)
        x ^= x >> np.uint32(15)
        x *= np.uint32(2246822519)
        x ^= x >> np.uint32(13)
        x *= np.uint32(3266489917)
        x ^= x >> np.uint32(16)
    return x / 2**32


def hashed_maps(key, dtype=torch.float32):
    """Raw maps of one head, numbers of float32 in any type: 3 classes, 2 images of 128×128 (spec 11.4)."""
    maps = []
    for level, cells in enumerate((16, 8, 4)):
        value = torch.from_numpy(hashed(key + level, 2 * 67 * cells * cells) - 0.5).view(2, 67, cells, cells)
        raw = torch.cat([12 * value[:, :64], 4 * value[:, 64:] - 2], 1).float()
        maps.append(raw.to(dtype).requires_grad_())
    return maps


def random_maps(batch, classes, height, width, seed=0, dtype=torch.float32):
    """Raw maps of both heads for an input of height × width pixels."""
    generator = torch.Generator().manual_seed(seed)

    def level(stride):
        raw = torch.randn(batch, 64 + classes, height // stride, width // stride, generator=generator)
        raw[:, :64] *= 2
        return raw.to(dtype).requires_grad_()

    return {head: [level(stride) for stride in (8, 16, 32)] for head in HEADS}


def gradients(total, maps):
    """Gradients of a scalar for the maps of both heads, as one list."""
    return torch.autograd.grad(total, [raw for head in HEADS for raw in maps[head]])
