"""Real servers for tests: in a thread, or as the command in a process of its own; and models that obey."""

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace

import httpx
import numpy as np
from conftest import DATA, hear_ctrl_c

from yolov10 import Detector
from yolov10.model_card import ModelCard
from yolov10.serve import ServeConfig, create_app
from yolov10.serve.server import listen, make_server

TOY = DATA / "models" / "toy.onnx"
PATIENCE = 120
"""Seconds after which something hangs; machines are shared, and may rest."""
PICTURE = DATA / "odd_images" / "00_reference.png"


@contextmanager
def serving(detectors=None, config=None, samples=None, app=None):
    """A server in a thread; gives an HTTP client of it, with `app`, `url`, `address` and `server`."""
    app = app or create_app(detectors or {"toy": Detector(TOY)}, config or ServeConfig(), samples)
    with listen("127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = make_server(app, patience=PATIENCE)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            with httpx.Client(base_url=url, timeout=PATIENCE) as client:
                client.app, client.url, client.address = app, url, listener.getsockname()
                client.server = server
                yield client
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
    assert not thread.is_alive(), "the server did not stop"


@contextmanager
def command(*arguments):
    """`yolov10 serve …` in a process; gives it with `url` and what it said."""
    program = [sys.executable, "-m", "yolov10", "serve", "--port", "0", *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(program, **pipes, text=True, preexec_fn=hear_ctrl_c)
    try:
        line = process.stderr.readline()
        assert " at http" in line, line + process.stderr.read()
        yield SimpleNamespace(process=process, line=line, url=line.split(" at ")[1].split(" ")[0].rstrip("/"))
    finally:
        process.kill()
        process.communicate()


def resident(pid):
    """Bytes of memory that a process holds now."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def wait_until(condition):
    """Poll until something is true; fails when it never is."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


class Obedient:
    """A runtime that finds one box, and runs only when the test lets it; `batches` says what it was given."""

    fixed_shape = None
    gains_together = True

    def __init__(self, names=("thing", "other"), fault=None):
        self.card = ModelCard(scale="n", names=names, image_size=64)
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Semaphore(0)
        self.batches = []
        self.fault = fault

    def forget(self):
        """As if it had never run: starting a service runs every model once."""
        self.entered = threading.Semaphore(0)
        self.batches.clear()

    def __call__(self, images, classes=None):
        self.batches.append((images.shape, classes))
        self.entered.release()
        assert self.open.wait(PATIENCE)
        if self.fault:
            raise self.fault
        rows = np.zeros((len(images), 1, 6), np.float32)
        rows[:, 0] = [8, 8, 24, 24, 0.9, 0]
        return rows
