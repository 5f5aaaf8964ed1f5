"""Every limit holds, says what it is, and costs the others nothing."""

import asyncio
import contextlib
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import cv2
import httpx
import numpy as np
import pytest
from conftest import DATA
from fastapi import Request
from serve.servers import PATIENCE, Obedient, serving, wait_until

from yolov10 import Detector
from yolov10.errors import WrongValueError
from yolov10.serve import ServeConfig, bodies, server
from yolov10.serve.refusals import Refusal

BOMB = DATA / "odd_images" / "bomb_20000x20000.png"


def refused(answer):
    return answer.status_code, answer.json()["error"]


def test_settings_are_checked():
    with pytest.raises(WrongValueError, match="queue is 0"):
        ServeConfig(queue=0)


def test_bytes_declared_or_not(png):
    with serving(config=ServeConfig(max_bytes=len(png))) as client:
        assert client.post("/detect", content=png).status_code == 200
        over = png + b"x"
        for content in (over, (over[start : start + 999] for start in range(0, len(over), 999))):
            status, line = refused(client.post("/detect", content=content))
            assert (status, line) == (413, f"more than {len(png)} bytes: send fewer or smaller pictures")


def test_pictures_of_a_request(png):
    with serving(config=ServeConfig(max_pictures=2)) as client:
        files = [("i", ("a.png", png))] * 3
        assert client.post("/detect", files=files[:2]).status_code == 200
        assert refused(client.post("/detect", files=files)) == (413, "more than 2 pictures in one request")
        assert refused(client.post("/detect", json={"images": ["", "", ""]}))[0] == 413


def test_pixels_of_a_picture(png):
    with serving(config=ServeConfig(max_pixels=240 * 160)) as client:
        assert client.post("/detect", content=png).status_code == 200
        status, line = refused(client.post("/detect", content=BOMB.read_bytes()))
        assert (status, line) == (
            422,
            "-: 20000x20000 = 400 megapixels, over the limit of 0.0384; send it smaller",
        )


def test_image_size_of_the_model_itself_is_always_allowed(png):
    with serving({"m": Detector(Obedient(), image_size=192)}, ServeConfig(max_image_size=64)) as client:
        assert client.post("/detect", content=png).status_code == 200
        assert client.post("/detect?image_size=192", content=png).status_code == 200
        assert refused(client.post("/detect?image_size=64x224", content=png))[0] == 422


def test_compressed_bodies_are_not_read(client, png):
    assert refused(client.post("/detect", content=png, headers={"content-encoding": "gzip"}))[0] == 415


@pytest.fixture
def held(png):
    """A service of one picture a batch and four in all, whose model waits for the test."""
    runtime = Obedient()
    config = ServeConfig(batch=1, queue=4, timeout=PATIENCE)
    with serving({"held": Detector(runtime)}, config) as client, ThreadPoolExecutor(8) as pool:
        runtime.forget()
        runtime.open.clear()
        client.runtime = runtime
        client.ask = lambda **options: pool.submit(
            httpx.post, f"{client.url}/detect", content=png, timeout=PATIENCE, **options
        )
        client.waiting = lambda: float(
            client.get("/metrics").text.split("\nyolov10_waiting_pictures ")[1].split("\n")[0]
        )
        yield client
        runtime.open.set()


def test_a_full_queue_refuses_at_once_and_answers_all_it_took(held, png):
    accepted = [held.ask() for _ in range(4)]
    wait_until(lambda: held.waiting() == 4)
    refusals = [held.post("/detect", content=png) for _ in range(3)]
    assert [refusal.status_code for refusal in refusals] == [429] * 3
    assert refusals[0].headers["retry-after"] == "1"
    assert refusals[0].json()["error"] == "4 pictures are waiting already: try again"
    assert held.get("/ready").status_code == held.get("/model").status_code == 200
    held.runtime.open.set()
    assert [future.result().status_code for future in accepted] == [200] * 4
    assert held.post("/detect", content=png).status_code == 200


def test_several_pictures_take_as_many_places(held, png):
    two = [held.ask() for _ in range(2)]
    wait_until(lambda: held.waiting() == 2)
    assert refused(held.post("/detect", files=[("i", ("a.png", png))] * 3))[0] == 429
    assert refused(held.post("/detect", files=[("i", ("a.png", png))] * 5)) == (
        413,
        "more than 4 pictures in one request",
    )
    held.runtime.open.set()
    assert [future.result().status_code for future in two] == [200] * 2


