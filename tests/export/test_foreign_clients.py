"""The exported file, unchanged, in programs that know nothing of us: the same boxes."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from conftest import DATA, ROOT
from graph.nets import golden_weights, pictures

from yolov10 import Detector
from yolov10.export import export
from yolov10.export.verify import MAX_BOX, MAX_SCORE, difference
from yolov10.model_names import FOLDER
from yolov10.silence import import_openvino
from yolov10.weights.networks import to_network

NODE = ROOT / "tests" / "node"
IMAGES = pictures(2, 96, 160)


@pytest.fixture(scope="module")
def path(model, tmp_path_factory):
    return export(model, output=tmp_path_factory.mktemp("export") / "n.onnx")


@pytest.fixture(scope="module")
def anchors():
    with torch.inference_mode():
        return to_network(golden_weights("n")).decode(torch.from_numpy(IMAGES)).numpy()


def assert_same(rows, anchors):
    assert rows.shape == (len(anchors), 300, 6)
    for own, expected in zip(rows, anchors, strict=True):
        box, score = difference(own, expected)
        assert box <= MAX_BOX
        assert score <= MAX_SCORE


def test_openvinos_own_reader(path, anchors):
    core = import_openvino("the test").Core()
    compiled = core.compile_model(core.read_model(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    assert_same(compiled([IMAGES])[0], anchors)


@pytest.mark.parametrize("head", ["top-k", "raw"])
def test_opencv_dnn(head, model, path, anchors, tmp_path):
    if head == "raw":
        path = export(model, output=tmp_path / "raw.onnx", head="raw")
    network = cv2.dnn.readNetFromONNX(str(path))
    network.setInput(IMAGES)
    found = network.forward()
    if head == "raw":
        np.testing.assert_allclose(found, anchors, atol=2e-3)
    else:
        assert_same(found, anchors)


def test_onnxruntime_in_node(path, anchors, tmp_path):
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if not (NODE / "node_modules").is_dir():
        pytest.skip("onnxruntime-node is not installed: make node")
    (tmp_path / "input").write_bytes(IMAGES.tobytes())
    command = ["node", "detect.mjs", path, tmp_path / "input", tmp_path / "output", *map(str, IMAGES.shape)]
    done = subprocess.run(command, cwd=NODE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shape = json.loads(done.stdout)
    assert_same(np.frombuffer((tmp_path / "output").read_bytes(), np.float32).reshape(shape), anchors)


def code_block(page, language, number=0):
    return re.findall(rf"```{language}\n(.*?)```", Path(page).read_text(encoding="utf-8"), re.DOTALL)[number]


def test_plain_onnxruntime_in_the_lines_of_the_docs(tmp_path, monkeypatch):
    """They took 640 for every model, and put the picture into a corner: `predict` found other objects."""
    code = code_block(ROOT / "docs" / "export.md", "python")
    assert len([line for line in code.splitlines() if line and not line.startswith("import")]) <= 10
    shutil.copy(FOLDER / "cells.onnx", tmp_path / "best.onnx")
    whole = cv2.imread(str(DATA / "bccd" / "images" / "val" / "BloodImage_00037.jpg"))
    cv2.imwrite(str(tmp_path / "street.jpg"), whole[:409])  # bars above and below that differ by a pixel
    monkeypatch.chdir(tmp_path)
    said = []
    exec(compile(code, "docs/export.md", "exec"), {"print": lambda *values: said.append(values)})
    found = Detector("best.onnx", runtime="onnx", confidence=0.25)("street.jpg")
    names, scores, boxes = zip(*said, strict=True)
    assert list(names) == [found.names[index] for index in found.classes]
    np.testing.assert_allclose(scores, found.scores, atol=1e-3)
    np.testing.assert_allclose(np.clip(boxes, 0, [640, 409] * 2), found.boxes, atol=0.5)


def test_the_openvino_lines_of_the_docs(model, path, tmp_path, monkeypatch):
    code = code_block(ROOT / "docs" / "export.md", "python", 1)
    shutil.copy(path, tmp_path / "best.onnx")
    monkeypatch.chdir(tmp_path)
    names = {"images": pictures(1, 64, 64)}
    import_openvino("the test")  # as in a user's program that has silenced it
    exec(compile(code, "docs/export.md", "exec"), names)
    assert names["rows"].shape == (1, 84, 6)
