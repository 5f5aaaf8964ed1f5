"""More than the memory holds: one line that says what to make smaller, and no crash."""

import os
import subprocess
import sys

import pytest
from chaos.conftest import training
from chaos.dying import the_error
from conftest import DATA

from yolov10.errors import lacks_memory
from yolov10.model_names import FOLDER

pytest.importorskip("resource")

CHILD = """
import resource, sys
import yolov10.cli.main, yolov10.prediction.detector
{imports}
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
limit = used + int(sys.argv[1]) * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
sys.exit(yolov10.cli.main.main(sys.argv[2:]))
"""
"""The command, which gets so many MiB beyond what its libraries take."""
IMPORTS = {
    "torch": "import torch",
    "onnx": "import onnxruntime",
    "openvino": "from yolov10.silence import import_openvino; import_openvino('the test')",
    "train": "import yolov10.training.trainer",
}
CURE = "not enough memory: give a smaller --batch or --image-size, or end other programs"

pytestmark = pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")


def bounded(kind, megabytes, *arguments):
    code = CHILD.format(imports=IMPORTS[kind])
    command = [sys.executable, "-c", code, str(megabytes), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


def predict(*more):
    picture = DATA / "odd_images" / "00_reference.png"
    model = ("--model", FOLDER / "cells.safetensors", "--threads", 1, "--no-cache")
    return ("predict", *[picture] * 16, *model, *more)


@pytest.mark.parametrize("runtime", ["torch", "onnx", "openvino"])
@pytest.mark.parametrize(
    ("megabytes", "size"), [(150, ("--image-size", 1920)), (500, ("--image-size", 2560, "--batch", 16))]
)
def test_predict(runtime, megabytes, size):
    line = the_error(bounded(runtime, megabytes, *predict(*size, "--runtime", runtime)))
    assert line.endswith(CURE)
    done = bounded(runtime, 3000, *predict("--image-size", 64, "--runtime", runtime))
    assert done.returncode == 0, done.stderr


def test_training(tmp_path, run_folder):
    data = run_folder.parent / "data" / "data.yaml"
    larger = ("--image-size", 640, "--batch", 8)
    line = the_error(bounded("train", 400, *training(data, tmp_path / "run"), *larger))
    assert line.endswith(CURE)
    done = bounded("train", 2000, *training(data, tmp_path / "again"))
    assert done.returncode == 0, done.stderr


def test_what_is_no_lack_of_memory_is_not_called_so():
    assert not lacks_memory(RuntimeError("shape mismatch"))
    assert lacks_memory(MemoryError())
    assert lacks_memory(RuntimeError("std::bad_alloc"))
    assert lacks_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"))
