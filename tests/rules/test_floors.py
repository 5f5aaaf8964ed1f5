"""Imports go down only; the floors are in pyproject.toml."""

import re
import subprocess
import sys
import tomllib

from conftest import ROOT

CHECK = "from importlinter import cli; raise SystemExit(cli.lint_imports(no_cache=True))"


def test_imports_go_down_only():
    # In a process of its own: it prints through a console that keeps the stream it first met.
    done = subprocess.run([sys.executable, "-c", CHECK], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def floors():
    """The names on every floor of pyproject.toml, from the bottom."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ][0]
    return [sorted(re.findall(r"yolov10\.(\w+)", layer)) for layer in reversed(contract["layers"])]


def test_everything_is_on_a_floor():
    there = {
        path.stem for path in (ROOT / "src" / "yolov10").iterdir() if path.suffix == ".py" or path.is_dir()
    }
    there -= {"__init__", "__main__", "__pycache__", "cells"}  # entry points; cells is data
    assert there == {name for floor in floors() for name in floor}


def test_the_floors_of_the_guide_are_those_that_are_held():
    guide = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("The floors, from the bottom:")[2]
    lines = guide.split("```")[1].strip().splitlines()
    modules = [line for line in lines if "/" not in line]
    told = [sorted(floor.split()) for line in modules for floor in line.split(" · ")]
    assert told == floors()[: len(told)]
    packages = [re.findall(r"(?:^|· )(\w+)/ ", line) for line in lines if line not in modules]
    heights = [
        next(i for i, floor in enumerate(floors()) if name in floor) for line in packages for name in line
    ]
    assert heights == sorted(heights)
    assert len(heights) == sum(map(len, floors()[len(told) :]))
