"""The merged batch-norm against torch's own, and against float64 on real pictures."""

import copy

import numpy as np
import pytest
import torch
from conftest import DATA
from hypothesis import given
from hypothesis import strategies as st
from training.dense_reference import dense_loss

from yolov10 import images
from yolov10.data.dataset import open_dataset
from yolov10.network import build
from yolov10.network.blocks import Conv
from yolov10.training.batch_norm import BatchNorm, merge_activations, moments


def maps(shape, dtype=torch.float64, seed=0):
    torch.manual_seed(seed)
    x = torch.randn(shape, dtype=torch.float64) * 3 + torch.linspace(-5, 5, shape[1])[:, None, None]
    return x.to(dtype).contiguous(memory_format=torch.channels_last)


@given(
    st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 6), st.integers(2, 7)),
    st.booleans(),
    st.booleans(),
)
def test_values_gradients_and_statistics_are_those_of_torch(shape, act, channels_last):
    plain = Conv(3, shape[1], act=act).double()
    torch.nn.init.normal_(plain.bn.weight)
    torch.nn.init.normal_(plain.bn.bias)
    merged = copy.deepcopy(plain)
    merge_activations(merged)
    x = maps((shape[0], 3, *shape[2:]))
    if not channels_last:
        x = x.contiguous()
    found = []
    for unit in (plain, merged):
        own = x.clone().requires_grad_()
        y = unit(own)
        y.square().sum().backward()
        found.append([y, own.grad, *(p.grad for p in unit.parameters()), *unit.state_dict().values()])
    for ours, theirs in zip(*reversed(found), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)


def test_names_parameters_and_eval_mode_stay():
    network = build("n", 2)
    places = {name: value.data_ptr() for name, value in network.state_dict().items()}
    pictures = torch.rand(1, 3, 64, 64)
    expected = network.eval()(pictures)
    merge_activations(network)
    assert {name: value.data_ptr() for name, value in network.state_dict().items()} == places
    assert sum(isinstance(module, BatchNorm) for module in network.modules()) == 95
    torch.testing.assert_close(network.eval()(pictures), expected)


def test_sums_of_a_million_numbers_are_exact_to_float32():
    """Where torch's batch-norm, channels last, is off by a hundred times as much."""
    x = maps((4, 16, 256, 256), torch.float32)
    mean, variance = moments(x)
    exact = x.double()
    torch.testing.assert_close(mean.double(), exact.mean((0, 2, 3)), rtol=0, atol=3e-6)
    torch.testing.assert_close(variance.double(), exact.var((0, 2, 3), correction=0), rtol=1e-6, atol=0)


def test_bfloat16_maps_have_float32_statistics():
    x = maps((2, 8, 40, 40), torch.bfloat16)
    mean, variance = moments(x)
    assert mean.dtype == variance.dtype == torch.float32
    torch.testing.assert_close(mean.double(), x.double().mean((0, 2, 3)), rtol=1e-5, atol=1e-5)


def test_a_map_of_one_value_a_channel_passes():
    unit = Conv(3, 4)
    merge_activations(unit)
    unit(torch.rand(1, 3, 1, 1)).sum().backward()
    assert torch.isfinite(unit.bn.running_var).all()


@pytest.fixture(scope="module")
def photographs():
    """Two blood films as a batch [2, 3, 480, 640], and their boxes as targets."""
    samples = open_dataset(DATA / "bccd" / "data.yaml").samples[:2]
    pixels = np.stack([images.read(sample.path)[..., ::-1] for sample in samples])
    rows = [
        [index, category, (x1 + x2) / 2 / 640, (y1 + y2) / 2 / 480, (x2 - x1) / 640, (y2 - y1) / 480]
        for index, sample in enumerate(samples)
        for category, (x1, y1, x2, y2) in zip(sample.classes, sample.boxes, strict=True)
    ]
    return torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy()).double() / 255, torch.tensor(rows).double()


def test_gradients_on_real_pictures_are_as_exact_channels_last_as_they_are_otherwise(photographs):
    """Both layouts round, and differ by what they round; torch's batch-norm channels last is off by 1e-2."""
    pictures, targets = photographs
    torch.manual_seed(0)
    network = build("n", 3)
    exact = copy.deepcopy(network).double()
    leaves = {head: [raw.detach().requires_grad_() for raw in raws] for head, raws in exact(pictures).items()}
    dense_loss(leaves, targets, 3)[0].backward()
    pull = [raw.grad for raws in leaves.values() for raw in raws]

    def gradient(network, pictures):
        """Of the loss, with what the assigner chose held fast: it may tip over at a rounding."""
        raws = [raw for raws in network(pictures).values() for raw in raws]
        torch.autograd.backward(raws, [grad.to(raw.dtype) for grad, raw in zip(pull, raws, strict=True)])
        grads = [p.grad for p in network.parameters() if p.grad is not None]
        return torch.cat([grad.double().flatten() for grad in grads])

    truth = gradient(exact, pictures)
    plain = gradient(copy.deepcopy(network), pictures.float())
    merge_activations(network)
    network.to(memory_format=torch.channels_last)
    ours = gradient(network, pictures.float().contiguous(memory_format=torch.channels_last))

    def off(found, expected):
        return float((found - expected).norm() / truth.norm())

    rounding = off(plain, truth)  # 2e-4 here
    assert off(ours, truth) < 1.5 * rounding
    assert off(ours, plain) < 1.5 * rounding
