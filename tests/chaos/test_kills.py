"""SIGKILL at every change that a command makes on the disk: what was there stays, and the next run works.

Elsewhere: training at random moments (`training/test_resume.py`), a download (`download/test_download.py`),
a Ray worker and all of Ray (`cluster/test_predict_ray.py`), a loader's worker (`training/test_faults.py`).
"""

import json
import shutil

import pytest
from chaos.conftest import snapshot
from chaos.dying import killed_everywhere, yolov10
from conftest import DATA

from yolov10.weights.native import read_native

TOY = DATA / "models" / "toy.onnx"


def leftovers(folder):
    """Names that a kill may leave beside those of the user: hidden, or a part that says so."""
    return {name for name in snapshot(folder) if not any(p.startswith(".") for p in name.split("/"))}


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "coco"])
def test_results_of_predict(tmp_path, pictures, form):
    path = tmp_path / "out" / f"r.{form}"
    arguments = ("predict", pictures, "--model", TOY, "--format", form, "--save-to", path)
    assert yolov10(*arguments).returncode == 0
    whole = path.read_bytes()
    path.write_text("earlier results")
    for _ in killed_everywhere(path.parent, *arguments):
        assert path.read_text() == "earlier results"
        assert leftovers(path.parent) <= {path.name, f"{path.name}.part"}
    assert path.read_bytes() == whole
    assert list(snapshot(path.parent)) == [path.name]


@pytest.mark.parametrize("form", [(), ("--format", "yolo")], ids=["pictures", "labels"])
def test_annotated_pictures_and_label_files(tmp_path, pictures, form):
    output = tmp_path / "out"
    arguments = ("predict", pictures, "--model", TOY, "--output", output, *form)
    assert yolov10(*arguments).returncode == 0
    whole = snapshot(output)
    earlier = dict.fromkeys(whole, b"earlier")

    def put_back():
        for name, contents in earlier.items():
            (output / name).write_bytes(contents)

    for _ in killed_everywhere(output, *arguments, prepare=put_back):
        now = snapshot(output)
        assert all(now[name] in (earlier[name], whole[name]) for name in whole)
        assert leftovers(output) == set(whole)
    assert {name: contents for name, contents in snapshot(output).items() if name in whole} == whole


def test_an_import(tmp_path, checkpoint):
    path = tmp_path / "out" / "n.safetensors"
    path.parent.mkdir()
    path.write_text("earlier")
    kept = 0
    for _ in killed_everywhere(path.parent, "import", checkpoint, "--output", path):
        kept += path.read_bytes() == b"earlier"
        assert path.read_bytes() == b"earlier" or read_native(path)  # killed after the last step that counts
        assert leftovers(path.parent) == {path.name}
    assert kept
    assert read_native(path).card.scale == "n"


@pytest.mark.parametrize("form", ["onnx", "openvino"])
def test_an_export(tmp_path, form):
    path = tmp_path / "out" / ("cells.onnx" if form == "onnx" else "cells.xml")
    export = ("export", "cells", "--format", form, "--image-size", 64, "--output", path)
    done = yolov10(*export)
    assert done.returncode == 0, done.stderr
    earlier = snapshot(path.parent)
    other = ("export", "cells", "--format", form, "--image-size", 96, "--output", path)
    for _ in killed_everywhere(path.parent, *other):
        now = snapshot(path.parent)
        assert (
            earlier.items() <= now.items()
            or not path.exists()
            or yolov10("predict", "cells", "--model", path, "--quiet").returncode == 0
        )
        assert leftovers(path.parent) <= set(earlier)
    assert snapshot(path.parent)[path.name] != earlier[path.name]
    assert yolov10("predict", "cells", "--model", path, "--quiet").returncode == 0


def test_what_openvino_compiled(tmp_path, pictures):
    """The disk cache: whole entries or none, and detections are the same."""
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    arguments = ("predict", pictures, "--model", "cells", "--runtime", "openvino", "--image-size", 64)
    expected = yolov10(*arguments, "--no-cache").stdout
    for _ in killed_everywhere(tmp_path / "cache", *arguments, environment=environment):
        done = yolov10(*arguments, environment=environment)
        assert (done.returncode, done.stdout) == (0, expected)
        (tmp_path / "cache").rename(tmp_path / f"cache-{len(list(tmp_path.iterdir()))}")
    assert [path.suffix for path in (tmp_path / "cache" / "open-yolov10").iterdir()] == [".entry"]


def test_a_download(tmp_path):
    from download.stand_in import StandIn, served

    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    native = tmp_path / "cache" / "open-yolov10" / "models" / "yolov10n.safetensors"
    with served(StandIn()) as hub:
        arguments = ("download", "yolov10n", "--accept-license", "--hub", hub.url)
        for _ in killed_everywhere(tmp_path / "cache", *arguments, environment=environment):
            assert not native.exists() or read_native(native)
    assert read_native(native).card.license == "AGPL-3.0"
    assert [path.name for path in native.parent.rglob("*.safetensors")] == [native.name]


def test_a_run_folder_that_goes_on(tmp_path, run_folder):
    """Killed at changes of an epoch's end: the weights are whole at every moment, and it can go on."""
    run, kills = tmp_path / "run", 0

    def from_the_start():
        shutil.rmtree(run, ignore_errors=True)
        shutil.copytree(run_folder, run)

    more = ("train", "--resume", run, "--epochs", 2, "--workers", 0, "--threads", 1, "--device", "cpu")
    for kills in killed_everywhere(run, *more, prepare=from_the_start, step=7):
        assert read_native(run / "best.safetensors")
        assert read_native(run / "last.safetensors")
        if kills % 2 == 0:  # each costs seconds
            done = yolov10(*more)
            assert done.returncode == 0, done.stderr
            assert len((run / "history.csv").read_text().splitlines()) == 3
            assert not list(run.glob(".*.tmp"))
    assert kills > 8
    assert json.loads((run / "manifest.json").read_text())
