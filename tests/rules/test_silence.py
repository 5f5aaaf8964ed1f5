"""Silence, traced from outside: no connect, no look-up, no write but to what was named (contract 1)."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from conftest import DATA, golden_state
from rules.subprocesses import clean_environment
from weights.checkpoints import write_checkpoint

PICTURES = DATA / "odd_images"
TOY = DATA / "models" / "toy.onnx"
NETWORK = "connect,sendto,sendmsg,sendmmsg"
FILES = "openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat"
WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|^\d+ +(creat|mkdir|rename|unlink)")
ALLOWED_DEVICES = ("/dev/null", "/dev/tty", "/dev/shm", "/proc/", "/sys/")

needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None,
    reason="strace is not installed: CI installs it, elsewhere apt-get install strace",
)


def traced(home, arguments):
    """Network calls and written paths of `yolov10 …`, as the kernel sees them, in a fresh HOME."""
    log = home.parent / "trace"
    result = subprocess.run(
        [
            "strace",
            "-f",
            "-qq",
            "-e",
            f"trace={NETWORK},{FILES}",
            "-o",
            log,
            sys.executable,
            "-m",
            "yolov10",
            *map(str, arguments),
        ],
        env=clean_environment(home),
        cwd=home,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    lines = log.read_text().splitlines()
    assert any("yolov10" in line for line in lines), "the trace saw nothing"
    network = [line for line in lines if re.search(r" (connect|send\w*)\(", line)]
    opened = [line for line in lines if WRITES.search(line) and "= -1" not in line]
    written = {path for line in opened for path in re.findall(r'"([^"]*)"', line)}
    return network, {path for path in written if not path.startswith(ALLOWED_DEVICES)}


@pytest.fixture
def home(tmp_path):
    path = tmp_path / "home"
    path.mkdir()
    return path


@needs_strace
@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["info", "n"],
        ["predict", PICTURES / "00_reference.png", "--model", TOY],
        ["predict", PICTURES / "still.avif", PICTURES / "still.jp2", PICTURES / "lzw.tif", "--model", TOY],
    ],
    ids=["help", "info", "predict", "predict odd formats"],
)
def test_the_base_is_silent(home, arguments):
    assert traced(home, arguments) == ([], set())
    assert list(home.iterdir()) == []


@needs_strace
def test_torch_and_import_are_silent_and_write_only_what_was_named(home):
    checkpoint = write_checkpoint(home.parent / "n.pt", golden_state("n"), names=[str(i) for i in range(80)])
    weights = home.parent / "n.safetensors"
    network, written = traced(home, ["import", checkpoint, "--output", weights])
    assert network == []
    assert {os.path.dirname(path) for path in written} == {str(home.parent)}
    output = home.parent / "annotated"
    network, written = traced(
        home,
        [
            "predict",
            PICTURES / "00_reference.png",
            "--model",
            weights,
            "--image-size",
            64,
            "--output",
            output,
        ],
    )
    assert network == []
    assert all(path.startswith(str(output)) for path in written)
    assert list(home.iterdir()) == []


def test_no_environment_variable_is_changed(home):
    code = (
        "import os; before = dict(os.environ)\n"
        "from yolov10.cli.main import main\n"
        f"main(['predict', {str(PICTURES / '00_reference.png')!r}, '--model', {str(TOY)!r}, '--quiet'])\n"
        "import yolov10.network.model\n"
        "assert dict(os.environ) == before, set(os.environ.items()) ^ set(before.items())\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env=clean_environment(home), cwd=home, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
