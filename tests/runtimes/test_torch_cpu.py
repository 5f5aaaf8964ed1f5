"""The network rearranged for a CPU gives what it gave before."""

import numpy as np
import pytest
import torch
from conftest import build_golden
from graph.nets import golden_weights, pictures

from yolov10.export.verify import difference
from yolov10.runtimes import torch_kernels
from yolov10.runtimes.torch_cpu import rearrange
from yolov10.runtimes.torch_runtime import TorchRuntime
from yolov10.weights.networks import to_network


@pytest.mark.parametrize("kernel", [True, False])
@pytest.mark.parametrize("shape", [(1, 160, 128), (5, 64, 64)])
def test_detects_what_the_network_does(scale, shape, kernel, monkeypatch):
    if scale not in "ns" and (kernel is False or shape[0] == 5):
        pytest.skip("seen on n and s")
    if not kernel:
        monkeypatch.setattr(torch_kernels, "_there", lambda dtype: False)
    images = pictures(*shape)
    network = to_network(golden_weights(scale))
    with torch.inference_mode():
        anchors = network.decode(torch.from_numpy(images)).numpy()
    for rows, own in zip(TorchRuntime(network, "cpu")(images), anchors, strict=True):
        box, score = difference(rows, own)
        assert box < 0.01
        assert score < 1e-5


def test_rearranging_draws_none_of_the_callers_random_numbers():
    network = build_golden("n").fuse()
    state = torch.random.get_rng_state()
    rearrange(network)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_shapes_may_follow_each_other():
    runtime = TorchRuntime(build_golden("n"), "cpu")
    for shape in ((1, 64, 64), (2, 160, 96), (1, 64, 64)):
        images = pictures(*shape)
        fresh = TorchRuntime(build_golden("n"), "cpu")(images)
        np.testing.assert_allclose(runtime(images)[..., 4], fresh[..., 4], atol=1e-5)


@pytest.mark.skipif(not torch_kernels._there(torch.float32), reason="torch without the kernel")
def test_a_rectangle_after_a_square_lays_no_weight_out_anew(capfd):
    """On processors without AVX-512 that cost as much as all that the smaller picture saves."""
    square, rectangle = pictures(1, 640, 640), pictures(1, 384, 640)
    runtime = TorchRuntime(build_golden("n"), "cpu")
    runtime(square)
    runtime(rectangle)
    fresh = TorchRuntime(build_golden("n"), "cpu")
    fresh(rectangle)
    assert _reorders(runtime, rectangle, capfd) == _reorders(fresh, rectangle, capfd)


def _reorders(runtime, images, capfd):
    """What oneDNN says of the tensors that it copies to another layout within one call."""
    capfd.readouterr()
    with torch.backends.mkldnn.verbose(torch.backends.mkldnn.VERBOSE_ON):
        runtime(images)
    lines = capfd.readouterr().out.splitlines()
    assert any(",exec,cpu,convolution," in line for line in lines)
    return [line.rpartition(",")[0] for line in lines if ",exec,cpu,reorder," in line]


def test_classes_are_chosen_before_the_top_k():
    images = pictures(2, 128, 160)
    with torch.inference_mode():
        expected = build_golden("n").detect(torch.from_numpy(images), (7, 3)).numpy()
    found = TorchRuntime(build_golden("n"), "cpu")(images, (7, 3))
    np.testing.assert_allclose(found[..., 4], expected[..., 4], atol=1e-5)
    assert set(np.unique(found[..., 5])) == {3, 7}


@pytest.mark.parametrize("kernel", [True, False])
def test_bfloat16_decodes_in_float32(kernel, monkeypatch):
    if not kernel:  # a processor without AVX-512
        monkeypatch.setattr(torch_kernels, "_there", lambda dtype: dtype == torch.float32)
    images = pictures(1, 128, 160)
    expected = TorchRuntime(build_golden("n"), "cpu")(images)[0]
    found = TorchRuntime(build_golden("n"), "cpu", "bf16")(images)[0]
    np.testing.assert_allclose(found[:, 4], expected[:, 4], atol=0.05)
    large = found[:, :4][np.abs(found[:, :4]) > 64]
    assert (large % 0.5 == 0).mean() < 0.1  # where every bfloat16 number is a multiple of a half
