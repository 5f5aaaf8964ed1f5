"""Every answer that is no result: a status and one line that says what to do, as `{"error": ...}`."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from yolov10.errors import UserError, did_you_mean
from yolov10.printable import printable
from yolov10.serve.headers import HEADERS
from yolov10.serve.schema import DetectOptions

RETRY_AFTER = 1
"""Seconds: a place in the queue is free again as soon as one picture is done."""


class Refusal(Exception):  # noqa: N818 - an answer, not a fault of ours
    """A request that is not carried out: HTTP status, and the line for the caller."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def busy(message: str) -> Refusal:
    """429: to be tried again."""
    return Refusal(429, message)


def _refused(_: Request, fault: Exception) -> Response:
    assert isinstance(fault, Refusal)
    return _answer(fault.status, str(fault))


def _wrong_options(_: Request, fault: Exception) -> Response:
    """The first of FastAPI's complaints, in our words where a name is unknown."""
    assert isinstance(fault, RequestValidationError)
    first: Mapping[str, Any] = fault.errors()[0]
    name = str(first["loc"][-1])
    if first["type"] == "extra_forbidden":
        return _answer(422, f"no option {name!r}{did_you_mean(name, DetectOptions.model_fields)}")
    return _answer(422, f"{name}: {first['msg']}")


def _of_routing(_: Request, fault: Exception) -> Response:
    """404 and 405, of the router."""
    assert isinstance(fault, HTTPException)
    return _answer(fault.status_code, fault.detail, fault.headers or {})


def _of_model(_: Request, fault: Exception) -> Response:
    """A model that cannot run, or not now (no memory): the line is that of `predict`."""
    return _answer(503, str(fault))


def _our_fault(_: Request, fault: Exception) -> Response:
    """What should not happen: the server's log has the traceback, the caller only this line."""
    return _answer(500, "a fault of this service, which its log describes", HEADERS)


def _answer(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    again = {"Retry-After": str(RETRY_AFTER)} if status in (429, 503) else {}
    return JSONResponse({"error": printable(message)}, status, {**(headers or {}), **again})


HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Any]] = {
    Refusal: _refused,
    RequestValidationError: _wrong_options,
    HTTPException: _of_routing,
    UserError: _of_model,
    Exception: _our_fault,
}
"""For FastAPI: what becomes of every exception."""
