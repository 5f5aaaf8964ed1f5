"""Networks for the tests of graphs and exports."""

from functools import cache

import numpy as np
from conftest import golden_state

from yolov10.model_card import ModelCard
from yolov10.model_names import weights_file
from yolov10.weights.native import Weights, read_native


@cache
def golden_weights(scale):
    """Both heads with the golden weights of a scale, as data."""
    card = ModelCard.unnamed(scale, 80)
    return Weights(dict(golden_state(scale)), card, fused=False, one2many=True)


@cache
def trained_weights():
    """The embedded model's weights, or None before there is one."""
    path = weights_file("cells")
    return read_native(path) if path.exists() else None


def pictures(batch, height, width, seed=0):
    """Images [B, 3, H, W] of 256 levels, as pictures have."""
    levels = np.random.default_rng(seed).integers(0, 256, (batch, 3, height, width))
    return (levels / 255).astype(np.float32)
