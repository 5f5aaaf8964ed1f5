"""What nobody well-meaning sends: no 500, no hang, memory within limits, and others served meanwhile."""

import random
import socket
import subprocess
import sys
import threading
import time
import zlib

import httpx
import pytest
from conftest import DATA
from serve.servers import PATIENCE, TOY, command, resident, serving

from yolov10.serve import ServeConfig

MALFORMED = 100
GIGABYTE = 2**30


def chunk(kind, data):
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def form(name, content, boundary=b"xyz"):
    disposition = b'Content-Disposition: form-data; name="i"; filename="%s"' % name
    return b"--%s\r\n%s\r\n\r\n%s\r\n--%s--\r\n" % (boundary, disposition, content, boundary)


def bodies(png):
    """Bodies and their types: forms and JSON that are broken each in its own way, then at random."""
    whole = form(b"a.png", png)
    forms = [
        *(
            b"",
            b"--xyz",
            b"--xyz--",
            b"--xyz\r\n\r\n",
            b"--xyz\r\n\r\n\r\n--xyz--",
            b"\r\n" * 1000,
            whole[:-20],
        ),
        *(whole[:30], whole.replace(b"\r\n", b"\n"), whole.replace(b"--xyz", b"--other"), b"x" + whole),
        form(b"", b""),
        form(b'a";\x00name="b', png),
        form(b"\xff\xfe\x00", b"\x00" * 99),
        form(b"n" * 5000, png),
        form(b"a\"; filename*=undefined''%ff; b=\"", png),
        form(b"a\"; filename*=idna''%ff; b=\"", png),
        b"--xyz\r\n" + b"X: y\r\n" * 5000 + b"\r\n" + png + b"\r\n--xyz--",
        b"--xyz\r\nContent-Disposition\r\n\r\n" + png + b"\r\n--xyz--",
        b"--xyz\r\nContent-Disposition: form-data; name=\r\n\r\n" + png + b"\r\n--xyz--",
        b"".join(b"--xyz\r\nContent-Disposition: form-data; name=i\r\n\r\n\r\n" for _ in range(1000))
        + b"--xyz--",
    ]
    texts = [
        *(b"", b"{", b"[]", b"null", b"1e999", b"NaN", b'"images"', b"\xff", b"\x00", b"{" * 99, b"9" * 9999),
        *(b'{"images": 1}', b'{"images": [1]}', b'{"images": [null]}', b'{"images": [{}]}', b"[" * 900),
        *(
            b'{"images": ["%%%"]}',
            b'{"images": ["data:,"]}',
            b'{"images": ["AA=A"]}',
            b'{"images": ["\\ud800"]}',
        ),
        *(
            b'{"images": [{"data": 1}]}',
            b'{"images": [{"data": "", "name": 1}]}',
            b'{"images": {"data": ""}}',
        ),
        *(b'{"images": ["AAAA"], "confidence": 1}', b'{"images": [{"data": "AAAA", "name": "\\ud800"}]}'),
        *('{"images": ["ü"]}'.encode(), '{"images": []}'.encode("utf-16")),
    ]
    yield from ((body, "multipart/form-data; boundary=xyz") for body in forms)
    yield from (
        (whole, kind)
        for kind in (
            "multipart/form-data",
            "multipart/form-data; boundary=",
            'multipart/form-data; boundary="' + "b" * 500,
            "multipart/form-data; boundary*=undefined''%ff",
            "multipart/form-data; boundary=" + '"' * 9000,
        )
    )
    yield from ((body, "application/json") for body in texts)
    rng = random.Random(0)
    while True:
        body = bytearray(rng.choice([whole, png, b'{"images": ["' + b"iVBORw0KGgo" * 50 + b'"]}']))
        for _ in range(rng.randint(1, 30)):
            body[rng.randrange(len(body))] = rng.randrange(256)
        yield bytes(body), rng.choice(["multipart/form-data; boundary=xyz", "application/json", "image/png"])


def test_a_hundred_malformed_bodies(client, png):
    source = bodies(png)
    statuses = []
    for _ in range(MALFORMED):
        body, kind = next(source)
        answer = client.post("/detect", content=body, headers={"content-type": kind})
        statuses.append(answer.status_code)
        if answer.status_code != 200:  # a random change may do no harm
            assert set(answer.json()) == {"error"}
            assert "\n" not in answer.json()["error"]
    assert set(statuses) <= {200, 400, 413, 422}
    assert statuses.count(400) > 40
    assert client.post("/detect", content=png).status_code == 200


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /detect HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /detect HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /detect HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"POST /detect HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"\r\n" * 5000,
    ],
)
def test_what_is_no_request_gets_no_500(client, request_):
    with socket.create_connection(client.address) as connection:
        connection.settimeout(PATIENCE)
        connection.sendall(request_)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65536)
    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 2")) or answer == b""


@pytest.mark.parametrize(
    "path",
    [
        "/..%2f..%2fetc/passwd",
        "/%2e%2e/etc/passwd",
        "/detect/../model",
        "//etc/passwd",
        "/js/main.js",
        "/page/style.css",
        "/%00",
    ],
)
def test_no_path_reaches_the_file_system(client, path):
    with socket.create_connection(client.address) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 404 ")


