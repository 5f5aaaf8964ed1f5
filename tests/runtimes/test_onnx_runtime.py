"""ONNX files in the base install: the network's own export, foreign-tool metadata, and hostile files."""

import time
import warnings

import numpy as np
import onnx
import pytest
import torch
from conftest import DATA, build_golden
from memory import peak_megabytes, write_all
from runtimes.hostile_onnx import REFUSED, classes_out_of_range

from yolov10 import Detector
from yolov10.errors import UserError
from yolov10.runtimes.onnx_runtime import OnnxRuntime

TOY = DATA / "models" / "toy.onnx"


@pytest.mark.parametrize("title", REFUSED)
def test_hostile_files_are_refused_in_one_line(title, tmp_path, capfd):
    path = tmp_path / "hostile.onnx"
    path.write_bytes(REFUSED[title])
    started = time.process_time()
    with pytest.raises(UserError, match=r"hostile\.onnx") as fault:
        Detector(path)
    assert time.process_time() - started < 2
    assert "\n" not in str(fault.value)
    assert len(str(fault.value)) < 400
    assert capfd.readouterr().err == ""


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
    options = Detector(TOY, threads=1).runtime.session.get_session_options()
    assert options.intra_op_num_threads == 1
    assert Detector(TOY).runtime.session.get_session_options().intra_op_num_threads == 0  # all cores


def test_metadata_of_other_tools_is_enough(tmp_path):
    model = onnx.load(TOY)
    kept = {p.key: p.value for p in model.metadata_props if p.key in ("names", "stride", "task", "imgsz")}
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, kept)
    onnx.save(model, tmp_path / "other.onnx")
    card = OnnxRuntime(tmp_path / "other.onnx").card
    assert (card.names, card.image_size, card.threshold) == (("RBC", "WBC", "Platelets"), 320, None)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Scale n with the golden weights, exported by torch as it stands; batch and size stay free."""
    path = tmp_path_factory.mktemp("export") / "n.onnx"
    network = build_golden("n").fuse()
    free = torch.export.Dim.AUTO
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter warns of itself
        program = torch.onnx.export(
            network,
            (torch.rand(2, 3, 64, 96),),
            dynamo=True,
            input_names=["images"],
            output_names=["output0"],
            dynamic_shapes=({0: free, 2: free, 3: free},),
            verbose=False,
        )
    model = program.model_proto
    onnx.helper.set_model_props(model, network.card.to_onnx())
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("shape", [(1, 64, 96), (3, 160, 128), (2, 32, 32)])
def test_an_export_gives_the_networks_detections(exported, shape):
    batch, height, width = shape
    images = np.random.default_rng(0).random((batch, 3, height, width), np.float32)
    with torch.inference_mode():
        expected = build_golden("n").fuse()(torch.from_numpy(images)).numpy()
    found = OnnxRuntime(exported)(images)
    np.testing.assert_allclose(found[..., 4], expected[..., 4], atol=1e-4)
    same = np.abs(found - expected).max(axis=2) < 0.05  # rows of equal score may swap
    assert same.mean() > 0.98


def test_an_export_carries_its_card(exported):
    assert OnnxRuntime(exported).card == build_golden("n").card


def test_a_file_of_fixed_shape_takes_that_shape_and_any_number_of_pictures(tmp_path):
    model = onnx.load(TOY)
    for dim, size in zip(model.graph.input[0].type.tensor_type.shape.dim, (1, 3, 64, 96), strict=True):
        dim.dim_value = size
    onnx.save(model, tmp_path / "fixed.onnx")
    detector = Detector(tmp_path / "fixed.onnx")
    assert detector.image_size == (64, 96)
    pictures = [np.full((50, 80, 3), 255, np.uint8)] * 3
    assert [len(found) for found in detector._detect(pictures, ["", "", ""])] == [3, 3, 3]
    with pytest.raises(UserError, match="takes pictures of 64x96 only"):
        Detector(tmp_path / "fixed.onnx", image_size=640)
