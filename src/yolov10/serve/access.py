"""Who may call: the key, and which web pages."""

import base64
import binascii
import hmac
import ipaddress
from urllib.parse import SplitResult, urlsplit

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
        elif scope["type"] == "http" and self._is_other_site(scope, headers):
            message = "not for pages of other sites, but for those that --cors names"
            await JSONResponse({"error": message}, 403)(scope, receive, send)
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

    def _is_other_site(self, scope: Scope, headers: Headers) -> bool:
        """Whether a browser says that a page from elsewhere calls; what is no browser speaks of no pages.

        Over https and on the machine itself it says so outright (Sec-Fetch-Site), elsewhere by the page's
        Origin, which comes with every POST.
        """
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if "*" in self.origins or (origin is not None and origin in self.origins):
            return False
        if site is not None:
            followed = headers.get("sec-fetch-mode") == "navigate" and scope["method"] in ("GET", "HEAD")
            return site not in ("same-origin", "none") and not followed  # a link to the page may be
        if origin is None:
            return False
        page, here = _split(origin), _split(f"{origin.partition(':')[0]}://{headers.get('host', '')}")
        is_here = page.hostname is not None and _place(page) == _place(here)
        return not is_here or (self.key is None and _is_rebound(page, scope))


def _split(address: str) -> SplitResult:
    """An address in its parts; of what is none ("null", of a page without origin), nothing."""
    try:
        parts = urlsplit(address)
        _ = parts.port, parts.hostname
    except ValueError:
        return urlsplit("")
    return parts


def _place(parts: SplitResult) -> tuple[str | None, int | None]:
    """Host and port: where they are this service's, so is the page."""
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.hostname, parts.port or usual


def _is_rebound(page: SplitResult, scope: Scope) -> bool:
    """Whether a page came by a name to the address that this machine has for itself alone.

    Whoever owns a name can let it point to 127.0.0.1 (DNS rebinding): a browser then takes this service for a
    part of his site. Numbers and `localhost` are nobody's to point elsewhere.
    """
    server, name = scope.get("server"), page.hostname or ""
    here = server and _number(server[0])
    return bool(here and here.is_loopback) and not (
        _number(name) or name == "localhost" or name.endswith(".localhost")
    )


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that is written as one; None of a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _password(credentials: bytes) -> bytes:
    """The password of `user:password` in base64 (RFC 7617); empty where it cannot be read."""
    try:
        return base64.b64decode(credentials, validate=True).partition(b":")[2]
    except binascii.Error:
        return b""
