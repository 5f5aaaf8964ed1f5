"""The graph written from weights against the torch network: six scales, in both libraries that run it."""

import numpy as np
import onnx
import pytest
import torch
from conftest import SCALES
from graph.nets import golden_weights, pictures, trained_weights

from yolov10.export.verify import MAX_BOX, MAX_SCORE, difference
from yolov10.graph.network import Form, onnx_model
from yolov10.runtimes.onnx_runtime import OnnxRuntime
from yolov10.runtimes.openvino_runtime import OpenvinoRuntime
from yolov10.weights.networks import to_network

SHAPES = [(5, 64, 64), (1, 128, 160)]
"""84 anchors, fewer than the 300 rows; and 420."""


def made(path, weights, **form):
    """The file of a form, checked by the onnx package."""
    path.write_bytes(onnx_model(weights, Form(**form), weights.card.to_onnx()))
    onnx.checker.check_model(onnx.load(path), full_check=True)
    return path


def assert_same(runtime, weights, shapes):
    network = to_network(weights)
    for shape in shapes:
        images = pictures(*shape)
        with torch.inference_mode():
            anchors = network.decode(torch.from_numpy(images)).numpy()
        for rows, own in zip(runtime(images), anchors, strict=True):
            assert rows.shape == (min(300, own.shape[1]), 6)
            box, score = difference(rows, own)
            assert box <= MAX_BOX
            assert score <= MAX_SCORE


@pytest.mark.parametrize("name", [*SCALES, "cells"])
def test_detects_what_the_network_does(name, tmp_path):
    weights = trained_weights() if name == "cells" else golden_weights(name)
    if weights is None:
        pytest.skip("the embedded model is not made yet")
    path = made(tmp_path / "model.onnx", weights)
    assert_same(OnnxRuntime(path, "cpu"), weights, [*SHAPES, (1, 160, 160), (5, 96, 32)])
    assert_same(OpenvinoRuntime(path, cache=False), weights, SHAPES)


@pytest.mark.parametrize("runtime", [OnnxRuntime, OpenvinoRuntime])
@pytest.mark.parametrize(
    "form",
    [
        {"head": "raw"},
        {"input": "uint8"},
        {"input": "uint8-bgr"},
        {"batch": 2},
        {"sides": (96, 64)},
        {"head": "raw", "input": "uint8-bgr", "batch": 3, "sides": (96, 64)},
    ],
    ids=str,
)
def test_every_form_detects_the_same(form, runtime, tmp_path):
    weights = golden_weights("n")
    path = made(tmp_path / "model.onnx", weights, **form)
    options = {"device": "cpu"} | ({} if runtime is OnnxRuntime else {"cache": False})
    opened = runtime(path, **options)
    opened.form = opened.form if "input" not in form else with_order(opened.form, form["input"])
    assert opened.fixed_shape == form.get("sides")
    assert_same(opened, weights, [(3, 96, 64)])


def with_order(form, input):
    """What the metadata of an export say."""
    from dataclasses import replace

    return replace(form, bgr=input == "uint8-bgr")


def test_classes_are_chosen_before_the_top_k(tmp_path):
    weights = golden_weights("n")
    images = pictures(2, 128, 160)
    with torch.inference_mode():
        expected = to_network(weights).detect(torch.from_numpy(images), (7, 3)).numpy()
    found = OnnxRuntime(made(tmp_path / "model.onnx", weights, classes=(7, 3)), "cpu")(images)
    np.testing.assert_allclose(found[..., 4], expected[..., 4], atol=1e-5)
    assert set(np.unique(found[..., 5])) == {3, 7}
    assert (np.abs(found - expected).max(axis=2) < 0.01).mean() > 0.99  # rows of equal score may swap


def test_half_computes_in_float16_and_gives_float32(tmp_path):
    weights = golden_weights("n")
    path = made(tmp_path / "model.onnx", weights, half=True)
    model = onnx.load(path)
    kinds = {tensor.data_type for tensor in model.graph.initializer if "conv" in tensor.name}
    assert kinds == {onnx.TensorProto.FLOAT16}
    images = pictures(1, 128, 160)
    with torch.inference_mode():
        expected = to_network(weights)(torch.from_numpy(images)).numpy()
    found = OnnxRuntime(path, "cpu")(images)
    np.testing.assert_allclose(found[..., 4], expected[..., 4], atol=5e-3)


def test_indices_are_int32_wherever_onnx_allows(tmp_path):
    model = onnx.shape_inference.infer_shapes(onnx.load(made(tmp_path / "model.onnx", golden_weights("n"))))
    types = {value.name: value.type.tensor_type.elem_type for value in model.graph.value_info}
    types |= {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    arithmetic = {"Div", "Sub", "Mul", "Add", "Where", "GatherElements", "GreaterOrEqual"}
    used = {types[name] for node in model.graph.node if node.op_type in arithmetic for name in node.input}
    assert onnx.TensorProto.INT64 not in used
    assert onnx.TensorProto.INT32 in used


def test_the_graph_is_small_and_named_as_published(tmp_path):
    model = onnx.load(made(tmp_path / "model.onnx", golden_weights("n")))
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("Conv") == 84  # two of the published ones are in two parts (graph/joint.py)
    assert len(kinds) == 387  # as docs/export.md and docs/design.md say
    names = {tensor.name for tensor in model.graph.initializer}
    assert {"model.0.conv.weight", "model.23.one2one_cv3.2.2.bias"} <= names
    assert not any("bn." in name or ".cv2.0.0" in name.replace("one2one_", "x") for name in names)
