"""Weights run without torch: what they detect, what is compiled, and what is kept of it on disk."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from graph.nets import golden_weights, pictures
from rules.subprocesses import run_python

import yolov10
from yolov10.disk_cache import cache_folder
from yolov10.errors import UserError
from yolov10.runtimes import compiled
from yolov10.runtimes.open import open_runtime
from yolov10.runtimes.weights_runtime import WeightsOnOnnx, WeightsOnOpenvino
from yolov10.weights.native import write_native
from yolov10.weights.networks import to_network

IMAGES = pictures(3, 64, 96)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_native(tmp_path_factory.mktemp("weights") / "n.safetensors", golden_weights("n"))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty disk cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return cache_folder()


@pytest.fixture(params=["openvino", "onnx"])
def runtime(request, path):
    return open_runtime(path, runtime=request.param)


@pytest.mark.parametrize("classes", [None, (5, 3, 3), (79,)])
def test_detects_what_the_network_does(runtime, classes):
    with torch.inference_mode():
        wanted = None if classes is None else sorted(set(classes))
        expected = to_network(golden_weights("n")).detect(torch.from_numpy(IMAGES), wanted).numpy()
    found = runtime(IMAGES, classes)
    np.testing.assert_allclose(found[..., 4], expected[..., 4], atol=1e-5)
    assert (np.abs(found - expected).max(axis=2) < 0.01).mean() > 0.99  # rows of equal score may swap
    assert classes is None or set(np.unique(found[..., 5])) == set(classes)


def test_no_pictures_or_classes_give_no_rows(runtime):
    assert runtime(IMAGES[:0]).shape == (0, 0, 6)
    assert runtime(IMAGES, []).shape == (3, 0, 6)
    with pytest.raises(UserError, match="no class 80: the network has classes 0 to 79"):
        runtime(IMAGES, [80])


def test_several_threads_share_a_runtime(runtime):
    expected = runtime(IMAGES)
    with ThreadPoolExecutor(4) as pool:
        for rows in pool.map(runtime, [IMAGES] * 20):
            np.testing.assert_array_equal(rows, expected)


def compilations(monkeypatch):
    """The shapes that are compiled from now on, not taken from disk."""
    seen = []
    original = compiled.write_entry
    monkeypatch.setattr(compiled, "write_entry", lambda key, data: (seen.append(key), original(key, data)))
    return seen


def test_a_shape_is_compiled_once_and_then_taken_from_disk(path, folder, monkeypatch):
    seen = compilations(monkeypatch)
    first = WeightsOnOpenvino(path)(IMAGES)
    assert len(seen) == len(list(folder.iterdir())) == 1
    np.testing.assert_array_equal(WeightsOnOpenvino(path)(IMAGES), first)
    assert len(seen) == 1
    for change in (
        lambda: WeightsOnOpenvino(path)(IMAGES[..., :64]),  # another shape
        lambda: WeightsOnOpenvino(path)(IMAGES, [3]),  # other classes
        lambda: WeightsOnOpenvino(path, threads=1)(IMAGES),
        lambda: WeightsOnOpenvino(path, precision="bf16")(IMAGES),
    ):
        before = len(seen)
        change()
        assert len(seen) == before + 1


def test_other_contents_or_versions_are_other_entries(path, tmp_path, monkeypatch):
    seen = compilations(monkeypatch)
    WeightsOnOpenvino(path)(IMAGES)
    weights = golden_weights("n")
    tensors = dict(weights.tensors)
    tensors["model.0.conv.weight"] = tensors["model.0.conv.weight"] * 2
    other = type(weights)(tensors, weights.card, fused=False, one2many=True)
    WeightsOnOpenvino(write_native(tmp_path / "other.safetensors", other))(IMAGES)
    assert len(set(seen)) == 2
    monkeypatch.setattr(yolov10, "__version__", "99")
    WeightsOnOpenvino(path)(IMAGES)
    assert len(set(seen)) == 3


@pytest.mark.parametrize("damage", [b"", b"x" * 1000])
def test_a_corrupt_entry_is_compiled_anew_and_replaced(path, folder, damage, monkeypatch, capfd):
    expected = WeightsOnOpenvino(path)(IMAGES)
    (entry,) = folder.iterdir()
    entry.write_bytes(damage)
    seen = compilations(monkeypatch)
    np.testing.assert_array_equal(WeightsOnOpenvino(path)(IMAGES), expected)
    assert len(seen) == 1
    assert len(entry.read_bytes()) > 1_000_000
    assert capfd.readouterr() == ("", "")


def test_whole_but_not_to_openvinos_liking_is_compiled_anew(path, monkeypatch):
    expected = WeightsOnOpenvino(path)(IMAGES)
    monkeypatch.setattr(compiled, "read_entry", lambda key: b"not a compiled model")
    np.testing.assert_array_equal(WeightsOnOpenvino(path)(IMAGES), expected)


def test_without_the_cache_nothing_is_written(path, folder):
    WeightsOnOpenvino(path, cache=False)(IMAGES)
    assert not folder.exists()


def test_the_least_recently_used_shape_is_dropped(path, monkeypatch):
    monkeypatch.setattr(compiled, "KEPT", 2)
    runtime = WeightsOnOpenvino(path)
    for side in (32, 64, 32, 96):
        runtime(IMAGES[:1, :, :32, :side].copy())
    assert [form.sides[1] for form in runtime.shapes.kept] == [32, 96]


def test_processes_may_compile_at_once(path, folder):
    code = f"""
import numpy as np
from yolov10.runtimes.weights_runtime import WeightsOnOpenvino
print(WeightsOnOpenvino({str(path)!r})(np.full((1, 3, 32, 32), 0.5, np.float32)).sum())
"""
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(3)]
    assert len({process.communicate()[0] for process in running}) == 1
    assert [process.returncode for process in running] == [0] * 3
    assert len(list(folder.iterdir())) == 1


def test_neither_runtime_loads_torch(path, tmp_path):
    code = f"""
import sys
import numpy as np
from yolov10.runtimes.open import open_runtime
for runtime in ("openvino", "onnx"):
    open_runtime({str(path)!r}, runtime=runtime, cache=False)(np.zeros((1, 3, 32, 32), np.float32))
print("torch" in sys.modules)
"""
    assert run_python(code, home=tmp_path).strip() == "False"


def test_onnx_sessions_are_few(path):
    runtime = WeightsOnOnnx(path)
    for index in range(6):
        runtime(IMAGES[:1], [index])
    assert list(runtime.sessions) == [((index,), "float32") for index in (2, 3, 4, 5)]
