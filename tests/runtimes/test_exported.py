"""What both libraries for exported files must do with files that are legal but unusual."""

import os

import numpy as np
import onnx
import pytest
from conftest import DATA
from graph.nets import golden_weights
from onnx import TensorProto

from yolov10 import Detector
from yolov10.errors import UserError
from yolov10.graph.network import Form, onnx_model
from yolov10.runtimes.onnx_runtime import OnnxRuntime
from yolov10.runtimes.openvino_runtime import OpenvinoRuntime

TOY = DATA / "models" / "toy.onnx"
IMAGES = np.random.default_rng(0).random((5, 3, 64, 96), np.float32)


@pytest.fixture(params=[OnnxRuntime, OpenvinoRuntime])
def runtime(request):
    return request.param


def with_input(path, *sides):
    model = onnx.load(TOY)
    shape = model.graph.input[0].type.tensor_type.shape
    for dim, side in zip(shape.dim, sides, strict=True):
        dim.Clear()
        if isinstance(side, int):
            dim.dim_value = side
        else:
            dim.dim_param = side
    onnx.save(model, path)
    return path


def test_rows_of_a_file_that_does_not_sort_them_come_surest_first(runtime, tmp_path):
    """Precision, recall and the best threshold were wrong of such a file, AP was not."""
    model = onnx.load(TOY)
    (last,) = (node for node in model.graph.node if "output0" in node.output)
    last.output[list(last.output).index("output0")] = "sorted"
    bounds = {"start": [-1], "stop": [-(2**31)], "axis": [1], "step": [-1]}
    model.graph.initializer.extend(
        onnx.numpy_helper.from_array(np.array(value, np.int64), name) for name, value in bounds.items()
    )
    model.graph.node.append(onnx.helper.make_node("Slice", ["sorted", *bounds], ["output0"]))
    onnx.save(model, tmp_path / "backwards.onnx")
    np.testing.assert_array_equal(runtime(tmp_path / "backwards.onnx")(IMAGES), runtime(TOY)(IMAGES))


@pytest.mark.parametrize("absent", [-1, 80])
@pytest.mark.parametrize("head", ["top-k", "raw"])
def test_a_class_that_the_file_lacks_is_refused(runtime, head, absent, tmp_path):
    """A raw file gave the heights of boxes as scores of class -1."""
    weights, path = golden_weights("n"), tmp_path / "n.onnx"
    path.write_bytes(onnx_model(weights, Form(head=head), weights.card.to_onnx()))
    with pytest.raises(UserError, match=f"no class {absent}: the network has classes 0 to 79"):
        runtime(path)(np.zeros((1, 64, 64, 3), np.uint8), [absent])


@pytest.mark.parametrize("batch", [1, 2, 4, 8])
@pytest.mark.parametrize("pictures", [1, 2, 5])
def test_a_file_of_any_fixed_batch_takes_any_number_of_pictures(runtime, batch, pictures, tmp_path):
    fixed = runtime(with_input(tmp_path / "fixed.onnx", batch, 3, 64, 96))
    np.testing.assert_allclose(fixed(IMAGES[:pictures]), runtime(TOY)(IMAGES[:pictures]), atol=1e-4)


def test_a_file_with_one_fixed_side_is_refused_in_one_line(runtime, tmp_path):
    for sides in ((64, "width"), ("height", 96)):
        with pytest.raises(UserError, match=r"half\.onnx: fixes one side of its pictures, not the other"):
            runtime(with_input(tmp_path / "half.onnx", "batch", 3, *sides))


def test_no_pictures_give_no_rows(runtime):
    found = runtime(TOY)(IMAGES[:0])
    assert (found.shape, found.dtype) == ((0, 0, 6), np.float32)


def test_no_classes_give_no_rows(runtime):
    assert runtime(TOY)(IMAGES, classes=[]).shape == (5, 0, 6)


