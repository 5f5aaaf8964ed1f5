"""`export` from a user's side: the file, its metadata, and that nothing is left of one that drifted."""

import json
import shutil
from collections import Counter
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import onnx
import pytest
from conftest import DATA
from export.conftest import small
from graph.nets import golden_weights, trained_weights

from yolov10 import Detector
from yolov10.cli.main import main
from yolov10.errors import UserError
from yolov10.export import export
from yolov10.export import verify as verifying
from yolov10.export.plan import Plan
from yolov10.export.run import FORMATS
from yolov10.export.to_openvino import _merge_activations
from yolov10.graph.network import Form, onnx_model
from yolov10.runtimes.open import open_runtime
from yolov10.weights.foreign import read_foreign
from yolov10.weights.native import Weights, write_native

BCCD = DATA / "bccd" / "data.yaml"
FP32 = {"INFERENCE_PRECISION_HINT": "f32"}


@pytest.fixture
def all_pictures(tmp_path_factory):
    """All seven to validate on: the AP of three moves by chance alone."""
    path = tmp_path_factory.mktemp("bccd") / "data.yaml"
    path.write_text(
        f"path: {BCCD.parent}\ntrain: images/train\nval: [images/train, images/val]\n"
        "names: [RBC, WBC, Platelets]\n"
    )
    return path


def metadata(path):
    return {entry.key: entry.value for entry in onnx.load(path).metadata_props}


def test_the_file_lies_beside_the_model_and_detects_the_same(model, tmp_path):
    copy = shutil.copy(model, tmp_path / "best.safetensors")
    lines = []
    path = export(copy, say=lines.append)
    assert path == tmp_path / "best.onnx"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["best.onnx", "best.safetensors"]
    assert [line.split()[2] for line in lines] == ["openvino", "onnxruntime"]
    picture = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)
    ours, theirs = (Detector(file, confidence=0.5)(picture) for file in (path, copy))
    np.testing.assert_allclose(ours.boxes, theirs.boxes, atol=0.05)


def test_metadata_are_what_other_tools_read_and_ours(model, tmp_path):
    entries = metadata(export(model, output=tmp_path / "a.onnx", batch=2, image_size="64x96"))
    weights = golden_weights("n")
    assert entries["names"] == repr(dict(enumerate(weights.card.names)))
    assert {key: entries[key] for key in ("stride", "task", "imgsz", "batch", "license")} == {
        "stride": "32",
        "task": "detect",
        "imgsz": "[64, 96]",
        "batch": "2",
        "license": "CC0-1.0",
    }
    assert (entries["scale"], entries["threshold"], entries["precision"]) == ("n", "0.3", "fp32")
    figures = json.loads(entries["verified"])
    assert figures.keys() == {"onnx", "openvino"}
    for one in figures.values():
        assert one["version"]
        assert 0 <= one["boxes"] <= 0.5
        assert 0 <= one["scores"] <= 1e-3


@pytest.mark.parametrize("options", [{}, {"head": "raw"}, {"input": "uint8-bgr", "image_size": 64}], ids=str)
def test_openvino_files_keep_the_card_and_detect_the_same(options, model, tmp_path):
    path = export(model, "openvino", output=tmp_path / "a.xml", **options)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.bin", "a.xml"]
    runtime = open_runtime(path, cache=False)
    size = options.get("image_size", 96)
    assert runtime.card == replace(small(golden_weights("n")).card, image_size=size)
    assert runtime.form.raw == ("head" in options)
    assert runtime.form.bgr == ("input" in options)


def drift(monkeypatch):
    """What makes a file, made to write one of other weights."""
    weights = golden_weights("n")
    tensors = dict(weights.tensors)
    tensors["model.23.one2one_cv3.0.2.bias"] = tensors["model.23.one2one_cv3.0.2.bias"] + np.float32(0.01)
    other = small(Weights(tensors, weights.card, fused=False, one2many=True))
    make, suffixes = FORMATS["onnx"]
    monkeypatch.setitem(FORMATS, "onnx", (lambda plan: make(replace(plan, weights=other)), suffixes))


def test_a_file_that_drifted_is_not_kept(model, tmp_path, monkeypatch):
    drift(monkeypatch)
    with pytest.raises(
        UserError, match=r"the fp32 export was not kept: in openvino \S+, boxes within .* scores"
    ):
        export(model, output=tmp_path / "a.onnx")
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_file_survives_one_that_drifted(model, tmp_path, monkeypatch, capsys):
    (tmp_path / "a.onnx").write_bytes(b"earlier")
    drift(monkeypatch)
    assert main(["export", str(model), "--output", str(tmp_path / "a.onnx")]) == 1
    assert (tmp_path / "a.onnx").read_bytes() == b"earlier"
    assert capsys.readouterr().err.startswith("error: the fp32 export was not kept")
    assert [file.name for file in tmp_path.iterdir()] == ["a.onnx"]