def test_pictures_that_would_unpack_to_gigabytes(client, png):
    bombs = {
        "pixels": (DATA / "odd_images" / "bomb_20000x20000.png").read_bytes(),
        # Small by its header; its data goes on for a gigabyte.
        "data": b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", (64).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0")
        + chunk(b"IDAT", zlib.compress(bytes(64 * 193)) + zlib.compress(bytes(2**24)) * 64)
        + chunk(b"IEND", b""),
        "text": png[:33] + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2**26))) + png[33:],
        "profile": png[:33] + chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(2**26))) + png[33:],
        "zip": b"PK\x03\x04" + zlib.compress(bytes(2**20)),
    }  # fmt: skip
    for bomb in bombs.values():
        assert client.post("/detect", content=bomb).status_code in (200, 422)


@pytest.mark.parametrize("size", [GIGABYTE // 16, pytest.param(GIGABYTE, marks=pytest.mark.slow)])
def test_an_upload_of_a_gigabyte_is_refused_at_little_cost_and_others_are_served(png, size):
    with (
        command("--model", TOY, "--max-bytes", 1_000_000) as run,
        httpx.Client(base_url=run.url, timeout=PATIENCE) as ask,
    ):
        assert ask.post("/detect", content=png).status_code == 200
        before = resident(run.process.pid)
        address = ("127.0.0.1", int(run.url.rsplit(":", 1)[1]))
        served, done = [], threading.Event()

        def others():
            while not done.is_set():
                served.append(ask.post("/detect", content=png).status_code)

        thread = threading.Thread(target=others)
        thread.start()
        part = bytes(2**20)
        try:
            for head, tail in (
                (b"Content-Length: %d\r\n\r\n" % size, b""),
                (b"Transfer-Encoding: chunked\r\n\r\n", b"\r\n"),
            ):
                prefix = b"" if not tail else b"%x\r\n" % len(part)
                with socket.create_connection(address) as connection:
                    connection.settimeout(PATIENCE)
                    connection.sendall(b"POST /detect HTTP/1.1\r\nHost: x\r\n" + head)
                    status = send_until_answered(connection, prefix + part + tail, size // len(part))
                assert status.startswith(b"HTTP/1.1 413 ")
            assert resident(run.process.pid) - before < 50_000_000
        finally:
            done.set()
            thread.join(PATIENCE)
        assert set(served) == {200}
        assert not thread.is_alive()


def send_until_answered(connection, part, times):
    """Send a part again and again, all of it if need be; the answer's first line."""
    connection.setblocking(False)
    view, sent = memoryview(part), 0
    for _ in range(times):
        while sent < len(view):
            try:
                sent += connection.send(view[sent:])
            except BlockingIOError:
                time.sleep(0.001)
            except (ConnectionResetError, BrokenPipeError):
                break
        sent = 0
    connection.setblocking(True)
    return connection.recv(4096).partition(b"\r\n")[0]


def test_two_hundred_slow_lorises_and_the_others_are_served(png):
    with serving() as client:
        slow = [socket.create_connection(client.address) for _ in range(200)]
        head = b"POST /detect HTTP/1.1\r\nHost: x\r\nContent-Length: 60000000\r\n\r\n"
        for connection in slow:
            connection.sendall(head + b"\x89PNG")
        assert all(client.post("/detect", content=png).status_code == 200 for _ in range(5))
        for connection in slow:
            connection.close()


@pytest.mark.parametrize("examples", [2, pytest.param(100, marks=pytest.mark.slow)])
def test_requests_made_from_its_own_description(client, tmp_path, examples):
    """schemathesis: every endpoint, with data that fits the description and data that does not."""
    pytest.importorskip("schemathesis")
    program = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{client.url}/openapi.json", "--no-color"),
        *("--max-examples", str(examples), "--seed", "0", "--request-timeout", "60"),
        *("--phases", "examples,fuzzing" if examples < 10 else "examples,coverage,fuzzing"),
        *("--checks", "not_a_server_error,status_code_conformance,content_type_conformance"),
        *("--checks", "response_schema_conformance,negative_data_rejection"),
        *("--generation-database", "none"),
    ]
    # It keeps notes where it is run.
    result = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, timeout=1200)
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]


def test_the_limits_still_hold_when_everything_comes_at_once(png):
    """A crowd of all kinds; whoever behaves is served or told to wait."""
    config = ServeConfig(queue=8, max_bytes=200_000, batch=2)
    source = bodies(png)
    bad = [next(source) for _ in range(60)]
    statuses = []
    with serving(config=config) as client:

        def send(body, kind):
            answer = httpx.post(
                f"{client.url}/detect", content=body, headers={"content-type": kind}, timeout=PATIENCE
            )
            statuses.append((kind == "image/png" and body == png, answer.status_code))

        threads = [threading.Thread(target=send, args=one) for one in bad + [(png, "image/png")] * 40]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert len(statuses) == 100
        assert {status for good, status in statuses if good} <= {200, 429}
        assert {status for good, status in statuses if not good} <= {200, 400, 413, 422, 429}
        assert client.post("/detect", content=png).status_code == 200
