"""`predict --engine ray`: what `predict` gives, whatever dies meanwhile."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from cluster.running import (
    Gate,
    called,
    command,
    descendants,
    listening_beyond,
    parts_of,
    said_by,
    start,
    wait_for,
    write_pictures,
)

from yolov10.cli.predict_cluster import planned
from yolov10.cli.predict_options import Options, settings_of
from yolov10.cluster.model import pack
from yolov10.cluster.parts import held_parts
from yolov10.cluster.session import ray_session
from yolov10.cluster.worker import Attempts
from yolov10.errors import UserError
from yolov10.silence import import_ray

pytest.importorskip("ray")
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="needs /proc to find the workers"
)


def predicted(names, save_to):
    """What one process gives: the bytes of its JSON lines."""
    done = subprocess.run([*command(names, "--format", "jsonl", "--save-to", save_to)], capture_output=True)
    assert done.returncode == 1, done.stderr  # one is damaged
    return save_to.read_bytes()


def killed_at(count, names, save_to, wrapped_in=()):
    """Start, and SIGKILL all of it once so many parts are there; the number of parts that remain."""
    with Gate(names):
        process = start(names, save_to, wrapped_in)
        wait_for(lambda: len(parts_of(save_to)) >= count, process)
        family = descendants(process.pid)
        for pid in [*family, process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
    for folder in set(re.findall(r"/tmp/yolov10-\w+", " ".join(family.values()))):
        shutil.rmtree(folder, ignore_errors=True)  # which nobody is left to delete
    return len(parts_of(save_to))


def finished_though_a_worker_dies(names, save_to):
    """Start, kill the worker that is at the last pictures, and wait for the end; what was said."""
    with Gate(names) as gate:
        process = start(names, save_to)
        gate.kill_who_waits(process)
        assert listening_beyond(process) == []
        gate.let_on(process)
        status = process.wait()
    assert (status, save_to.exists()) == (1, True), said_by(process)  # 1: one picture is damaged
    return said_by(process)


def assert_all_is_well(names, save_to, said, kept):
    """The results are those of one process, each fault is named once, and nothing is left behind."""
    assert save_to.read_bytes() == predicted(names, save_to.parent.parent / "one.jsonl")
    assert f"{16 * kept} pictures were done before: {save_to}.parts\n" in said
    assert said.count("a worker died at the pictures from ") == 1
    assert "; 1 could not be read; results in " in said
    assert "raylet" not in said
    assert sorted(path.name for path in save_to.parent.iterdir()) == ["r.jsonl", "r.said"]


def test_the_results_are_those_of_predict_though_a_worker_dies_and_some_were_done_before(tmp_path):
    names, save_to = write_pictures(tmp_path / "in", 56), tmp_path / "out" / "r.jsonl"
    done_before(names, save_to)
    said = finished_though_a_worker_dies(names, save_to)
    assert_all_is_well(names, save_to, said, kept=1)
    assert (
        f"a worker died at the pictures from {tmp_path / 'in' / '00048.jpg'} on; they were done again\n"
        in said
    )
    assert said.count("warning: ") == said.count("00028.jpg: ") == 1


def done_before(names, save_to):
    """Keep the first part of the results, and half of the second, as a full disk would leave it."""
    options = Options((str(names),), model="cells", image_size="128", threads=1)
    settings, model = settings_of(options), pack("cells")
    first, second, *_ = (task.chunks[0].key for task in planned(options, model, settings))
    lines = predicted(names, names.parent / "one.jsonl").splitlines(keepends=True)
    with held_parts(save_to) as parts:
        parts.write(first, b"".join(lines[:16]))
        parts.write(second, b"".join(lines[16:32]))
        cut_short = parts.folder / second[:2] / second
        cut_short.write_bytes(cut_short.read_bytes()[:-100])


@pytest.mark.chaos
def test_killed_and_gone_on_with_a_dying_worker_the_results_are_those_of_predict(tmp_path):
    names, save_to = write_pictures(tmp_path / "in", 168), tmp_path / "out" / "r.jsonl"
    save_to.parent.mkdir()
    save_to.write_text("earlier results")
    kept = killed_at(2, names, save_to)
    assert save_to.read_text() == "earlier results"
    said = finished_though_a_worker_dies(names, save_to)
    assert_all_is_well(names, save_to, said, kept)


@pytest.mark.chaos
def test_the_results_are_those_of_predict_though_the_process_that_counts_deaths_dies(tmp_path):
    """On a slow machine it need not die: that a worker could not reach it in time ended the run."""
    names, save_to = write_pictures(tmp_path / "in", 40), tmp_path / "out" / "r.jsonl"
    save_to.parent.mkdir()
    with Gate(names) as gate:
        process = start(names, save_to)
        gate.wait(process)
        (counting,) = called("ray::Attempts", process)
        os.kill(counting, signal.SIGKILL)
        gate.kill_who_waits(process)
        gate.let_on(process)
        assert process.wait() == 1, said_by(process)
    assert save_to.read_bytes() == predicted(names, tmp_path / "one.jsonl")


@pytest.mark.chaos
def test_a_picture_that_never_comes_ends_the_run_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_DATA_EXECUTION_NO_PROGRESS_TIMEOUT_S", "5")  # else half an hour
    names, save_to = write_pictures(tmp_path / "in", 40), tmp_path / "r.jsonl"
    with Gate(names):
        process = start(names, save_to)
        assert process.wait() == 1
    last = said_by(process).splitlines()[-1]
    assert re.match(r"error: Ray: .*no progress for at least 5", last)
    assert last.endswith("what is done is kept: the same command again goes on")
    assert not save_to.exists()


def test_a_worker_that_asks_again_whether_others_died_is_not_counted_as_one():
    attempts = Attempts()
    assert [attempts.begin("key", worker) for worker in ("a", "a", "b", "b", "c")] == [0, 0, 1, 1, 2]
    attempts.end("key")
    attempts.end("key")
    assert attempts.begin("key", "d") == 0


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace to count what is begun")
def test_of_2000_pictures_a_kill_costs_less_than_a_tenth(tmp_path):
    names, save_to = write_pictures(tmp_path / "in", 2000), tmp_path / "r.parquet"
    trace = tmp_path / "trace"
    traced = ("strace", "-f", "-qq", "-e", "trace=openat", "-o", trace)
    kept = killed_at(60, names, save_to, traced)
    begun = {
        name
        for line in trace.read_text().splitlines()
        for name in [line.partition(str(tmp_path / "in"))[2][:10]]
        if name
    }
    redone = len(begun) - 16 * kept
    print(f"{len(begun)} begun, {16 * kept} kept, {redone} to be redone")
    assert 0 <= redone < 200
    said = finished_though_a_worker_dies(names, save_to)
    assert f"{16 * kept} pictures were done before" in said
    from pyarrow import parquet

    lines = [json.loads(line) for line in predicted(names, tmp_path / "one.jsonl").splitlines()]
    rows = parquet.read_table(save_to).to_pylist()
    assert len(rows) == 2000
    everything = dict.fromkeys(("frame", "width", "height", "detections", "error"))
    assert rows == [everything | line for line in lines]


@pytest.mark.parametrize("address", ["127.0.0.1:{port}", "ray://127.0.0.1:{port}"])
def test_a_cluster_that_is_not_there_is_one_line_at_once(monkeypatch, address):
    """Ray itself asks for a quarter of an hour."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        address = address.format(port=nobody.getsockname()[1])
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(UserError) as fault, ray_session():
            pass
    assert str(fault.value) == f"cannot join the Ray cluster at RAY_ADDRESS={address} (Connection refused)"


