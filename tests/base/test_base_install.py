"""The wheel of the base install, alone in its environment: `make test-base` runs this with it.

Needs nothing but pytest beside the package: no torch is installed, none is asked for.
"""

import importlib.util
import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[1] / "data"
TOY = DATA / "models" / "toy.onnx"
PICTURE = DATA / "odd_images" / "00_reference.png"

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch") is not None, reason="torch is here: this is for `make test-base`"
)


def run(*arguments, **options):
    command = [Path(sys.executable).with_name("yolov10"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, **options)


def test_it_is_a_wheel_and_not_the_checkout():
    location = Path(importlib.util.find_spec("yolov10").origin)
    assert "site-packages" in location.parts
    assert (location.parent / "py.typed").exists()


def test_it_brings_what_the_contract_says_and_no_torch():
    required = {r.split(";")[0] for r in metadata.requires("open-yolov10") if "extra ==" not in r}
    names = {name.split("<")[0].split(">")[0].lower() for name in required}
    assert names == {
        "numpy",
        "opencv-python-headless",
        "onnxruntime",
        "click",
        "rich",
        "pyyaml",
        "safetensors",
    }


def test_predicts_from_onnx():
    result = run("predict", PICTURE, "--model", TOY)
    assert result.returncode == 0, result.stderr
    (entry,) = json.loads(result.stdout)
    assert [found["name"] for found in entry["detections"]] == ["RBC", "WBC", "Platelets"]


def test_the_model_that_comes_with_it_finds_cells_in_the_pictures_that_come_with_it(tmp_path):
    result = run("predict", "cells", "--model", "cells", "--output", tmp_path, "--format", "json")
    assert result.returncode == 0, result.stderr
    entries = json.loads(result.stdout)
    found = [{one["name"] for one in entry["detections"]} for entry in entries]
    assert found == [{"RBC", "WBC", "Platelets"}] * 3
    assert len(list(tmp_path.glob("*.jpg"))) == 3
    assert "RBC" in result.stderr


def test_draws(tmp_path):
    assert run("predict", PICTURE, "--model", TOY, "--output", tmp_path).returncode == 0
    assert (tmp_path / PICTURE.name).stat().st_size > 1000


def test_info_needs_no_torch(tmp_path):
    assert "2,299,264" in run("info", "n").stdout
    assert "8.69" in run("info", "--block", "SCDown", "--channels", "256", "512").stdout
    assert run("info", "n", "--html", tmp_path / "page.html").returncode == 0
    assert (tmp_path / "page.html").stat().st_size > 200_000


def test_timing_layers_says_which_install_line_brings_torch():
    result = run("info", "n", "--time")
    assert (result.returncode, result.stderr) == (
        1,
        "error: timing layers needs torch: pip install 'open-yolov10[train]'\n",
    )


def test_native_weights_run_without_torch():
    from yolov10.model_names import weights_file

    answers = [
        json.loads(run("predict", "cells", "--model", model, *options).stdout)
        for model, options in (("cells", []), (weights_file("cells"), ["--confidence", "0.3"]))
    ]
    assert [len(entries) for entries in answers] == [3, 3]
    result = run("predict", PICTURE, "--model", weights_file("cells"), "--runtime", "torch")
    assert result.returncode == 1
    assert result.stderr.endswith("needs torch: pip install 'open-yolov10[train]'\n")
    assert result.stderr.count("\n") == 1


def test_imports_foreign_checkpoints_without_torch(tmp_path):
    shared = Path(__file__).resolve().parents[3] / "shared" / "checkpoints"
    if not shared.is_dir():
        pytest.skip("../shared is not here: its checkpoints may not be copied")
    checkpoint = shared / "ultralytics-8.4.190-n-bccd.pt"
    result = run("import", checkpoint, "--output", tmp_path / "m.safetensors", "--json")
    assert result.returncode == 0, result.stderr
    assert len(json.loads(result.stdout)["mapped"]) == 595
    assert json.loads(run("info", tmp_path / "m.safetensors", "--json").stdout)["classes"] == 3
