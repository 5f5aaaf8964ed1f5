"""Wheel and source archive hang on the sources alone, not on when, where or by whom they are built."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from conftest import ROOT

SOURCES = ("src", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "PROVENANCE.md")


def build(folder, target, modified, **environment):
    """Build in a copy of the sources that was `modified` then; returns the file's name and contents."""
    folder.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    for path in folder.rglob("*"):
        os.utime(path, (modified, modified))
    result = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", "out"],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    (file,) = (folder / "out").iterdir()
    return file.name, file.read_bytes()


@pytest.mark.parametrize("target", ["wheel", "sdist"])
def test_two_builds_are_equal_to_the_byte(tmp_path, target):
    first = build(tmp_path / "a", target, 1_700_000_000, TZ="UTC", LC_ALL="C", PYTHONHASHSEED="1")
    before = os.umask(0o077)
    try:
        other = {"TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"}
        second = build(tmp_path / "elsewhere", target, 1_000_000_000, **other)
    finally:
        os.umask(before)
    assert first[0] == second[0]
    assert first[1] == second[1]


def test_the_wheel_holds_the_package_and_its_licence_and_nothing_else(tmp_path):
    name, contents = build(tmp_path / "a", "wheel", 1_700_000_000)
    (tmp_path / name).write_bytes(contents)
    with zipfile.ZipFile(tmp_path / name) as wheel:
        entries = wheel.namelist()
    folders = {entry.split("/")[0] for entry in entries}
    assert {folder.split("-")[0] for folder in folders} == {"yolov10", "open_yolov10"}
    assert any(entry.endswith("licenses/LICENSE") for entry in entries)
    assert "yolov10/py.typed" in entries
    assert not any("__pycache__" in entry or entry.endswith(".pyc") for entry in entries)
