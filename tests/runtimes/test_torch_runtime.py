"""The network in torch: what the user chose reaches it, and leaves nothing behind."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from yolov10.errors import UserError
from yolov10.network import build
from yolov10.runtimes.open import open_runtime
from yolov10.runtimes.torch_runtime import TorchRuntime
from yolov10.weights import networks

IMAGES = np.random.default_rng(0).random((2, 3, 64, 96), np.float32)


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A path that opens as a small network."""
    path = tmp_path / "n.safetensors"
    path.touch()
    monkeypatch.setattr(networks, "open_network", lambda _: build("n", num_classes=3))
    return path


def threads_seen(runtime, calls=1):
    seen = []
    runtime.network.model[0].register_forward_hook(lambda *_: seen.append(torch.get_num_threads()))
    for _ in range(calls):
        runtime(IMAGES)
    return seen


@pytest.fixture
def three_threads():
    """As on a machine of three cores, whatever this one has."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("three_threads")
def test_threads_of_one_detector_do_not_stay_with_the_next(model):
    assert threads_seen(open_runtime(model, runtime="torch", device="cpu", threads=1)) == [1]
    assert torch.get_num_threads() == 3
    assert threads_seen(open_runtime(model, runtime="torch", device="cpu")) == [3]


def test_threads_are_restored_after_a_failed_call(model):
    before = torch.get_num_threads()
    with pytest.raises(ValueError, match="multiples of 32"):
        open_runtime(model, runtime="torch", device="cpu", threads=1)(IMAGES[..., :50])
    assert torch.get_num_threads() == before


def test_overlapping_calls_leave_the_number_of_threads_as_it_was(model):
    before = torch.get_num_threads()
    runtimes = [open_runtime(model, runtime="torch", device="cpu", threads=count) for count in (1, 3)]
    with ThreadPoolExecutor(2) as pool:
        seen = list(pool.map(threads_seen, runtimes, [10, 10]))
    assert seen == [[1] * 10, [3] * 10]
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    "precision,dtype", [("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)]
)
def test_precision_reaches_the_network(precision, dtype, model):
    runtime = open_runtime(model, runtime="torch", device="cpu", precision=precision)
    assert {value.dtype for value in runtime.network.parameters()} == {dtype}
    assert runtime(IMAGES).dtype == np.float32


@pytest.mark.parametrize("option", [{"precision": "int8"}, {"device": None}, {"device": "gpu"}])
def test_wrong_options_are_refused_with_the_choices(option, model):
    with pytest.raises(UserError, match="^no (precision 'int8'|device None|device 'gpu'): choose "):
        open_runtime(model, runtime="torch", **option)


def test_nothing_to_find_gives_no_rows():
    runtime = TorchRuntime(build("n", num_classes=3), "cpu")
    assert runtime(IMAGES[:0]).shape == (0, 0, 6)
    assert runtime(IMAGES, classes=[]).shape == (2, 0, 6)


def test_arrays_that_torch_itself_does_not_take():
    runtime = TorchRuntime(build("n", num_classes=3), "cpu")
    pictures = np.random.default_rng(0).integers(0, 256, (2, 64, 96, 3), np.uint8)
    mirrored = pictures[:, :, ::-1]
    np.testing.assert_array_equal(runtime(mirrored), runtime(mirrored.copy()))
    frozen = pictures.copy()
    frozen.flags.writeable = False
    np.testing.assert_array_equal(runtime(frozen), runtime(pictures))
