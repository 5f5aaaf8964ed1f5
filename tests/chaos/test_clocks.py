"""A clock that is wrong or jumps, and files from the future: nothing here depends on what time it is."""

import os
import subprocess
import sys

import pytest
from chaos.conftest import training
from chaos.dying import yolov10
from conftest import DATA
from safetensors.numpy import load_file

TOY = DATA / "models" / "toy.onnx"
JUMPS = """
import datetime, itertools, time
steps = itertools.cycle([0, 86_400, -31_536_000, 3_000_000_000, -1_700_000_000])
real = time.time
time.time = lambda: max(0.0, real() + next(steps))
time.time_ns = lambda: int(time.time() * 1e9)
"""
"""Imported by Python itself before anything else: the time of day leaps at every look, decades to and fro."""


@pytest.fixture
def jumping(tmp_path):
    """The environment of a process whose clock jumps."""
    folder = tmp_path / "clock"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(JUMPS)
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {"PYTHONPATH": os.pathsep.join(paths)}
    look = [sys.executable, "-c", "import time; a, b = time.time(), time.time(); print(abs(a - b) > 80_000)"]
    assert subprocess.check_output(look, env=os.environ | environment, text=True) == "True\n"
    return environment


def set_back(folder, when):
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (when, when))


WHENS = [0, 2**31 - 1, 4_000_000_000]
"""1970, the last second of 32 bits, and 2096."""


def test_predict(pictures, jumping):
    arguments = ("predict", pictures, "--model", TOY)
    done = yolov10(*arguments, environment=jumping)
    assert (done.returncode, done.stdout) == (0, yolov10(*arguments).stdout)


def test_a_training_and_its_going_on(tmp_path, run_folder, jumping):
    data, run = run_folder.parent / "data" / "data.yaml", tmp_path / "run"
    assert yolov10(*training(data, tmp_path / "right", epochs=2)).returncode == 0
    assert yolov10(*training(data, run, epochs=1), environment=jumping).returncode == 0
    set_back(run, 4_000_000_000)
    set_back(data.parent, 0)
    more = ("train", "--resume", run, "--epochs", 2, "--workers", 0, "--threads", 1, "--device", "cpu")
    done = yolov10(*more, environment=jumping)
    assert done.returncode == 0, done.stderr
    rows = (run / "history.csv").read_text().splitlines()
    assert len(rows) == 3
    assert all(0 <= float(row.split(",")[1]) < 600 for row in rows[1:])  # seconds
    assert (
        load_file(run / "last.safetensors").keys()
        == load_file(tmp_path / "right" / "last.safetensors").keys()
    )


@pytest.mark.parametrize("when", WHENS)
def test_what_was_compiled_is_used_whenever_it_was_written(tmp_path, pictures, jumping, when):
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    arguments = ("predict", pictures, "--model", "cells", "--runtime", "openvino", "--image-size", 64)
    expected = yolov10(*arguments, environment=environment).stdout
    (entry,) = (tmp_path / "cache" / "open-yolov10").iterdir()
    set_back(tmp_path / "cache", when)
    contents = entry.read_bytes()
    done = yolov10(*arguments, environment=environment | jumping)
    assert (done.returncode, done.stdout) == (0, expected)
    assert entry.read_bytes() == contents


def test_the_cache_keeps_to_its_bound_though_entries_are_from_the_future(tmp_path, monkeypatch):
    from yolov10 import disk_cache
    from yolov10.disk_cache import read_entry, write_entry

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(disk_cache, "MAX_BYTES", 3 * (100 + 32))
    for key in "abc":
        write_entry(key, key.encode() * 100)
    set_back(tmp_path, 4_000_000_000)
    write_entry("d", b"d" * 100)
    kept = [key for key in "abcd" if read_entry(key)]
    assert len(kept) == 3
    write_entry("e", b"e" * 100)
    assert sum(path.stat().st_size for path in (tmp_path / "open-yolov10").iterdir()) <= disk_cache.MAX_BYTES
