"""5,000 pictures: memory stays flat, and a corrupt file in the middle costs one entry."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import DATA

PICTURES = 5000
ALLOWED_GROWTH = 20  # MB after the first 200

CODE = """
import json, sys
from yolov10 import Detector

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20

detector = Detector({model!r})
memory, failures, objects = [], [], 0
for index, found in enumerate(detector.stream({folder!r}, batch={batch}, on_failure=failures.append)):
    objects += len(found)
    if index >= 200 and index % 50 == 0:
        memory.append(resident())
print(json.dumps([index + 1, objects, [f.picture.source for f in failures], max(memory) - memory[0]]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twenty pictures of a few sizes, linked 250 times each; one in the middle is corrupt."""
    rng = np.random.default_rng(0)
    folder, made = tmp_path_factory.mktemp("pictures"), tmp_path_factory.mktemp("made")
    for index in range(20):
        size = (60 + 20 * (index % 4), 80 + 20 * (index % 5), 3)
        cv2.imwrite(str(made / f"{index}.png"), rng.integers(0, 256, size, np.uint8))
    for index in range(PICTURES):
        os.link(made / f"{index % 20}.png", folder / f"{index:05}.png")
    (folder / "02500.png").unlink()
    (folder / "02500.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    return folder


def test_memory_is_flat_over_5000_pictures_and_one_corrupt_file_costs_one_entry(folder):
    code = CODE.format(model=str(DATA / "models" / "toy.onnx"), folder=str(folder), batch=8)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    read, objects, failed, growth = json.loads(result.stdout)
    assert read == PICTURES - 1
    assert objects == 3 * read
    assert failed == [str(folder / "02500.png")]
    assert growth < ALLOWED_GROWTH


@pytest.mark.slow
def test_memory_of_the_command_is_flat_too_with_every_copy_and_line_written(folder, tmp_path):
    options = ["--format", "jsonl", "--batch", "8", "--quiet", "--output", tmp_path / "copies"]
    command = [sys.executable, "-m", "yolov10", "predict", folder, "--model", DATA / "models" / "toy.onnx"]
    memory, entries = [], []
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*command, *options], **pipes, text=True) as process:
        for index, line in enumerate(process.stdout):
            entries.append(json.loads(line))
            if index >= 200 and index % 50 == 0:
                memory.append(int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * 4096 / 2**20)
        warnings = process.stderr.read()
    assert (process.returncode, warnings.count("\n")) == (1, 1)
    assert [one["source"] for one in entries] == [str(path) for path in sorted(folder.iterdir())]
    assert [one["source"] for one in entries if "error" in one] == [str(folder / "02500.png")]
    assert len(os.listdir(tmp_path / "copies")) == PICTURES - 1
    assert max(memory) - memory[0] < ALLOWED_GROWTH
