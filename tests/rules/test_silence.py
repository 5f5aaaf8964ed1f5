"""Silence, traced from outside: no connect, no look-up, no write but to what was named (contract 1)."""

import os
import re
import shutil
import subprocess
import sys
from importlib import metadata

import pytest
from conftest import DATA, golden_state
from prediction.drawn_video import KNOWN, write
from rules.subprocesses import clean_environment
from weights.checkpoints import write_checkpoint

PICTURES = DATA / "odd_images"
PICTURE = PICTURES / "00_reference.png"
TOY = DATA / "models" / "toy.onnx"
NETWORK = "connect,sendto,sendmsg,sendmmsg"
FILES = "openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat"
WRITES = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|^\d+ +(creat|mkdir|rename|unlink)")
ALLOWED_DEVICES = ("/dev/null", "/dev/tty", "/dev/shm", "/proc/", "/sys/")

needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None,
    reason="strace is not installed: CI installs it, elsewhere apt-get install strace",
)


def traced(home, arguments, code=0):
    """Network calls and written paths of `python …`, as the kernel sees them, in a fresh HOME."""
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
            *map(str, arguments),
        ],
        env=clean_environment(home),
        cwd=home,
        capture_output=True,
        text=True,
    )
    assert result.returncode == code, result.stderr
    lines = log.read_text().splitlines()
    assert any("yolov10" in line for line in lines), "the trace saw nothing"
    # Not the network: asking the machine itself for its own addresses or for the name of a user id, and an
    # event loop that wakes itself.
    own = ("AF_NETLINK", "/var/run/nscd/socket", r', "\0", 1, 0, NULL, 0)')
    network = [
        line
        for line in lines
        if re.search(r" (connect|send\w*)\(", line) and not any(word in line for word in own)
    ]
    opened = [line for line in lines if WRITES.search(line) and "= -1" not in line]
    written = {path for line in opened for path in re.findall(r'"([^"]*)"', line)}
    return network, {path for path in written if not path.startswith(ALLOWED_DEVICES)}


@pytest.fixture
def home(tmp_path):
    path = tmp_path / "home"
    path.mkdir()
    return path


PREDICT = ["predict", "--model", TOY, "--runtime", "onnx"]  # the one runtime of the base


@needs_strace
@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["info", "n"],
        [*PREDICT, PICTURE],
        [*PREDICT, PICTURES / "still.avif", PICTURES / "still.jp2", PICTURES / "lzw.tif"],
    ],
    ids=["help", "info", "predict", "predict odd formats"],
)
def test_the_base_is_silent(home, arguments):
    assert traced(home, ["-m", "yolov10", *arguments]) == ([], set())
    assert list(home.iterdir()) == []


@needs_strace
def test_torch_and_import_are_silent_and_write_only_what_was_named(home):
    checkpoint = write_checkpoint(home.parent / "n.pt", golden_state("n"), names=[str(i) for i in range(80)])
    weights = home.parent / "n.safetensors"
    network, written = traced(home, ["-m", "yolov10", "import", checkpoint, "--output", weights])
    assert network == []
    assert {os.path.dirname(path) for path in written} == {str(home.parent)}
    output = home.parent / "annotated"
    predict = ["-m", "yolov10", "predict", PICTURE, "--model", weights, "--runtime", "torch"]
    network, written = traced(home, [*predict, "--image-size", 64, "--output", output])
    assert network == []
    assert all(path.startswith(str(output)) for path in written)
    assert list(home.iterdir()) == []


@needs_strace
def test_a_video_is_silent_and_so_is_a_play_list_in_its_clothes(home):
    clip, listing, output = (home.parent / name for name in ("clip.mp4", "list.mp4", "annotated"))
    write(KNOWN, clip, frames=3)
    predict = ["-m", "yolov10", "predict", clip, "--model", TOY, "--no-cache"]
    network, written = traced(home, [*predict, "--track", "--output", output])
    assert network == []
    assert all(path.startswith(str(output)) for path in written)
    listing.write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n"
    )
    stream = f"Detector({str(TOY)!r}, cache=False).stream({str(listing)!r}, on_failure=print)"
    assert traced(home, ["-c", f"from yolov10 import Detector; assert not list({stream})"]) == ([], set())
    assert list(home.iterdir()) == []


