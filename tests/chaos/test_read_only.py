"""A file system that may only be read: used for models and data; what cannot be written there is named."""

import shutil

import pytest
from chaos.conftest import snapshot, training
from chaos.dying import the_error, yolov10
from conftest import DATA

TOY = DATA / "models" / "toy.onnx"
READ_ONLY = "Read-only file system"


@pytest.fixture
def refused(disk):
    """Run a command while the disk may only be read: it names the file, and changes nothing."""

    def call(*arguments, names):
        earlier = snapshot(disk.folder)
        disk.read_only()
        line = the_error(yolov10(*arguments))
        disk.writable()
        assert READ_ONLY in line
        assert str(names) in line
        assert snapshot(disk.folder) == earlier
        done = yolov10(*arguments)
        assert done.returncode == 0, done.stderr

    return call


def test_results_of_predict(disk, pictures, refused):
    path = disk.folder / "r.json"
    path.write_text("earlier")
    refused("predict", pictures, "--model", TOY, "--save-to", path, names=path)


@pytest.mark.parametrize("form", [(), ("--format", "yolo")], ids=["pictures", "labels"])
def test_annotated_pictures_and_label_files(disk, pictures, refused, form):
    output = disk.folder / "out"
    refused("predict", pictures, "--model", TOY, "--output", output, *form, names=output)


def test_an_import(disk, checkpoint, refused):
    path = disk.folder / "n.safetensors"
    refused("import", checkpoint, "--output", path, names=path)


def test_an_export(disk, refused):
    path = disk.folder / "cells.onnx"
    refused("export", "cells", "--image-size", 64, "--output", path, names=path)


def test_a_run_folder(disk, run_folder, refused):
    run = disk.folder / "run"
    shutil.copytree(run_folder, run)
    more = ("train", "--resume", run, "--epochs", 2, "--workers", 0, "--threads", 1, "--device", "cpu")
    refused(*more, names=run)


def test_models_and_data_are_used_from_there(disk, run_folder, tmp_path):
    shutil.copytree(run_folder.parent, disk.folder / "all")
    disk.read_only()
    model, data = disk.folder / "all" / "run" / "best.safetensors", disk.folder / "all" / "data" / "data.yaml"
    environment = {"XDG_CACHE_HOME": str(disk.folder / "cache")}
    pictures = disk.folder / "all" / "data" / "images"
    for arguments in (
        ("predict", pictures, "--model", model),
        ("evaluate", data, "--model", model),
        ("info", model),
        ("data", "check", data),
        training(data, tmp_path / "run"),
        ("export", model, "--image-size", 64, "--output", tmp_path / "best.onnx"),
    ):
        done = yolov10(*arguments, environment=environment)
        assert done.returncode == 0, (arguments, done.stderr)
