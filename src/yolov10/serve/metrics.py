"""What the service counts, in Prometheus's form; a registry of its own, not the process-wide one."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
PATHS = frozenset(
    ("/", "/detect", "/model", "/health", "/ready", "/metrics", "/architecture", "/openapi.json")
)
"""Counted each by itself; all others together, so that a caller cannot make new series."""


class Metrics:
    """The instruments. `waiting` is asked for whenever they are read."""

    media_type = CONTENT_TYPE_LATEST

    def __init__(self, waiting: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "yolov10_requests", "Requests by path and status", ["path", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "yolov10_request_seconds",
            "From a request's headers to the last byte of its answer",
            ["path"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.pictures = Counter(
            "yolov10_pictures", "Pictures looked at", ["model", "outcome"], registry=self.registry
        )
        self.batch = Histogram(
            "yolov10_batch_pictures",
            "Pictures run together",
            buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=self.registry,
        )
        self.inference = Histogram(
            "yolov10_inference_seconds", "Running one batch", buckets=SECONDS, registry=self.registry
        )
        queue = Gauge("yolov10_waiting_pictures", "Accepted, not yet answered", registry=self.registry)
        queue.set_function(waiting)

    def observe_batch(self, pictures: int, seconds: float) -> None:
        """One batch was run."""
        self.batch.observe(pictures)
        self.inference.observe(seconds)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)


class Measured:
    """Counts and times every HTTP request, refused ones too."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"] if scope["path"] in PATHS else "other"
        start, answered = time.perf_counter(), False

        async def counted(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                self.metrics.requests.labels(path, message["status"]).inc()
            await send(message)

        try:
            await self.app(scope, receive, counted)
        except Exception:
            if not answered:  # the 500 is made further out
                self.metrics.requests.labels(path, 500).inc()
            raise
        finally:
            self.metrics.seconds.labels(path).observe(time.perf_counter() - start)