def test_no_answer_in_time_is_said_and_frees_the_place(png):
    runtime = Obedient()
    with serving({"slow": Detector(runtime)}, ServeConfig(batch=1, queue=1, timeout=0.3)) as client:
        runtime.open.clear()
        status, line = refused(client.post("/detect", content=png))
        assert (status, line) == (503, "no answer within 0.3 seconds: try again")
        runtime.open.set()
        wait_until(lambda: client.post("/detect", content=png).status_code == 200)


def test_what_nobody_waits_for_any_more_is_not_looked_at(held, png):
    first = held.ask()
    assert held.runtime.entered.acquire(timeout=PATIENCE)
    head = b"POST /detect HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(png)
    for _ in range(3):
        with socket.create_connection(held.address) as gone:
            gone.sendall(head + png)
            wait_until(lambda: held.waiting() >= 2)
        wait_until(lambda: held.waiting() == 1)
    held.runtime.open.set()
    assert first.result().status_code == 200
    # Two workers: of those that left, only the one that a worker had taken already was run.
    wait_until(lambda: not held.app.state.service.batcher.running)
    assert len(held.runtime.batches) <= 2


def test_the_bodies_of_all_requests_together_are_bounded(monkeypatch, png):
    with serving(config=ServeConfig(max_bytes=100_000)) as client, contextlib.ExitStack() as stack:
        head = b"POST /detect HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
        for _ in range(8):
            slow = stack.enter_context(socket.create_connection(client.address))
            slow.sendall(head + bytes(99_000))
        wait_until(lambda: client.post("/detect", content=png).status_code == 429)
        assert refused(client.post("/detect", content=png))[1].startswith("too many large requests at once")


class VirtualClock(asyncio.SelectorEventLoop):
    """A loop in which waiting takes no time: its clock goes on as soon as nothing else can happen."""

    def __init__(self):
        super().__init__()
        self.now, select = 0.0, self._selector.select
        self._selector.select = lambda timeout=None: self._later(timeout) or select(0)

    def time(self):
        return self.now

    def _later(self, timeout):
        self.now += timeout or 0


def read_dripping(size, step, pause):
    """Read a body that comes in steps of so many bytes, one after each pause."""
    account = bodies.Memory(10**9)

    async def read():
        left = size

        async def receive():
            nonlocal left
            await asyncio.sleep(pause)
            left -= step
            return {"type": "http.request", "body": bytes(step), "more_body": left > 0}

        request = Request({"type": "http", "headers": []}, receive)
        with account.account() as held:
            return len(await bodies.read_body(request, 10**9, held))

    with contextlib.closing(VirtualClock()) as loop:
        return loop.run_until_complete(read()), loop.now


def test_a_body_that_comes_too_slowly_is_given_up_and_a_steady_one_is_not():
    length, seconds = read_dripping(20_000_000, 60_000, 1)  # faster than SLOWEST by a fifth
    assert (length, round(seconds)) == (20_040_000, 334)
    with pytest.raises(Refusal, match="the body came too slowly") as refusal:
        read_dripping(20_000_000, 40_000, 1)
    assert refusal.value.status == 408
    with pytest.raises(Refusal, match="the body came too slowly"):
        read_dripping(100, 100, bodies.PATIENCE + 1)


def test_a_body_that_stops_is_answered_and_the_others_are_served(monkeypatch, png):
    with serving() as client, socket.create_connection(client.address) as slow:
        monkeypatch.setattr(bodies, "PATIENCE", 0.1)
        slow.settimeout(PATIENCE)
        slow.sendall(b"POST /detect HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc")
        assert slow.recv(4096).startswith(b"HTTP/1.1 408 ")
        monkeypatch.setattr(bodies, "PATIENCE", PATIENCE)
        assert client.post("/detect", content=png).status_code == 200


def test_json_of_a_million_values_is_refused_before_it_is_parsed(client, monkeypatch):
    monkeypatch.setattr("yolov10.serve.uploads.json", SimpleNamespace(loads=pytest.fail))
    body = b'{"images": [' + b"[]," * 1_000_000 + b"0]}"
    status, line = refused(client.post("/detect", content=body, headers={"content-type": "application/json"}))
    assert (status, line) == (400, "JSON of more values than a request of pictures has")


def test_connections_that_send_no_request_leave_the_others_served(monkeypatch, png):
    monkeypatch.setattr(server, "WAIT_FOR_CLIENT", PATIENCE)
    with serving() as client, contextlib.ExitStack() as stack:
        slow_connections(stack, client.address)
        assert client.post("/detect", content=png).status_code == 200


def test_connections_that_send_no_request_are_closed(monkeypatch):
    monkeypatch.setattr(server, "WAIT_FOR_CLIENT", 0.1)
    with serving() as client, contextlib.ExitStack() as stack:
        for connection in slow_connections(stack, client.address):
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(1) == b""


