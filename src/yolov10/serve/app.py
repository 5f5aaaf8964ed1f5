"""The service as an ASGI application: `uvicorn`, Ray Serve or a test runs it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

import yolov10
from yolov10.prediction.detector import Detector
from yolov10.serve.access import Access
from yolov10.serve.config import ServeConfig
from yolov10.serve.detect import detect_routes
from yolov10.serve.facts import fact_routes
from yolov10.serve.headers import SafeHeaders
from yolov10.serve.metrics import Measured
from yolov10.serve.page import page_routes
from yolov10.serve.refusals import HANDLERS
from yolov10.serve.service import Service


def create_app(
    detectors: Mapping[str, Detector],
    config: ServeConfig | None = None,
    samples: Mapping[str, bytes] | None = None,
) -> FastAPI:
    """The application that serves detectors by name; a request that names none gets the first.

    A detector's confidence, classes and image size are what a request gets that does not say otherwise.
    samples: JPEG files by name, which the page offers to try. Raises WrongValueError without a detector.
    """
    config = config or ServeConfig()
    service = Service(detectors, config, samples or {})

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(service.start)
        yield
        service.stop()

    app = FastAPI(
        title="open-yolov10",
        version=yolov10.__version__,
        description="Finds objects in pictures, without non-maximum suppression.",
        docs_url=None,  # they would load scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
        exception_handlers=HANDLERS,
        middleware=_layers(service, config),
    )
    app.state.service = service
    for routes in (detect_routes, fact_routes, page_routes):
        app.include_router(routes(service))
    return app


def _layers(service: Service, config: ServeConfig) -> list[Middleware]:
    """What every request passes, from the outside in."""
    layers = [Middleware(Measured, service.metrics), Middleware(SafeHeaders)]
    if config.origins:
        cors = Middleware(
            CORSMiddleware,
            allow_origins=config.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After"],
        )
        layers.append(cors)
    return [*layers, Middleware(Access, config.api_key, config.origins)]
