"""What the service says of itself: its models, its state, its figures."""

import json
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

import yolov10
from yolov10.prediction.detector import Detector
from yolov10.serve.schema import refusals
from yolov10.serve.service import Service


def fact_routes(service: Service) -> APIRouter:
    """The endpoints that cost nothing, and answer however long the queue is."""
    router = APIRouter(default_response_class=JSONResponse, responses=refusals(401, 403))

    @router.get("/model", summary="The models, and the limits of a request")
    async def model() -> dict[str, Any]:
        return {
            "version": yolov10.__version__,
            "default": service.default,
            "models": {name: _describe(detector) for name, detector in service.detectors.items()},
            "samples": list(service.samples),
            "limits": {
                "bytes": service.config.max_bytes,
                "pictures": service.config.max_pictures,
                "pixels": service.config.max_pixels,
                "image_size": service.config.max_image_size,
                "seconds": service.config.timeout,
            },
        }

    @router.get("/health", summary="Whether the process answers")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/ready", summary="Whether it takes pictures", responses=refusals(503))
    async def ready() -> Response:
        if service.ready:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"error": "about to start or to stop"}, 503)

    @router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type=service.metrics.media_type)

    return router


def _describe(detector: Detector) -> dict[str, Any]:
    """A model's card, and how it is used here unless a request says otherwise."""
    card = detector.runtime.card
    return {
        "scale": card.scale,
        "names": list(card.names),
        "image_size": detector.image_size,
        "fixed": detector.runtime.fixed_shape is not None,
        "confidence": detector.confidence,
        "threshold": card.threshold,
        "license": card.license,
        "training": _parsed(card.training),
        "architecture": bool(card.scale),
    }


def _parsed(training: str) -> Any:  # noqa: ANN401 - whatever JSON a file holds
    """The training record; as text where it is no JSON that a browser reads (NaN is none)."""
    try:
        content = json.loads(training)
        json.dumps(content, allow_nan=False)
    except (ValueError, RecursionError):
        return training
    return content