def slow_connections(stack, address):
    """A hundred connections: half of them send nothing, half of them headers that do not end."""
    slow = [stack.enter_context(socket.create_connection(address)) for _ in range(100)]
    for number, connection in enumerate(slow):
        connection.settimeout(PATIENCE)
        if number % 2:
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                connection.sendall(b"POST /detect HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    return slow


def test_headers_dripping_on_a_used_connection_are_not_waited_for(monkeypatch):
    monkeypatch.setattr(server, "WAIT_FOR_CLIENT", PATIENCE)
    with serving() as client, socket.create_connection(client.address) as connection:
        connection.settimeout(PATIENCE)
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        heard = b""
        while b'{"status":"ok"}' not in heard:
            heard += connection.recv(4096)
        monkeypatch.setattr(server, "WAIT_FOR_CLIENT", 0.1)
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            while True:  # until the server hangs up
                connection.sendall(b"G")
                time.sleep(0.01)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(4096) == b""  # not refused for its length


def test_a_refused_upload_is_read_to_its_end_and_the_connection_serves_on(monkeypatch, png):
    """Else a client that sends first and reads then would see a broken connection, not why."""
    monkeypatch.setattr(server, "WAIT_FOR_CLIENT", PATIENCE)
    with serving(config=ServeConfig(max_bytes=len(png))) as client:
        assert client.post("/detect", content=png * 20).status_code == 413
        (protocol,) = client.server.server_state.connections
        wait_until(lambda: protocol.deadline is None)  # nothing more is owed
        (connection,) = client._transport._pool.connections
        assert client.post("/detect", content=png).status_code == 200
        assert client._transport._pool.connections == [connection]
        assert protocol in client.server.server_state.connections


def test_headers_without_end_are_refused(client):
    with socket.create_connection(client.address) as connection:
        connection.settimeout(PATIENCE)
        connection.sendall(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000)
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")


def large_answer(client, connection):
    """Ask for an annotated picture of several megabytes; gives its length, and takes in none of it."""
    noise = np.random.default_rng(0).integers(0, 256, (1500, 2000, 3), np.uint8)
    body = cv2.imencode(".jpg", noise)[1].tobytes()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    connection.connect(client.address)
    connection.settimeout(PATIENCE)
    head = f"POST /detect?format=png HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)
    begin = b""
    while b"\r\n\r\n" not in begin:
        begin += connection.recv(1)
    assert begin.startswith(b"HTTP/1.1 200")
    return int(re.search(rb"content-length: (\d+)", begin)[1])


@pytest.mark.parametrize("pipelined", [b"", b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_a_reader_that_never_reads_is_hung_up_on_whatever_else_it_sends(monkeypatch, pipelined):
    monkeypatch.setattr(server, "WAIT_FOR_CLIENT", 0.2)
    with serving() as client, socket.socket() as connection:
        length = large_answer(client, connection)
        connection.sendall(pipelined)
        time.sleep(2)
        assert len(received(connection, length)) < length


def test_a_reader_that_reads_steadily_gets_all_however_long_it_takes(monkeypatch):
    monkeypatch.setattr(server, "WAIT_FOR_CLIENT", 1)
    with serving() as client, socket.socket() as connection:
        length = large_answer(client, connection)
        begin = time.monotonic()
        assert len(received(connection, length, pause=0.03)) == length
        assert time.monotonic() - begin > 1


def received(connection, length, pause=0.0):
    """What comes of so many bytes until the connection is at an end."""
    whole = b""
    with contextlib.suppress(ConnectionResetError):
        while len(whole) < length and (part := connection.recv(65_536)):
            whole += part
            time.sleep(pause)
    return whole


def test_a_sender_that_falls_silent_is_given_up_however_much_came_before(monkeypatch):
    monkeypatch.setattr(bodies, "PATIENCE", 0.3)
    with serving() as client, socket.create_connection(client.address) as connection:
        connection.settimeout(PATIENCE)
        head = b"POST /detect HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n"
        begin = time.monotonic()
        connection.sendall(head + bytes(4_999_999))  # at 50 kB a second, worth 100 seconds
        assert connection.recv(4096).startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - begin < 60


def test_a_slow_sender_that_is_refused_hears_why(monkeypatch):
    monkeypatch.setattr(server, "WAIT_FOR_CLIENT", 0.5)
    with serving() as client, socket.create_connection(client.address) as connection:
        connection.settimeout(PATIENCE)
        connection.sendall(
            b"POST /detect?confidence=abc HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
        )
        for _ in range(20):
            connection.sendall(bytes(50_000))
            time.sleep(0.1)
        assert connection.recv(4096).startswith(b"HTTP/1.1 422 ")
