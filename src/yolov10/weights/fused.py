"""Weights for inference, without torch: batch-norm folded, RepVGGDW merged, one head (spec 1.1, 1.5).

The same as `YOLOv10.fuse`, which works on torch modules; a test holds the two equal.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from yolov10.architecture import BATCH_NORM_EPSILON
from yolov10.weights.native import Tensors, Weights

Kernel = tuple[NDArray[Any], NDArray[Any]]
"""Weights [c2, c1 / groups, k, k] and biases [c2]."""


def fused(weights: Weights) -> Weights:
    """The fused one-head form, float32; what is fused already stays so."""
    own = weights.tensors
    units = [name.removesuffix(".bn.weight") for name in own if name.endswith(".bn.weight")]
    kernels = {unit: _folded(own, unit) for unit in units}
    for block in [unit.removesuffix(".conv1") for unit in units if unit.endswith(".conv1")]:
        kernels[block] = _merged(kernels.pop(f"{block}.conv"), kernels.pop(f"{block}.conv1"))
    tensors = dict(own)
    for unit, (kernel, bias) in kernels.items():
        tensors |= {f"{unit}.conv.weight": kernel, f"{unit}.conv.bias": bias}
    expected = Weights({}, weights.card, fused=True, one2many=False).expected()
    kept = {name: np.asarray(tensors[name], np.float32) for name in expected}
    return Weights(kept, weights.card, fused=True, one2many=False)


def _folded(tensors: Tensors, unit: str) -> Kernel:
    """What does what the unit's convolution and batch-norm do (spec 1.1)."""
    names = ("weight", "bias", "running_mean", "running_var")
    gain, shift, mean, variance = (tensors[f"{unit}.bn.{name}"].astype(np.float32) for name in names)
    scale = gain / np.sqrt(variance + np.float32(BATCH_NORM_EPSILON))
    return tensors[f"{unit}.conv.weight"] * scale[:, None, None, None], shift - mean * scale


def _merged(large: Kernel, small: Kernel) -> Kernel:
    """One kernel equal to the sum of both; the small one sits at the centre of the large (spec 1.5)."""
    margin = (large[0].shape[-1] - small[0].shape[-1]) // 2
    padded = np.pad(small[0], [(0, 0), (0, 0), (margin, margin), (margin, margin)])
    return large[0] + padded, large[1] + small[1]
