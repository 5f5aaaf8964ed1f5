"""5,000 pictures: memory stays flat, and a corrupt file in the middle costs one entry."""

import json
import os
import subprocess
import sys

import cv2
import numpy as np
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


def test_memory_is_flat_over_5000_pictures_and_one_corrupt_file_costs_one_entry(tmp_path):
    rng = np.random.default_rng(0)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(20):  # a few sizes and contents, linked 250 times each
        size = (60 + 20 * (index % 4), 80 + 20 * (index % 5), 3)
        cv2.imwrite(str(tmp_path / f"{index}.png"), rng.integers(0, 256, size, np.uint8))
    for index in range(PICTURES):
        os.link(tmp_path / f"{index % 20}.png", folder / f"{index:05}.png")
    (folder / "02500.png").unlink()
    (folder / "02500.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    code = CODE.format(model=str(DATA / "models" / "toy.onnx"), folder=str(folder), batch=8)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    read, objects, failed, growth = json.loads(result.stdout)
    assert read == PICTURES - 1
    assert objects == 3 * read
    assert failed == [str(folder / "02500.png")]
    assert growth < ALLOWED_GROWTH
