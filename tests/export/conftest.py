"""Weights to export: small in pixels, so that a test takes seconds."""

from dataclasses import replace

import pytest
from graph.nets import golden_weights

from yolov10.weights.native import Weights, write_native


def small(weights):
    """The same network, made for pictures of 96 pixels, with a threshold and a licence."""
    card = replace(weights.card, image_size=96, threshold=0.3, license="CC0-1.0")
    return Weights(weights.tensors, card, fused=weights.fused, one2many=weights.one2many)


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    return write_native(tmp_path_factory.mktemp("model") / "n.safetensors", small(golden_weights("n")))