@pytest.mark.parametrize(
    "options,reason",
    [
        ({"precision": "int8"}, "int8 is verified by its average precision: name a data set to calibrate"),
        ({"precision": "int4"}, "'int4' is not one of fp32, fp16, bf16, int8"),
        ({"format": "coreml"}, "'coreml' is not one of onnx, openvino"),
        ({"output": "a.xml"}, "a.xml: the file of this format ends in .onnx"),
        ({"batch": 0}, "batch 0 is not between 1 and 4096"),
        ({"image_size": "wide"}, "image size 'wide'"),
        ({"precision": "fp16", "calibration": "gone.yaml"}, "no data set gone.yaml"),
    ],
)
def test_wrong_options_say_what_is_right(options, reason, model):
    with pytest.raises(UserError, match=reason):
        export(model, **options)


def test_an_exported_file_has_no_weights_to_export():
    with pytest.raises(UserError, match="is an exported model"):
        export(DATA / "models" / "toy.onnx")


def test_the_command_prints_the_figures_and_the_file(model, tmp_path, capsys):
    arguments = ["export", str(model), "--output", str(tmp_path / "a.onnx"), "--head", "raw"]
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert lines[0].startswith("verified in openvino ")
    assert lines[-1] == f"wrote {tmp_path / 'a.onnx'}"
    assert main([*arguments, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """A trained model of blood cells."""
    weights = trained_weights()
    if weights is None:
        pytest.skip("the embedded model is not made yet")
    return write_native(tmp_path_factory.mktemp("cells") / "cells.safetensors", weights)


@pytest.mark.parametrize("format,precision", [("onnx", "fp16"), ("openvino", "fp16"), ("openvino", "bf16")])
def test_lower_precisions_are_measured_by_average_precision(format, precision, cells, tmp_path):
    suffix = {"onnx": "onnx", "openvino": "xml"}[format]
    path = export(cells, format, output=tmp_path / f"a.{suffix}", precision=precision, calibration=BCCD)
    sizes = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert sizes < 6_000_000
    assert open_runtime(path, cache=False).form.precision == precision


@pytest.mark.parametrize("format", ["onnx", "openvino"])
def test_int8_is_small_and_keeps_its_average_precision(format, cells, all_pictures, tmp_path, capfd):
    suffix = {"onnx": "onnx", "openvino": "xml"}[format]
    path = export(cells, format, output=tmp_path / f"a.{suffix}", precision="int8", calibration=all_pictures)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 4_000_000
    assert open_runtime(path, cache=False).form.precision == "int8"
    assert capfd.readouterr() == ("", "")


def test_an_int8_activation_is_one_operator_so_that_it_runs_along_with_its_convolution(cells):
    """As two, NNCF quantized the inputs of the product, and int8 took as long as bfloat16."""
    import openvino

    model = openvino.Core().read_model(
        onnx_model(read_foreign(cells).weights, Form(batch=1, sides=(64, 64)), {})
    )
    before = Counter(node.get_type_name() for node in model.get_ops())
    images = np.random.default_rng(0).random((1, 3, 64, 64), np.float32)
    expected = next(iter(openvino.compile_model(model, "CPU", FP32)(images).values()))
    _merge_activations(openvino, model)
    after = Counter(node.get_type_name() for node in model.get_ops())
    assert after["Sigmoid"] == 1  # the scores'
    assert after["Swish"] == before["Sigmoid"] - 1 == before["Multiply"] - after["Multiply"] > 60
    found = next(iter(openvino.compile_model(model, "CPU", FP32)(images).values()))
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.slow
def test_x_is_exported_and_verified(tmp_path):
    model = write_native(tmp_path / "x.safetensors", golden_weights("x"))
    for format, suffix in (("onnx", "onnx"), ("openvino", "xml")):
        assert export(model, format, output=tmp_path / f"x.{suffix}").exists()


@pytest.mark.parametrize(("ap", "kept"), [(0.489, False), (0.491, True), (0.509, True), (0.511, False)])
def test_an_average_precision_that_is_off_either_way_is_refused(cells, monkeypatch, ap, kept):
    """The contract's bound for int8 is 0.01."""
    plan = Plan(read_foreign(cells).weights, Form(), "int8", None)
    answers = iter([0.5, ap])
    monkeypatch.setattr(verifying, "_average_precision", lambda *_: next(answers))
    monkeypatch.setattr(verifying, "installed_runtimes", lambda _: ["onnx"])
    monkeypatch.setattr(verifying, "open_runtime", lambda *_, **__: None)
    with nullcontext() if kept else pytest.raises(UserError, match="the int8 export was not kept"):
        verifying.verify(cells, plan, print)


def test_a_card_of_any_size_is_exported_at_the_multiple_of_32_above(tmp_path):
    weights = golden_weights("n")
    odd = replace(weights, card=replace(weights.card, image_size=100))
    path = export(write_native(tmp_path / "odd.safetensors", odd))
    assert path.exists()