def with_input_type(path, type):
    """The toy with its input cast to float32 first."""
    model = onnx.load(TOY)
    name = model.graph.input[0].name
    for node in model.graph.node:
        node.input[:] = ["cast" if one == name else one for one in node.input]
    model.graph.node.insert(0, onnx.helper.make_node("Cast", [name], ["cast"], to=TensorProto.FLOAT))
    model.graph.input[0].type.tensor_type.elem_type = type
    onnx.save(model, path)
    return path


def test_a_float16_input_is_given_float16(runtime, tmp_path):
    half = runtime(with_input_type(tmp_path / "half.onnx", TensorProto.FLOAT16))
    expected = runtime(TOY)(IMAGES.astype(np.float16).astype(np.float32))
    found = half(IMAGES)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("type", [TensorProto.INT8, TensorProto.DOUBLE])
def test_other_input_types_are_refused(runtime, type, tmp_path):
    path = with_input_type(tmp_path / "odd.onnx", type)
    with pytest.raises(UserError, match=r"odd\.onnx: .*float32, float16 or uint8 input"):
        runtime(path)


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
@pytest.mark.parametrize(
    "option,message",
    [
        ({"precision": "int8"}, "^no precision 'int8': choose fp32, bf16, fp16$"),
        ({"device": None}, "^no device None: choose auto, cpu, cuda, cuda:N or mps$"),
    ],
)
def test_wrong_options_are_refused_with_the_choices(runtime, option, message):
    with pytest.raises(UserError, match=message):
        Detector(TOY, runtime=runtime, **option)


def broken_inside(path):
    """The toy, which promises to take any size and at work cannot."""
    model = onnx.load(TOY)
    output = model.graph.output[0].name
    for node in model.graph.node:
        node.output[:] = ["rows" if one == output else one for one in node.output]
    shape = onnx.numpy_helper.from_array(np.array([-1, 3 * 64 * 64 + 1], np.int64), "odd")
    model.graph.initializer.append(shape)
    model.graph.node.append(onnx.helper.make_node("Reshape", [model.graph.input[0].name, "odd"], ["flat"]))
    nothing = onnx.numpy_helper.from_array(np.array(0, np.float32), "nothing")
    model.graph.initializer.append(nothing)
    model.graph.node.append(onnx.helper.make_node("ReduceSum", ["flat"], ["sum"], keepdims=0))
    model.graph.node.append(onnx.helper.make_node("Mul", ["sum", "nothing"], ["zero"]))
    model.graph.node.append(onnx.helper.make_node("Add", ["rows", "zero"], [output]))
    onnx.save(model, path)
    return path


def test_a_file_that_fails_at_work_is_named_in_one_line(runtime, tmp_path):
    with pytest.raises(UserError, match=r"broken\.onnx: not a file that .* can run") as fault:
        runtime(broken_inside(tmp_path / "broken.onnx"))(IMAGES)
    assert "\n" not in str(fault.value)


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_file_whose_name_is_no_unicode_is_run(runtime, tmp_path):
    path = tmp_path / os.fsdecode(b"\xff.onnx")
    path.write_bytes(TOY.read_bytes())
    np.testing.assert_allclose(runtime(path)(IMAGES), runtime(TOY)(IMAGES), atol=1e-5)


def test_files_that_take_several_pictures_anyway_gain_by_several(runtime, tmp_path):
    assert runtime(with_input(tmp_path / "eight.onnx", 8, 3, 64, 96)).gains_together
    assert not runtime(TOY).gains_together


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_onnx_runtime_does_not_promise_a_precision_that_the_file_is_not_in(precision, tmp_path):
    model = onnx.load(TOY)
    model.metadata_props.add(key="precision", value="fp16")
    onnx.save(model, tmp_path / "half.onnx")
    with pytest.raises(UserError, match="leave --precision out"):
        Detector(tmp_path / "half.onnx", runtime="onnx", precision=precision)
