"""A disk without a free byte: one line that names the file, what was there stays, and with room it works.

Elsewhere: limits on the size of a file, for `write_atomic`, training and downloads.
"""

import pytest
from chaos.conftest import snapshot, training
from chaos.dying import the_error, yolov10
from conftest import DATA

TOY = DATA / "models" / "toy.onnx"
FULL = "No space left on device"


@pytest.fixture
def fails_until_there_is_room(disk):
    """Run a command while the disk is full, then with room; what was said at first."""

    def call(*arguments, names):
        earlier = snapshot(disk.folder)
        filling = disk.fill()
        line = the_error(yolov10(*arguments))
        assert FULL in line
        assert str(names) in line
        filling.unlink()
        now = snapshot(disk.folder)
        assert {name for name in earlier if now[name] != earlier[name]} <= {"run/.lock"}
        assert {name for name in now.keys() - earlier.keys() if now[name]} <= {
            name for name in now if name.endswith((".part", ".lock"))
        }
        done = yolov10(*arguments)
        assert done.returncode == 0, done.stderr
        return line

    return call


@pytest.mark.parametrize("form", ["json", "csv"])
def test_results_of_predict(disk, pictures, fails_until_there_is_room, form):
    path = disk.folder / f"r.{form}"
    path.write_text("earlier results")
    arguments = ("predict", pictures, "--model", TOY, "--format", form, "--save-to", path)
    line = fails_until_there_is_room(*arguments, names=path)
    assert f"what came so far is in {path}.part" in line
    assert not (disk.folder / f"{path.name}.part").exists()


@pytest.mark.parametrize("form", [(), ("--format", "yolo")], ids=["pictures", "labels"])
def test_annotated_pictures_and_label_files(disk, pictures, fails_until_there_is_room, form):
    output = disk.folder / "out"
    output.mkdir()
    arguments = ("predict", pictures, "--model", TOY, "--output", output, *form)
    fails_until_there_is_room(*arguments, names=output)


def test_an_import(disk, checkpoint, fails_until_there_is_room):
    path = disk.folder / "n.safetensors"
    path.write_text("earlier")
    fails_until_there_is_room("import", checkpoint, "--output", path, names=path)


@pytest.mark.parametrize("form", ["onnx", "openvino"])
def test_an_export(disk, fails_until_there_is_room, form):
    path = disk.folder / ("cells.onnx" if form == "onnx" else "cells.xml")
    path.write_text("earlier")
    fails_until_there_is_room(
        "export", "cells", "--format", form, "--image-size", 64, "--output", path, names=path
    )


def test_a_training_that_goes_on(disk, run_folder, fails_until_there_is_room):
    import shutil

    run = disk.folder / "run"
    shutil.copytree(run_folder, run)
    more = ("train", "--resume", run, "--epochs", 2, "--workers", 0, "--threads", 1, "--device", "cpu")
    disk.fill().unlink()
    line = fails_until_there_is_room(*more, names=run)
    assert line.startswith("error: cannot write ")
    assert len((run / "history.csv").read_text().splitlines()) == 3


def test_a_new_training(disk, run_folder):
    disk.fill()
    data = run_folder.parent / "data" / "data.yaml"
    line = the_error(yolov10(*training(data, disk.folder / "run")))
    assert FULL in line
    assert str(disk.folder / "run") in line
    (disk.folder / "filling").unlink()
    done = yolov10(*training(data, disk.folder / "run2"))
    assert done.returncode == 0, done.stderr


def test_a_cache_that_is_full_costs_nothing_but_time(disk, pictures):
    environment = {"XDG_CACHE_HOME": str(disk.folder)}
    arguments = ("predict", pictures, "--model", "cells", "--runtime", "openvino", "--image-size", 64)
    disk.fill()
    done = yolov10(*arguments, environment=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout == yolov10(*arguments, "--no-cache").stdout
    assert "warning" not in done.stderr


def test_results_of_a_cluster(disk, tmp_path):
    """The parts do not fit: what is done is kept, and the same command goes on."""
    pytest.importorskip("ray")
    from cluster.running import command, write_pictures

    folder, save_to = write_pictures(tmp_path / "in", 40), disk.folder / "r.jsonl"
    save_to.write_text("earlier results")
    disk.fill()
    arguments = command(folder, "--engine", "ray", "--save-to", save_to)[3:]
    line = the_error(yolov10(*arguments))
    assert FULL in line
    assert f"{save_to}.parts" in line
    assert save_to.read_text() == "earlier results"
    (disk.folder / "filling").unlink()
    assert yolov10(*arguments).returncode == 1  # one picture is damaged
    assert len(save_to.read_text().splitlines()) == 40
