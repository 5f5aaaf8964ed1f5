"""Told to stop, the service answers what it accepted, takes nothing more, and ends in peace."""

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from serve.servers import PATIENCE, TOY, Obedient, command, serving, wait_until

from yolov10 import Detector
from yolov10.serve import ServeConfig


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_with_zero_and_answers_what_it_had(told, png):
    with command("--model", TOY) as run, contextlib.ExitStack() as stack:
        under_way = [stack.enter_context(begun(run.url, len(png))) for _ in range(12)]
        run.process.send_signal(told)
        wait_until(lambda: refuses(run.url))
        for connection in under_way:
            connection.sendall(png)
        for connection in under_way:
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            assert (answer.status, len(json.loads(answer.read())[0]["detections"])) == (200, 3)
        assert run.process.wait(PATIENCE) == 0
        assert run.process.stdout.read() == run.process.stderr.read() == ""
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{run.url}/health")


@contextlib.contextmanager
def begun(url, length):
    """A connection on which the service waits for a body: it said so."""
    with socket.create_connection(address(url)) as connection:
        connection.settimeout(PATIENCE)
        head = (
            b"POST /detect HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n" % length
        )
        connection.sendall(head)
        heard = b""
        while not heard.endswith(b"\r\n\r\n"):
            heard += connection.recv(1)
        assert heard.startswith(b"HTTP/1.1 100 ")
        yield connection


def test_pictures_that_wait_for_the_model_are_answered_before_it_ends(png):
    runtime = Obedient()
    with (
        serving({"m": Detector(runtime)}, ServeConfig(timeout=PATIENCE)) as client,
        ThreadPoolExecutor(6) as pool,
    ):
        runtime.open.clear()
        futures = [
            pool.submit(httpx.post, f"{client.url}/detect", content=png, timeout=PATIENCE) for _ in range(6)
        ]
        wait_until(lambda: client.app.state.service.queue.count == 6)
        client.server.should_exit = True
        wait_until(lambda: refuses(client.url))
        assert not any(future.done() for future in futures)
        runtime.open.set()
        assert [future.result().status_code for future in futures] == [200] * 6


def test_told_twice_it_does_not_wait():
    with command("--model", TOY) as run, begun(run.url, 99):
        run.process.send_signal(signal.SIGINT)
        wait_until(lambda: refuses(run.url))
        assert run.process.poll() is None
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(PATIENCE) == -signal.SIGINT


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


def test_an_app_that_stopped_is_started_again(png):
    with serving() as client:
        first = client.post("/detect", content=png)
    with serving(app=client.app) as client:
        again = client.post("/detect", content=png)
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(again.json()[0]["detections"]) == 3


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
            answer = httpx.post(f"{url}/detect", content=png, timeout=PATIENCE)
            assert len(answer.json()[0]["detections"]) == 3
        finally:
            process.terminate()
            process.communicate()
