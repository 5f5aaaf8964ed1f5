"""A camera on the network: an HTTP server in this process that sends JPEGs when the test says so."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np

BITS, BLOCK = 10, 16


def numbered(number):
    """A picture that shows a number as black and white blocks, which JPEG leaves legible."""
    bits = [(number >> bit) & 1 for bit in range(BITS)]
    blocks = np.kron(np.array([bits, bits], np.uint8), np.full((BLOCK, BLOCK), 255, np.uint8))
    return np.stack([blocks] * 3, axis=-1)


def read_number(picture):
    """The number that a picture shows."""
    middles = picture[BLOCK // 2, BLOCK // 2 :: BLOCK, 0]
    return sum((value > 127) << bit for bit, value in enumerate(middles))


class Camera:
    """Sends numbered pictures to whoever asks for its address.

    send: so many more. hang_up: end the connections; the numbers go on with the next. end: hang up when all
    are sent.
    """

    def __init__(self):
        self.sent = 0
        self.allowed = 0
        self.connections = 0
        self.hung_up = 0
        self.ends = False
        self.changed = threading.Condition()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}/camera"

    def send(self, count):
        with self.changed:
            self.allowed += count
            self.changed.notify_all()

    def hang_up(self):
        with self.changed:
            self.hung_up += 1
            self.changed.notify_all()

    def end(self):
        with self.changed:
            self.ends = True
            self.changed.notify_all()

    def leave(self):
        """Answer no more."""
        self.hang_up()
        self.server.shutdown()
        self.server.server_close()

    def _handler(self):
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                with contextlib.suppress(OSError):
                    self.send_response(200)
                    self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
                    self.end_headers()
                    camera._serve(self.wfile)

        return Handler

    def _serve(self, stream):
        with self.changed:
            self.connections += 1
            mine = self.hung_up
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.hung_up > mine or self.ends or self.sent < self.allowed)
                if self.hung_up > mine or self.sent == self.allowed:
                    return
                number, self.sent = self.sent, self.sent + 1
            jpeg = cv2.imencode(".jpg", numbered(number))[1].tobytes()
            head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            stream.write(head.encode() + jpeg + b"\r\n")
            stream.flush()
