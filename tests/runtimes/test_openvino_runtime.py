"""OpenVINO on the files of the contract: the same rows as ONNX Runtime."""

import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from conftest import DATA
from runtimes.hostile_onnx import REFUSED

from yolov10 import Detector
from yolov10.errors import MissingExtraError, UserError
from yolov10.model_names import FOLDER
from yolov10.runtimes.onnx_runtime import OnnxRuntime
from yolov10.runtimes.openvino_runtime import OpenvinoRuntime, _declared
from yolov10.silence import import_openvino

TOY = DATA / "models" / "toy.onnx"
IMAGES = np.random.default_rng(0).random((3, 3, 64, 96), np.float32)


def test_gives_the_rows_and_the_card_of_onnx_runtime():
    ours, other = OpenvinoRuntime(TOY), OnnxRuntime(TOY)
    np.testing.assert_allclose(ours(IMAGES), other(IMAGES), atol=1e-4)
    np.testing.assert_allclose(ours(IMAGES, classes=(1,)), other(IMAGES, classes=(1,)), atol=1e-4)
    assert ours.card == other.card


def test_float32_is_float32_whatever_the_cpu_prefers():
    image = np.full((1, 3, 32, 32), 1 / 3, np.float32)
    assert OpenvinoRuntime(TOY)(image)[0, 0, 4] == pytest.approx(0.3, abs=1e-6)


@pytest.mark.parametrize(
    ("declared", "able", "runs_in"),
    [
        ("int8", ["FP32", "BF16", "INT8"], "bf16"),
        ("int8", ["FP32", "INT8"], "fp32"),
        ("bf16", ["FP32", "BF16"], "bf16"),
        ("bf16", ["FP32", "INT8"], "fp32"),
        ("fp32", ["FP32", "BF16"], "fp32"),
        ("fp16", ["FP32"], "fp16"),
        ("int4", ["FP32", "BF16"], "fp32"),
    ],
)
def test_what_a_file_declares_runs_in_bfloat16_only_where_the_processor_has_it(declared, able, runs_in):
    core = SimpleNamespace(get_property=lambda device, name: able)
    assert _declared(core, declared) == runs_in


@pytest.fixture
def folder(tmp_path):
    openvino = import_openvino("the test")
    openvino.save_model(openvino.Core().read_model(TOY), tmp_path / "toy.xml", compress_to_fp16=False)
    return tmp_path


def test_its_own_files_keep_the_card(folder):
    assert OpenvinoRuntime(folder / "toy.xml").card == OnnxRuntime(TOY).card
    picture = np.full((120, 200, 3), 255, np.uint8)
    for model in (folder, folder / "toy.xml"):
        np.testing.assert_allclose(Detector(model)(picture).boxes, Detector(TOY)(picture).boxes, atol=1e-3)


def test_a_file_of_fixed_shape(tmp_path):
    model = onnx.load(TOY)
    for dim, size in zip(model.graph.input[0].type.tensor_type.shape.dim, (1, 3, 64, 96), strict=True):
        dim.dim_value = size
    onnx.save(model, tmp_path / "fixed.onnx")
    runtime = OpenvinoRuntime(tmp_path / "fixed.onnx")
    assert runtime.fixed_shape == (64, 96)
    assert runtime(IMAGES).shape == (3, 3, 6)


@pytest.mark.parametrize("title", REFUSED)
def test_hostile_files_are_refused_in_one_line_with_no_native_lines_beside_it(title, tmp_path, capfd):
    path = tmp_path / "hostile.onnx"
    path.write_bytes(REFUSED[title])
    with pytest.raises(UserError, match=r"hostile\.onnx") as fault:
        Detector(path, runtime="openvino")
    assert "\n" not in str(fault.value)
    assert capfd.readouterr() == ("", "")


NO_XML_MODEL = {
    "empty": b"",
    "text": b"404 not found",
    "html": b"\xef\xbb\xbf <!DOCTYPE html>\n<html>404</html>",
    "an ONNX file": TOY.read_bytes(),
    "half": b'<?xml version="1.0"?>\n<net name="toy" version="11"><layers>',
    "hollow": b'<?xml version="1.0"?>\n<net name="toy" version="11"></net>',
}


