"""`POST /detect`: from a request to the contract's JSON, or to the picture with its boxes drawn."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from yolov10 import images
from yolov10.errors import UserError
from yolov10.image_header import read_header
from yolov10.prediction.detector import Detector
from yolov10.serve.bodies import read_body
from yolov10.serve.refusals import Refusal
from yolov10.serve.schema import BODY, Form, Options, PictureResult, refusals
from yolov10.serve.service import Service
from yolov10.serve.uploads import Upload, uploads

Entry = dict[str, Any]


def detect_routes(service: Service) -> APIRouter:
    """The one endpoint that costs something."""
    router = APIRouter()
    pictures = {
        f"image/{form}": {"schema": {"type": "string", "format": "binary"}} for form in ("jpeg", "png")
    }

    @router.post(
        "/detect",
        summary="Find objects in pictures",
        response_class=Response,
        responses={
            200: {"model": list[PictureResult], "content": pictures, "description": "one entry a picture"},
            **refusals(400, 401, 403, 408, 413, 415, 422, 429, 503),
        },
        openapi_extra=BODY,
    )
    async def detect(request: Request, options: Options) -> Response:
        """A picture as the whole body, or several as form files or as base64 in JSON: `{"images": [...]}`."""
        model, detector = service.detector(options)
        service.queue.check()
        try:
            with service.memory.account() as account:
                body = await read_body(request, service.config.max_bytes, account)
                found = await asyncio.to_thread(
                    uploads, body, request.headers.get("content-type", ""), service.config.max_pictures
                )
                del body
                results = await _look_at_all(service, detector, found, options.format, request)
        except ClientDisconnect:
            return Response(status_code=499)  # for the figures: nobody reads it
        except asyncio.CancelledError:  # by the server, which ends, of a request that is still on its way
            raise Refusal(503, "this service is about to end") from None
        failed = [result for result in results if isinstance(result, dict) and "error" in result]
        service.metrics.pictures.labels(model, "read").inc(len(results) - len(failed))
        service.metrics.pictures.labels(model, "unreadable").inc(len(failed))
        return _answer(results, failed, options.format)

    return router


async def _look_at_all(
    service: Service, detector: Detector, found: Sequence[Upload], form: Form, request: Request
) -> list[Entry | bytes]:
    """The result of every picture, in order.

    Raises Refusal without a place or in time, ClientDisconnect when nobody waits any more; what then has not
    begun is left undone.
    """
    if form != "json" and len(found) > 1:
        raise Refusal(422, f"format={form} takes one picture a request, not {len(found)}")
    with service.queue.accepted(len(found)):
        work = asyncio.create_task(_in_workers(service, detector, found, form))
        gone = asyncio.create_task(_disconnected(request))
        await asyncio.wait((work, gone), timeout=service.config.timeout, return_when=asyncio.FIRST_COMPLETED)
        left = gone.done()
        gone.cancel()
        if work.done():
            return work.result()
        work.cancel()
        if left:
            raise ClientDisconnect
        raise Refusal(503, f"no answer within {service.config.timeout:g} seconds: try again")


async def _in_workers(
    service: Service, detector: Detector, found: Sequence[Upload], form: Form
) -> list[Entry | bytes]:
    run = asyncio.get_running_loop().run_in_executor
    return await asyncio.gather(*(run(service.workers, _look_at, detector, upload, form) for upload in found))


async def _disconnected(request: Request) -> None:
    """Ends when the client goes away; the body was read, so nothing else is to come."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _look_at(detector: Detector, upload: Upload, form: Form) -> Entry | bytes:
    """One picture's entry, an entry with its `error`, or the file of its annotated copy."""
    try:
        _check_size(upload, detector.max_pixels, form)
        picture = images.decode(upload.data, name=upload.name, max_pixels=detector.max_pixels)
    except UserError as fault:
        return {"source": upload.name, "error": str(fault)}
    found = replace(detector(picture), source=upload.name)
    return found.to_dict() if form == "json" else images.encode(found.draw(picture), f".{form}")


def _check_size(upload: Upload, max_pixels: int, form: Form) -> None:
    """Raise UserError for a picture that is larger than this service or the answer's format takes."""
    try:
        header = read_header(upload.data)
    except UserError:
        return  # decoding says it, by name
    images.check_pixels(upload.name, header.width, header.height, max_pixels, "send it smaller")
    if form != "json" and max(header.width, header.height) > (most := images.LONGEST[f".{form}"]):
        larger = "png" if form == "jpeg" else "json"
        raise UserError(
            f"{upload.name}: over {most} pixels a side, no {form} holds it: ask for format={larger}"
        )


def _answer(results: Sequence[Entry | bytes], failed: Sequence[Entry], form: Form) -> Response:
    if len(failed) == len(results):
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise Refusal(422, f"{failed[0]['error']}{more}")
    if form != "json":
        assert isinstance(results[0], bytes)
        return Response(results[0], media_type=f"image/{form}")
    return Response(json.dumps(results, ensure_ascii=False).encode(), media_type="application/json")