@pytest.mark.parametrize("address", ["a..b:1", "127.0.0.1:99999"])
def test_an_address_that_is_none_is_one_line(monkeypatch, address):
    monkeypatch.setenv("RAY_ADDRESS", address)
    with (
        pytest.raises(UserError, match=f"cannot join the Ray cluster at RAY_ADDRESS={address}"),
        ray_session(),
    ):
        pass


@pytest.mark.chaos
def test_what_listens_but_is_no_cluster_is_one_line(tmp_path, monkeypatch):
    names, save_to = write_pictures(tmp_path / "in", 2), tmp_path / "r.jsonl"
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{other.getsockname()[1]}")
        arguments = command(names, "--engine", "ray", "--save-to", save_to)
        done = subprocess.run(arguments, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: cannot join the Ray cluster at RAY_ADDRESS=127.0.0.1:")
    assert "Traceback" not in done.stderr


def test_a_machine_too_slow_for_ray_is_one_line(monkeypatch):
    """Ray says so by an exception of no kind."""

    def init(**_):
        raise Exception("The current node timed out during startup. This could happen because")

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(import_ray("the test"), "init", init)
    with (
        pytest.raises(UserError, match=r"^cannot start Ray here \(The current node timed out"),
        ray_session(),
    ):
        pass


IMPORTED_BEFORE = """
import ray
from cluster.running import descendants
from yolov10.cluster.session import ray_session
from yolov10.errors import UserError

try:
    with ray_session():
        print("it runs")
except UserError as fault:
    print(fault)
import os
print(ray.is_initialized(), [line for line in descendants(os.getpid()).values() if "raylet" in line])
"""


def test_a_fault_after_ray_has_begun_is_one_line_and_leaves_nothing_running():
    tests = str(Path(__file__).resolve().parents[1])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED_BEFORE], capture_output=True, text=True, env=environment
    )
    assert done.stdout == (
        "Ray was imported before, and would listen to other machines: leave that import out\nFalse []\n"
    ), done.stderr


POISON = """
import os, pathlib
from yolov10.cluster.model import PackedModel
from yolov10.cluster.run import detect
from yolov10.cluster.work import cut
from yolov10.errors import UserError
from yolov10.prediction.detector_settings import DetectorSettings
from yolov10.prediction.sources import Picture

settings = DetectorSettings(None, None, "64", 300, False, None, 10**8, False, "auto", None, "auto", 1, True)
poison = [Picture("poison.jpg", os.abort, pathlib.Path("poison.jpg"))]
try:
    list(detect(cut(poison, ""), PackedModel("cells", ()), settings, 1))
except UserError as fault:
    print(fault)
"""


@pytest.mark.slow
def test_what_kills_every_worker_is_named_in_the_end():
    done = subprocess.run([sys.executable, "-c", POISON], capture_output=True, text=True)
    assert done.stdout.startswith("4 workers died at the pictures from poison.jpg to poison.jpg: "), (
        done.stderr
    )
    assert done.stderr == ""