@pytest.mark.parametrize("title", NO_XML_MODEL)
def test_an_xml_that_is_no_model_is_refused_with_no_native_lines_beside_it(title, tmp_path, capfd):
    (tmp_path / "odd.xml").write_bytes(NO_XML_MODEL[title])
    with pytest.raises(UserError, match=r"odd\.xml: not an? ") as fault:
        Detector(tmp_path / "odd.xml")
    assert "\n" not in str(fault.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kept", [0, 1, 2, 40, 0.25, 0.9, -1])
def test_a_truncated_onnx_file_is_refused_with_no_native_lines_beside_it(kept, tmp_path, capfd):
    data = TOY.read_bytes()
    (tmp_path / "cut.onnx").write_bytes(data[: int(kept * len(data)) if 0 < kept < 1 else kept])
    with pytest.raises(UserError, match=r"cut\.onnx: not an ONNX file, or a truncated one"):
        Detector(tmp_path / "cut.onnx", runtime="openvino")
    assert capfd.readouterr() == ("", "")


def test_several_threads_share_a_runtime():
    runtime = OpenvinoRuntime(TOY)
    expected = runtime(IMAGES)
    with ThreadPoolExecutor(8) as pool:
        for rows in pool.map(runtime, [IMAGES] * 200):
            np.testing.assert_array_equal(rows, expected)


@pytest.mark.parametrize("framework", ["onnx", 3, ["names"], {"names": {"0": "a"}}])
def test_odd_metadata_is_no_metadata(framework, tmp_path):
    openvino = import_openvino("the test")
    model = openvino.Core().read_model(TOY)
    model.set_rt_info(framework, "framework")
    openvino.save_model(model, tmp_path / "odd.xml")
    with pytest.raises(UserError, match=r"odd\.xml: .*names"):
        OpenvinoRuntime(tmp_path / "odd.xml")


@pytest.mark.parametrize("options,hint", [({}, "f32"), ({"precision": "bf16"}, "bf16")])
def test_precision_reaches_the_compiled_model(options, hint):
    able = import_openvino("the test").Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if hint == "bf16" and "BF16" not in able:
        pytest.skip("this CPU does not have bfloat16")
    runtime = Detector(TOY, runtime="openvino", **options).runtime
    assert (
        runtime.compiled((1, 3, 64, 96)).model.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        == hint
    )


def test_threads_reach_the_compiled_model():
    runtime = Detector(TOY, runtime="openvino", threads=1).runtime
    assert runtime.compiled((1, 3, 64, 96)).model.get_property("INFERENCE_NUM_THREADS") == 1


@pytest.mark.parametrize("model", ["cells.onnx", "cells.safetensors"])
def test_processes_of_one_thread_do_not_all_run_on_the_same_core(model):
    runtime = Detector(FOLDER / model, runtime="openvino", threads=1).runtime
    runtime(IMAGES[:1])
    (compiled,) = runtime.shapes.kept.values()
    assert compiled.model.get_property("ENABLE_CPU_PINNING") is False


def test_other_devices_are_refused():
    with pytest.raises(UserError, match="on the CPU only, not on 'cuda'"):
        Detector(TOY, runtime="openvino", device="cuda")


def test_a_folder_of_two_models_asks_which(folder):
    (folder / "other.xml").write_bytes((folder / "toy.xml").read_bytes())
    with pytest.raises(UserError, match=r"several models \(other\.xml, toy\.xml\): name one of them"):
        Detector(folder)


def test_onnx_runtime_cannot_run_xml(folder):
    with pytest.raises(UserError, match="onnx cannot run this file"):
        Detector(folder / "toy.xml", runtime="onnx")


def test_without_openvino_the_install_line_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'open-yolov10\[openvino\]'"):
        Detector(TOY, runtime="openvino")


def test_its_reporter_is_hidden_only_while_it_is_imported():
    import_openvino("the test")
    assert sys.modules.get("openvino_telemetry", "not there") is not None
