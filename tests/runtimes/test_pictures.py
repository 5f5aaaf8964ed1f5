"""Pictures as they are, uint8 and BGR: every runtime finds in them what it finds in the planes they make."""

import numpy as np
import onnx
import pytest
import torch
from graph.nets import golden_weights
from onnx import TensorProto
from runtimes.test_exported import TOY, with_input, with_input_type

from yolov10.evaluation.one2many import OneToMany
from yolov10.graph.network import Form, onnx_model
from yolov10.letterbox import network_input
from yolov10.runtimes.exported import FileForm, as_taken
from yolov10.runtimes.open import open_runtime
from yolov10.runtimes.runtime import are_pictures, sides_of
from yolov10.runtimes.torch_runtime import TorchRuntime
from yolov10.silence import import_openvino
from yolov10.weights.native import write_native
from yolov10.weights.networks import to_network

PICTURES = np.random.default_rng(0).integers(0, 256, (3, 64, 96, 3), np.uint8)


def assert_same_rows(found, expected):
    np.testing.assert_allclose(found[..., 4], expected[..., 4], atol=1e-5)
    assert (np.abs(found - expected).max(axis=2) < 0.01).mean() > 0.99  # rows of equal score may swap


@pytest.mark.parametrize("runtime", ["openvino", "onnx", "torch"])
@pytest.mark.parametrize("classes", [None, (5, 79)])
def test_weights(runtime, classes, tmp_path):
    path = write_native(tmp_path / "n.safetensors", golden_weights("n"))
    opened = open_runtime(path, runtime=runtime, device="cpu", cache=False)
    assert_same_rows(opened(PICTURES, classes), opened(network_input(PICTURES), classes))


@pytest.mark.parametrize("runtime", ["openvino", "onnx"])
@pytest.mark.parametrize("taken", ["float32", "uint8", "uint8-bgr"])
@pytest.mark.parametrize("batch", [None, 2])
def test_exported_files(runtime, taken, batch, tmp_path):
    weights = golden_weights("n")
    expected = to_network(weights).detect(torch.from_numpy(network_input(PICTURES))).detach().numpy()
    metadata = weights.card.to_onnx() | {"channels": "BGR" if taken == "uint8-bgr" else "RGB"}
    path = tmp_path / "n.onnx"
    path.write_bytes(onnx_model(weights, Form(input=taken, batch=batch), metadata))
    assert_same_rows(open_runtime(path, runtime=runtime, cache=False)(PICTURES), expected)


@pytest.mark.parametrize("runtime", ["openvino", "onnx"])
@pytest.mark.parametrize("change", ["none", "float16", "fixed"])
def test_files_of_other_tools(runtime, change, tmp_path):
    path = tmp_path / "toy.onnx"
    match change:
        case "none":
            onnx.save(onnx.load(TOY), path)
        case "float16":
            with_input_type(path, TensorProto.FLOAT16)
        case "fixed":
            with_input(path, 1, 3, 64, 96)
    opened = open_runtime(path, runtime=runtime, cache=False)
    np.testing.assert_allclose(opened(PICTURES), opened(network_input(PICTURES)), atol=1e-3)
    assert opened(PICTURES[:0]).shape == (0, 0, 6)


def test_openvinos_own_files(tmp_path):
    openvino = import_openvino("the test")
    model = openvino.Core().read_model(onnx_model(golden_weights("n"), Form(), {}))
    for key, value in golden_weights("n").card.to_onnx().items():
        model.set_rt_info(value, ["framework", key])
    openvino.save_model(model, tmp_path / "n.xml", compress_to_fp16=False)
    opened = open_runtime(tmp_path / "n.xml", cache=False)
    for pictures in (PICTURES, PICTURES[:, :32], PICTURES):  # shapes may follow each other, and planes them
        assert_same_rows(opened(pictures.copy()), opened(network_input(pictures)))


def test_the_training_head():
    weights = golden_weights("n")
    head = OneToMany(to_network(weights).eval(), TorchRuntime(to_network(weights), "cpu"))
    np.testing.assert_allclose(head(PICTURES), head(network_input(PICTURES)), atol=1e-3)


@pytest.mark.parametrize("bgr", [True, False])
def test_planes_become_the_pictures_they_were_made_from(bgr):
    form = FileForm("uint8", bgr=bgr)
    np.testing.assert_array_equal(
        as_taken(PICTURES, form), as_taken(network_input(PICTURES), form), strict=True
    )


def test_what_an_array_holds_is_told_by_its_type():
    assert are_pictures(PICTURES)
    assert not are_pictures(network_input(PICTURES))
    assert sides_of(PICTURES) == sides_of(network_input(PICTURES)) == (64, 96)
