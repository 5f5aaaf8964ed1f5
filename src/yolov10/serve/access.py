"""Who may call: the key, and which web pages."""

import base64
import binascii
import hmac

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class Access:
    """Turns away who lacks the key (401, for every path alike), and pages of other sites (403).

    key: None for a service that is open to all who reach it. It is taken as `Authorization: Bearer KEY`, and
    as the password of Basic, for which browsers have a dialogue of their own.
    origins: of other sites' pages that may call all the same (CORS).
    """

    def __init__(self, app: ASGIApp, key: str | None, origins: list[str]) -> None:
        self.app = app
        self.key = key
        self.origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        if scope["type"] == "http" and not self._has_key(headers):
            challenge = {"WWW-Authenticate": 'Basic realm="yolov10", charset="UTF-8"'}
            answer = JSONResponse({"error": "this service wants its key"}, 401, challenge)
            await answer(scope, receive, send)
        elif self._is_other_site(headers):
            await JSONResponse({"error": "not for pages of other sites"}, 403)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _has_key(self, headers: Headers) -> bool:
        if self.key is None:
            return True
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        given = credentials.strip().encode("latin-1")
        if scheme.lower() == "basic":
            given = _password(given)
        elif scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(given, self.key.encode())

    def _is_other_site(self, headers: Headers) -> bool:
        """Whether a browser says so; what is no browser does not speak of sites."""
        return (
            headers.get("sec-fetch-site") == "cross-site"
            and headers.get("sec-fetch-mode") != "navigate"  # a link followed to the page
            and headers.get("origin") not in self.origins
            and "*" not in self.origins
        )


def _password(credentials: bytes) -> bytes:
    """The password of `user:password` in base64 (RFC 7617); empty where it cannot be read."""
    try:
        return base64.b64decode(credentials, validate=True).partition(b":")[2]
    except binascii.Error:
        return b""
