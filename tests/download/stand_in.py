"""A hub of two files on this machine, which can be told to misbehave."""

import hashlib
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from conftest import golden_state
from safetensors.numpy import save

NAMES = [f"thing {index}" for index in range(80)]
WEIGHTS, CONFIG = (
    "/jameslahm/yolov10n/resolve/main/model.safetensors",
    "/jameslahm/yolov10n/resolve/main/config.json",
)


@cache
def published():
    """The files of the repository, by path: of the right form, with weights made by a formula."""
    weights = save({f"model.{name}": value for name, value in golden_state("n").items()})
    config = {"model": "yolov10n.yaml", "task": "detect", "names": dict(enumerate(NAMES))}
    return {WEIGHTS: weights, CONFIG: json.dumps(config).encode()}


def _set():
    event = threading.Event()
    event.set()
    return event


@dataclass
class StandIn:
    """What the server does; `requests` is what it was asked: method, path, Range."""

    files: dict[str, bytes] = field(default_factory=lambda: dict(published()))
    tags: dict[str, str] = field(default_factory=dict)
    """Digests announced instead of the true ones; "" for none."""
    store: str = ""
    """Address of another server that files are fetched from."""
    ranges: bool = True
    cut_after: int | None = None
    """Bytes of a body after which the connection is closed."""
    says_length: bool = True
    answers: threading.Event = field(default_factory=_set)
    """It says nothing until this is set."""
    goes_on: threading.Event = field(default_factory=_set)
    """Of a body, it sends half and no more until this is set."""
    piece: int = 1 << 20
    pause: float = 0
    """Seconds between pieces of a body."""
    status: int = 0
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    url: str = ""

    def tag(self, path):
        body = self.files[path]
        if path.endswith(".safetensors"):
            return hashlib.sha256(body).hexdigest()
        return hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()


@contextmanager
def served(stand_in, host="127.0.0.1"):
    """Serve until the end of the block; gives the stand-in with its address."""

    class Handler(_Handler):
        world = stand_in

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        stand_in.url = f"http://{host}:{server.server_port}"
        try:
            yield stand_in
        finally:
            stand_in.answers.set()
            stand_in.goes_on.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    world: StandIn

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self._answer(with_body=False)

    def do_GET(self):
        self._answer(with_body=True)

    def _answer(self, *, with_body):
        world = self.world
        asked = self.headers.get("Range", "")
        world.requests.append((self.command, self.path, asked))
        world.answers.wait()
        self.close_connection = True
        if world.status or self.path not in world.files:
            self._head(world.status or 404, {"Content-Length": "0"})
            return
        tag = world.tags.get(self.path, world.tag(self.path))
        if world.store and self.path.endswith(".safetensors"):
            self._head(
                302, {"Location": world.store + self.path, "X-Linked-Etag": f'"{tag}"', "Content-Length": "0"}
            )
            return
        body = world.files[self.path]
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and world.ranges else 0
        headers = {"ETag": f'"{tag}"'} if tag else {}
        if start >= len(body):
            self._head(416, headers | {"Content-Length": "0"})
            return
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        if world.says_length:
            headers["Content-Length"] = str(len(body) - start)
        self._head(206 if start else 200, headers)
        if with_body:
            self._body(body[start:][: world.cut_after])

    def _head(self, status, headers):
        self.send_response(status)
        for name, value in (headers | {"Connection": "close"}).items():
            self.send_header(name, value)
        self.end_headers()

    def _body(self, body):
        try:
            for start in range(0, len(body), self.world.piece):
                self.wfile.write(body[start : start + self.world.piece])
                time.sleep(self.world.pause)
                if start >= len(body) // 2:
                    self.world.goes_on.wait()
        except OSError:  # the other side had enough
            self.close_connection = True