SERVE = """
import asyncio, httpx
from yolov10 import Detector
from yolov10.serve import create_app
async def main():
    app = create_app({{"toy": Detector({toy!r}, cache=False)}})
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            files = [("i", ("a.bmp", bytes(5_000_000))), ("i", ("b.png", open({picture!r}, "rb").read()))]
            answer = await client.post("/detect", files=files)
            assert [len(entry) for entry in answer.json()] == [2, 5], answer.text
            assert (await client.get("/")).status_code == (await client.get("/metrics")).status_code == 200
asyncio.run(main())
"""


@needs_strace
def test_serving_large_pictures_is_silent_and_writes_nothing(home):
    """Also not to a temporary folder, where form readers keep what is large."""
    code = SERVE.format(toy=str(TOY), picture=str(PICTURE))
    assert traced(home, ["-c", code]) == ([], set())
    assert list(home.iterdir()) == []


@needs_strace
def test_what_openvino_compiled_is_written_into_the_cache_and_nowhere_else(home):
    from yolov10.model_names import weights_file

    predict = ["-m", "yolov10", "predict", PICTURE, "--model", weights_file("cells"), "--runtime", "openvino"]
    assert traced(home, [*predict, "--no-cache"]) == ([], set())
    assert list(home.iterdir()) == []
    network, written = traced(home, predict)
    assert network == []
    cache = home / ".cache" / "open-yolov10"
    assert written
    assert all(path.startswith(str(home / ".cache")) for path in written)
    assert [path.suffix for path in cache.iterdir()] == [".entry"]


@needs_strace
def test_an_export_writes_what_was_named(home):
    from yolov10.model_names import weights_file

    output = home.parent / "out" / "cells.onnx"
    command = ["-m", "yolov10", "export", weights_file("cells"), "--output", output]
    network, written = traced(home, command)
    assert network == []
    assert all(path.startswith(str(output.parent)) for path in written)
    assert [path.name for path in output.parent.iterdir()] == ["cells.onnx"]
    assert list(home.iterdir()) == []


@needs_strace
@pytest.mark.slow
def test_detection_by_workers_reaches_this_machine_alone_and_writes_what_was_named(home):
    """Ray, left to itself, asks where it is, and keeps things in the home folder."""
    results = home.parent / "out" / "r.parquet"
    predict = ["-m", "yolov10", "predict", PICTURES, "--model", TOY, "--runtime", "onnx", "--threads", 1]
    network, written = traced(home, [*predict, "--engine", "ray", "--save-to", results], code=1)
    assert [
        line for line in network if not re.search(r'127\.0\.0\.1|"::1"|AF_UNIX|NULL, 0\)|sendmsg', line)
    ] == []
    temporary = ("/tmp/yolov10-", "/tmp/ray-")
    assert all(path.startswith((str(results.parent), ".", *temporary)) for path in written), written
    assert list(home.iterdir()) == []
    assert list(results.parent.iterdir()) == [results]


EXTRAS = {
    "openvino": "from yolov10 import Detector\n"
    f"Detector({str(TOY)!r}, runtime='openvino', cache=False)({str(PICTURE)!r})",
    "evaluate": "import hotcoco, yolov10.evaluation.plots, yolov10.evaluation.run",
    "train": "import torch, yolov10.network.model, yolov10.training.trainer",
    "serve": "import yolov10.serve.app, yolov10.serve.server",
    "export": "import onnx; from yolov10.silence import import_nncf; import_nncf('the test')",
    "track": "import scipy.optimize",
    "hub": "import httpx",
    "ray": "from yolov10.silence import import_ray; import_ray('the test'); import ray.data",
}
"""Every extra of pyproject.toml, through the door by which the program enters it."""


def test_every_extra_is_looked_at():
    declared = {name for name in metadata.metadata("open-yolov10").get_all("Provides-Extra") if name != "all"}
    assert declared == set(EXTRAS)


@needs_strace
@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_is_silent_and_leaves_the_environment_alone(home, extra):
    checks = "assert dict(os.environ) == before"
    code = f"import os, yolov10; before = dict(os.environ)\n{EXTRAS[extra]}\n{checks}"
    assert traced(home, ["-c", code]) == ([], set())
    assert list(home.iterdir()) == []
