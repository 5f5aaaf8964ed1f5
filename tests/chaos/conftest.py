"""Commands in processes that die, disks that are full or read-only, and what must hold after each."""

import os
import shutil
import subprocess
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from chaos.dying import yolov10
from conftest import DATA, golden_state
from weights.checkpoints import write_checkpoint


def pytest_collection_modifyitems(items):
    for item in items:
        if "/chaos/" in str(item.path):
            item.add_marker("chaos")


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in "abc":
        cv2.imwrite(str(folder / f"{name}.png"), np.full((120, 200, 3), 255, np.uint8))
    return folder


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """A foreign checkpoint, to be imported."""
    folder = tmp_path_factory.mktemp("foreign")
    return write_checkpoint(folder / "n.pt", golden_state("n"), names=[str(i) for i in range(80)])


@pytest.fixture
def disk(tmp_path):
    """Mounts a small file system; gives its folder, and what fills it or lets it only be read."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options):
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]
        return subprocess.run(command, capture_output=True, text=True)

    if shutil.which("mount") is None or mount("size=200m").returncode:
        pytest.skip("only root may mount a small disk: run this as root, in a container that lets it")

    def again(options):
        # An unmount that is too early would let the machine's own disk be filled.
        assert mount(f"remount,{options}").returncode == 0

    try:
        yield SimpleNamespace(
            folder=folder,
            fill=lambda: fill(folder),
            read_only=lambda: again("ro"),
            writable=lambda: again("rw"),
        )
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(folder):
    """Leave no byte free; the file that takes the room."""
    path = folder / "filling"
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(1 << 16)):
                pass
        except OSError:
            pass
    return path


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    """A run of one epoch on a small drawn data set, to be copied."""
    from training.drawn import draw_dataset

    folder = tmp_path_factory.mktemp("trained")
    data = draw_dataset(folder / "data")
    done = yolov10(*training(data, folder / "run"))
    assert done.returncode == 0, done.stderr
    return folder / "run"


def training(data, output, epochs=1):
    """The arguments of a short training."""
    size = ("--epochs", epochs, "--image-size", 64, "--batch", 4, "--workers", 0, "--threads", 1)
    return ("train", data, *size, "--device", "cpu", "--output", output)


@pytest.fixture
def bccd():
    return DATA / "bccd"


def snapshot(folder):
    """Every file below a folder and its contents."""
    return {
        os.path.relpath(path, folder): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
