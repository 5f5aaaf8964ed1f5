"""ONNX files in the base install: the network's own export, foreign-tool metadata, and hostile files."""

import numpy as np
import onnx
import pytest
from conftest import DATA
from memory import peak_megabytes, write_all
from processor_time import within
from runtimes.hostile_onnx import REFUSED, classes_out_of_range

from yolov10 import Detector
from yolov10.errors import UserError
from yolov10.runtimes.onnx_runtime import OnnxRuntime, _providers

TOY = DATA / "models" / "toy.onnx"


@pytest.mark.parametrize("title", REFUSED)
def test_hostile_files_are_refused_in_one_line(title, tmp_path, capfd):
    path = tmp_path / "hostile.onnx"
    path.write_bytes(REFUSED[title])
    with within(2), pytest.raises(UserError, match=r"hostile\.onnx") as fault:
        Detector(path, runtime="onnx")
    assert "\n" not in str(fault.value)
    assert len(str(fault.value)) < 400
    assert capfd.readouterr() == ("", "")


NOT_UTF_8 = {
    "a free side": (b"\x12\x01w", b"\x12\x01\x8d"),
    "the input": (b"images", b"image\xff"),
    "the output": (b"output0", b"output\xeb"),
}


@pytest.mark.parametrize("what", NOT_UTF_8)
def test_a_name_that_is_not_utf_8_is_refused_when_the_file_is_opened(what, tmp_path):
    path = tmp_path / "odd.onnx"
    path.write_bytes(TOY.read_bytes().replace(*NOT_UTF_8[what]))
    with pytest.raises(UserError, match=r"odd\.onnx: .*its texts are not UTF-8"):
        Detector(path, runtime="onnx")


READ_ALL = """
import sys
from pathlib import Path
from yolov10.errors import UserError
from yolov10.runtimes.open import open_runtime

for path in Path(sys.argv[1]).iterdir():
    try:
        open_runtime(path, runtime=sys.argv[2])
    except UserError:
        continue
    raise AssertionError(path)
"""


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_hostile_files_take_little_memory(tmp_path, runtime):
    write_all(tmp_path, REFUSED, ".onnx")
    assert peak_megabytes(READ_ALL, tmp_path, runtime) < 500


def test_classes_the_model_does_not_name_are_an_error_not_a_crash(tmp_path):
    model = onnx.load(TOY)
    classes_out_of_range(model)
    onnx.save(model, tmp_path / "odd.onnx")
    with pytest.raises(UserError, match="class 9, but it names 3"):
        Detector(tmp_path / "odd.onnx")(np.full((64, 64, 3), 255, np.uint8))


def test_rows_that_are_not_numbers_are_left_out(tmp_path):
    class Broken:
        card = OnnxRuntime(TOY).card
        fixed_shape = None

        def __call__(self, images, classes=None):
            rows = np.array([[[np.nan, 0, 1, 1, 0.9, 0], [0, 0, np.inf, 1, 0.9, 0], [1, 2, 3, 4, np.nan, 0]]])
            return np.concatenate([rows, [[[1, 2, 3, 4, 0.8, 1]]]], axis=1).astype(np.float32)

    detector = Detector(TOY)
    detector.runtime = Broken()
    found = detector(np.zeros((320, 320, 3), np.uint8))
    assert found.classes.tolist() == [1]
    assert found.boxes.tolist() == [[1, 2, 3, 4]]


def test_threads_reach_the_session():
    options = Detector(TOY, runtime="onnx", threads=1).runtime.session.get_session_options()
    assert options.intra_op_num_threads == 1
    assert (
        Detector(TOY, runtime="onnx").runtime.session.get_session_options().intra_op_num_threads == 0
    )  # all cores


def test_metadata_of_other_tools_is_enough(tmp_path):
    model = onnx.load(TOY)
    kept = {p.key: p.value for p in model.metadata_props if p.key in ("names", "stride", "task", "imgsz")}
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, kept)
    onnx.save(model, tmp_path / "other.onnx")
    card = OnnxRuntime(tmp_path / "other.onnx").card
    assert (card.names, card.image_size, card.threshold) == (("RBC", "WBC", "Platelets"), 320, None)


def test_a_file_of_fixed_shape_takes_that_shape_and_any_number_of_pictures(tmp_path):
    model = onnx.load(TOY)
    for dim, size in zip(model.graph.input[0].type.tensor_type.shape.dim, (1, 3, 64, 96), strict=True):
        dim.dim_value = size
    onnx.save(model, tmp_path / "fixed.onnx")
    detector = Detector(tmp_path / "fixed.onnx")
    assert detector.image_size == (64, 96)
    pictures = [np.full((50, 80, 3), 255, np.uint8)] * 3
    assert [len(found) for found in detector.stream(pictures, batch=3)] == [3, 3, 3]
    with pytest.raises(UserError, match="takes pictures of 64x96 only"):
        Detector(tmp_path / "fixed.onnx", image_size=640)


def test_a_gpu_is_the_one_that_is_asked_for():
    available = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    for device, number in (("cuda", "0"), ("cuda:1", "1")):
        assert _providers(available, device)[0] == ("CUDAExecutionProvider", {"device_id": number})
