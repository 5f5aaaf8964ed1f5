"""The web page: one self-contained HTML file, put together from the files beside this one."""

import base64
import hashlib
import json

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from yolov10.drawing import COLOURS
from yolov10.pages import joined, part
from yolov10.serve.architecture import POLICY, architecture_page
from yolov10.serve.refusals import Refusal
from yolov10.serve.service import Service

STYLES = ("base", "stage", "panel", "text", "screens")
"""The style sheets in `css/`, later over earlier."""

SCRIPTS = ("dom", "service", "boxes", "stage", "panel", "live", "sources", "texts", "tabs", "main")
"""The scripts in `js/`, in the order in which they are joined."""


def page_routes(service: Service) -> APIRouter:
    """The page, and the architecture page that it shows in a frame."""
    router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    html, policy = page()
    architecture: dict[str, str | None] = {}

    @router.api_route("/", methods=["GET", "HEAD"])
    async def index() -> Response:
        return HTMLResponse(html, headers={"Content-Security-Policy": policy})

    @router.get("/samples/{name}")
    async def sample(name: str) -> Response:
        if name not in service.samples:
            raise Refusal(404, "no such sample")
        return Response(service.samples[name], media_type="image/jpeg")

    @router.api_route("/architecture", methods=["GET", "HEAD"])
    async def of_model(model: str | None = None) -> Response:
        name = service.default if model is None else model
        if name in service.detectors and name not in architecture:
            architecture[name] = architecture_page(service.detectors[name].runtime.card)
        text = architecture.get(name)
        if text is None:
            raise Refusal(404, "no architecture page here")
        return HTMLResponse(text, headers={"Content-Security-Policy": POLICY})

    return router


def page() -> tuple[str, str]:
    """The page's HTML, and the policy under which nothing runs but the script in it."""
    style = joined(__package__, "css", STYLES)
    script = f"{_colours()}\n{joined(__package__, 'js', SCRIPTS)}"
    html = part(__package__, "template.html").replace("/*STYLE*/", style).replace("/*SCRIPT*/", script)
    policy = {
        "default-src": "'none'",
        "script-src": _hash(script),
        "style-src": _hash(style),
        "img-src": "'self' data:",
        "media-src": "blob:",
        "connect-src": "'self'",
        "frame-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return html, "; ".join(f"{name} {sources}" for name, sources in policy.items())


def _colours() -> str:
    """The colours of the classes, as `drawing` has them, for the script."""
    return (
        f"const COLOURS = {json.dumps([f'#{red:02x}{green:02x}{blue:02x}' for blue, green, red in COLOURS])};"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
