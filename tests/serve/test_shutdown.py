"""Told to stop, the service answers what it accepted, takes nothing more, and ends in peace."""

import re
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from conftest import DATA
from serve.servers import TOY, Obedient, command, serving, wait_until

from yolov10 import Detector
from yolov10.serve import ServeConfig

BIG = DATA / "bccd" / "images" / "val" / "BloodImage_00037.jpg"


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_with_zero_and_answers_what_it_had(told):
    with command("--model", "cells", "--max-image-size", 2048) as run, ThreadPoolExecutor(12) as pool:
        url = f"{run.url}/detect?image_size=2048"  # slow enough to be under way
        data = BIG.read_bytes()
        futures = [pool.submit(httpx.post, url, content=data, timeout=60) for _ in range(12)]
        wait_until(lambda: accepted(run.url) == 12)
        run.process.send_signal(told)
        assert [future.result().status_code for future in futures] == [200] * 12
        assert run.process.wait(60) == 0
        assert run.process.stdout.read() == run.process.stderr.read() == ""
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{run.url}/health")


def accepted(url):
    """Requests to /detect that were let in: those that are answered, and those that wait."""
    figures = httpx.get(f"{url}/metrics", timeout=60).text
    answered = r'^yolov10_requests_total\{path="/detect",status="200"\} (\S+)$'
    counts = [re.search(one, figures, re.M) for one in (answered, r"^yolov10_waiting_pictures (\S+)$")]
    return sum(float(count[1]) for count in counts if count)


def test_told_twice_it_does_not_wait():
    with command("--model", TOY) as run, socket.create_connection(address(run.url)) as slow:
        slow.sendall(b"POST /detect HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n")  # to be waited for
        run.process.send_signal(signal.SIGINT)
        wait_until(lambda: refuses(run.url))
        assert run.process.poll() is None
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(30) == -signal.SIGINT


def address(url):
    return "127.0.0.1", int(url.rsplit(":", 1)[1])


def refuses(url):
    try:
        httpx.get(f"{url}/health")
    except httpx.TransportError:
        return True
    return False


def test_it_is_ready_until_it_is_told(png):
    runtime = Obedient()
    of_others = set(threading.enumerate())
    with serving({"m": Detector(runtime)}, ServeConfig()) as client:
        assert client.get("/ready").json() == {"status": "ready"}
        client.app.state.service.ready = False
        answer = client.get("/ready")
        assert (answer.status_code, answer.json()) == (503, {"error": "about to start or to stop"})
    assert not client.app.state.service.ready
    wait_until(
        lambda: not any(thread.name.startswith("detect") for thread in set(threading.enumerate()) - of_others)
    )


def test_plain_uvicorn_runs_the_app_in_several_processes(tmp_path, png):
    (tmp_path / "mine.py").write_text(
        "from yolov10 import Detector\n"
        "from yolov10.serve import create_app\n"
        f"app = create_app({{'toy': Detector({str(TOY)!r})}})\n"
    )
    program = [
        *(sys.executable, "-m", "uvicorn", "mine:app", "--workers", "2", "--port", "0"),
        *("--app-dir", str(tmp_path)),
    ]
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as process:
        try:
            lines = []
            while not any("Application startup complete" in line for line in lines):
                lines.append(process.stderr.readline())
                assert lines[-1], "".join(lines)
            (started,) = (line for line in lines if "running on" in line)
            url = started.split("running on ")[1].split(" ")[0]
            answer = httpx.post(f"{url}/detect", content=png, timeout=60)
            assert len(answer.json()[0]["detections"]) == 3
        finally:
            process.terminate()
            process.communicate()
