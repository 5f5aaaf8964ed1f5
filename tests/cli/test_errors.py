"""Wrong files and wrong values: exit code 1 or 2, one line that names the fault, no traceback, no data.

With the wrong usages of test_main.py (exit code 2) these are over sixty wrong command lines.
"""

import json
import shutil
from itertools import pairwise

import numpy as np
import pytest
from conftest import DATA, golden_state

PICTURE = DATA / "odd_images" / "00_reference.png"
TOY = DATA / "models" / "toy.onnx"


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A folder with every kind of wrong file, which is also where we stand."""
    from safetensors.numpy import save_file

    monkeypatch.chdir(tmp_path)
    shutil.copy(PICTURE, "ok.png")
    shutil.copy(TOY, "toy.onnx")
    files = {
        "empty.onnx": b"",
        "empty.safetensors": b"",
        "empty.pt": b"",
        "text.onnx": b"<html>404</html>",
        "text.pt": b"<html>404</html>",
        "text.safetensors": b"<html>404</html>",
        "half.onnx": TOY.read_bytes()[:300],
        "legacy.pt": b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.",
        "zip.pt": b"PK\x05\x06" + bytes(18),
        "notes.txt": b"",
        "binary.txt": b"\xff\xfe\x00\x01",
        "clip.mp4": b"\x00\x00\x00\x18ftypmp42",
        "model.yaml": b"nc: 80\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    save_file({"weight": np.zeros(3, np.float32)}, "other.safetensors")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "readme.md").write_text("no pictures")
    (tmp_path / "file").write_text("in the way")
    return tmp_path


P = ("predict", "ok.png", "--model")
WRONG_VALUES = {  # wrong usage, whatever the files hold: exit code 2
    *(("--confidence", value) for value in ("1.5", "-0.1", "nan")),
    *(("--image-size", value) for value in ("big", "0", "640x", "100000", "tall")),
    *(("--max-detections", value) for value in ("0", "301")),
    *(("--threads", value) for value in ("0", "-2")),
    *(("--batch", "0"), ("--max-pixels", "0"), ("--format", "yolo"), ("--device", "gpu")),
    *(("--num-classes", "0"), ("--num-classes", "-3"), ("--output", "x.pt")),
}
WRONG = [
    # sources
    (("predict", "gone.png", "--model", "toy.onnx"), "gone.png: no such file or folder"),
    (("predict", "gone/", "--model", "toy.onnx"), "gone/: no such file or folder"),
    (("predict", "folder", "--model", "toy.onnx"), "folder: no pictures or videos in this folder"),
    (("predict", "*.gif", "--model", "toy.onnx"), "*.gif: no file matches"),
    (("predict", "notes.txt", "--model", "toy.onnx"), "notes.txt: no paths in this list"),
    (("predict", "binary.txt", "--model", "toy.onnx"), "binary.txt: not a list of picture paths"),
    (("predict", "gone.mp4", "--model", "toy.onnx"), "gone.mp4: no such file or folder"),
    (("predict", "12345", "--model", "toy.onnx"), "12345: no such file or folder, and no number of a camera"),
    (("predict", "gopher://host/1", "--model", "toy.onnx"), "gopher://host/1: not an address of a stream"),
    (("predict", "ok.png", "gone.png", "--model", "toy.onnx"), "gone.png: no such file"),
    # models
    ((*P, "gone.onnx"), "no model 'gone.onnx'"),
    ((*P, "yolov10n.pt"), "; to fetch it: yolov10 download yolov10n"),
    (
        (*P, "toy.onnx", "--output", "out.JPG"),
        "out.JPG: --output is a folder, in which files keep their names",
    ),
    ((*P, "gone.safetensors"), "no model 'gone.safetensors'"),
    ((*P, "yolov10n"), "no model 'yolov10n'"),
    ((*P, "empty.onnx"), "empty.onnx: not an ONNX file"),
    ((*P, "text.onnx"), "text.onnx: not an ONNX file"),
    ((*P, "half.onnx"), "half.onnx: not an ONNX file"),
    ((*P, "empty.safetensors"), "empty.safetensors: not a readable safetensors file"),
    ((*P, "text.safetensors"), "text.safetensors: not a readable safetensors file"),
    ((*P, "other.safetensors"), "other.safetensors: not a YOLOv10 network"),
    ((*P, "empty.pt"), "empty.pt"),
    ((*P, "text.pt"), "text.pt"),
    ((*P, "legacy.pt"), "legacy.pt"),
    ((*P, "zip.pt"), "zip.pt"),
    ((*P, "ok.png"), "ok.png"),
    ((*P, "model.yaml"), "model.yaml"),
    ((*P, "folder"), "folder: no model.safetensors"),
    # values
    ((*P, "toy.onnx", "--confidence", "1.5"), "confidence 1.5 is not between 0 and 1"),
    ((*P, "toy.onnx", "--confidence", "-0.1"), "confidence -0.1"),
    ((*P, "toy.onnx", "--confidence", "nan"), "confidence nan"),
    ((*P, "toy.onnx", "--image-size", "big"), "image size 'big'"),
    ((*P, "toy.onnx", "--image-size", "0"), "image size 0"),
    ((*P, "toy.onnx", "--image-size", "640x"), "image size '640x'"),
    ((*P, "toy.onnx", "--image-size", "100000"), "image size 100000"),
    ((*P, "toy.onnx", "--classes", "cat"), "no class 'cat'"),
    ((*P, "toy.onnx", "--classes", "Platlets"), "did you mean 'Platelets'"),
    ((*P, "toy.onnx", "--classes", "7"), "no class 7"),
    ((*P, "toy.onnx", "--max-detections", "0"), "max_detections 0"),
    ((*P, "toy.onnx", "--max-detections", "301"), "max_detections 301"),
    ((*P, "toy.onnx", "--batch", "0"), "batch 0"),
    ((*P, "toy.onnx", "--threads", "0"), "threads 0"),
    ((*P, "toy.onnx", "--threads", "-2"), "threads -2"),
    ((*P, "toy.onnx", "--max-pixels", "0"), "max_pixels 0"),
    ((*P, "toy.onnx", "--device", "gpu"), "device 'gpu'"),
    ((*P, "toy.onnx", "--device", "cuda:0"), "device 'cuda:0'"),
    ((*P, "toy.onnx", "--runtime", "torch"), "torch cannot run this file"),
    ((*P, "toy.onnx", "--runtime", "onnx", "--precision", "fp16"), "leave --precision out"),
    ((*P, "toy.onnx", "--format", "yolo"), "--output DIR"),
    ((*P, "toy.onnx", "--save-to", "file/x.json"), "cannot write file/x.json"),
    ((*P, "toy.onnx", "--save-to", "folder"), "cannot write folder"),
    ((*P, "toy.onnx", "--output", "."), "choose another --output"),
    # import
    (("import", "gone.pt"), "gone.pt: no such file or folder"),
    (("import", "text.pt"), "text.pt"),
    (("import", "folder"), "folder: no model.safetensors"),
    (("import", "ok.png"), "ok.png"),
    (("import", "toy.onnx"), "toy.onnx"),
    (("import", "text.pt", "--output", "x.pt"), "x.pt: native files end in .safetensors"),
    # info
    (("info", "q"), "no scale or file 'q'"),
    (("info", "yolov10n"), "no model 'yolov10n' on this machine: to fetch it, yolov10 download yolov10n"),
    (("info", "gone.safetensors"), "no scale or file 'gone.safetensors'"),
    (("info", "text.pt"), "text.pt"),
    (("info", "n", "--num-classes", "0"), "at least one class, not 0"),
    (("info", "n", "--num-classes", "-3"), "at least one class, not -3"),
    (("info", "n", "--image-size", "tall"), "image size 'tall'"),
]


@pytest.mark.parametrize("arguments,reason", WRONG, ids=[" ".join(arguments) for arguments, _ in WRONG])
def test_one_line_and_exit_code_1(run, world, arguments, reason):
    before = {path.name: path.stat().st_mtime_ns for path in world.iterdir()}
    result = run(*arguments, "--quiet")
    assert result.code == (2 if WRONG_VALUES & set(pairwise(arguments)) else 1), result.err
    assert result.err.startswith("error: "), result.err
    assert result.err.count("\n") == 1, result.err
    assert reason in result.err
    assert len(result.err) < 400
    assert result.out in ("", "[]\n")
    assert {path.name: path.stat().st_mtime_ns for path in world.iterdir()} == before


def test_these_are_enough():
    from cli import test_main

    usages = next(
        mark
        for mark in test_main.test_wrong_usage_is_one_line_and_exit_code_2.pytestmark
        if mark.name == "parametrize"
    )
    assert len(WRONG) + len(usages.args[1]) >= 60


def test_a_native_file_of_another_program_version_with_a_wrong_name_list(run, world):
    from safetensors.numpy import save_file

    save_file(
        golden_state("n"), "n.safetensors", {"format": "yolov10", "scale": "n", "names": json.dumps(["one"])}
    )
    result = run("predict", "ok.png", "--model", "n.safetensors")
    assert result.code == 1
    assert "n.safetensors: " in result.err
    assert "entries do not fit YOLOv10-n" in result.err
