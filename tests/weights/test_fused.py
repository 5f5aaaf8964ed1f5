"""Fusing as data against fusing as torch modules."""

import numpy as np
import pytest
from graph.nets import golden_weights

from yolov10.weights.fused import fused
from yolov10.weights.networks import to_network, to_weights


def test_gives_the_tensors_of_the_fused_network(scale):
    ours = fused(golden_weights(scale))
    theirs = to_weights(to_network(golden_weights(scale)).fuse())
    assert (ours.fused, ours.one2many) == (theirs.fused, theirs.one2many) == (True, False)
    assert ours.tensors.keys() == theirs.tensors.keys()
    for name, values in theirs.tensors.items():
        assert ours.tensors[name].dtype == np.float32
        np.testing.assert_allclose(ours.tensors[name], values, rtol=1e-5, atol=1e-6)


def test_what_is_fused_stays_as_it_is():
    once = fused(golden_weights("n"))
    twice = fused(once)
    assert once.tensors.keys() == twice.tensors.keys()
    assert all((twice.tensors[name] == values).all() for name, values in once.tensors.items())


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_other_types_become_float32(dtype):
    weights = golden_weights("n")
    cast = {k: v.astype(dtype) if v.dtype == np.float32 else v for k, v in weights.tensors.items()}
    other = fused(type(weights)(cast, weights.card, fused=False, one2many=True))
    assert {values.dtype for values in other.tensors.values()} == {np.dtype(np.float32)}
