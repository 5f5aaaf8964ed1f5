"""Asking an address and following where it leads, encrypted all the way; faults in one plain line."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import httpx

import yolov10
from yolov10.errors import UserError, WrongValueError

MOST_HOPS = 10
MACHINE_ITSELF = ("127.0.0.1", "localhost", "::1")
ADVICE = {
    401: "it is not public",
    403: "it is not public",
    404: "it has moved, or this mirror lacks it",
    429: "too many requests: try again in some minutes",
}


@contextmanager
def open_client(timeout: float) -> Iterator[httpx.Client]:
    """An HTTP client that gives up after `timeout` seconds without a byte; the system's proxies are used."""
    # Compressed on the way, a file could not be gone on with from the middle.
    headers = {"User-Agent": f"open-yolov10/{yolov10.__version__}", "Accept-Encoding": "identity"}
    with httpx.Client(timeout=timeout, headers=headers) as client:
        yield client


@contextmanager
def answer(
    client: httpx.Client,
    method: str,
    url: str,
    headers: dict[str, str] | None = None,
    *,
    enough: Callable[[httpx.Response], bool] = lambda response: False,
) -> Iterator[httpx.Response]:
    """The answer from where `url` leads in the end, or the first redirection that is `enough`; body unread.

    Its status is the caller's to check. Raises UserError: nobody answers, the way is not encrypted, no end.
    """
    try:
        home = httpx.URL(url)
        request = client.build_request(method, home, headers=headers)
    except httpx.InvalidURL as fault:
        raise WrongValueError(f"{url} is no address: {fault}") from None
    for _ in range(MOST_HOPS):
        _check_encrypted(request.url, home)
        with faults_said(request.url):
            response = client.send(request, stream=True)
        if response.next_request is None or enough(response):
            break
        response.close()
        request = response.next_request
    else:
        raise UserError(f"{url} leads on and on, to more than {MOST_HOPS} addresses")
    with closing(response):
        yield response


def check_status(response: httpx.Response) -> None:
    """Raise UserError for an answer that is an error."""
    if response.is_error:
        advice = ADVICE.get(response.status_code, "try again later")
        raise UserError(f"{response.url}: {response.status_code} {response.reason_phrase}: {advice}")


@contextmanager
def faults_said(url: httpx.URL) -> Iterator[None]:
    """Raise UserError for what breaks on the way to a host."""
    try:
        yield
    except httpx.TimeoutException:
        raise UserError(f"{url.host} does not answer: try again, or with a longer --timeout") from None
    except httpx.ConnectError as fault:
        reason = re.sub(r"^\[.*?\] ", "", str(fault)) or "no reason given"
        raise UserError(f"cannot reach {url.host} ({reason}): is this machine online?") from None
    except httpx.TransportError as fault:
        raise UserError(f"the connection to {url.host} broke ({fault}): try again") from None


def _check_encrypted(url: httpx.URL, home: httpx.URL) -> None:
    """Raise unless it is https; a server on this machine itself needs none, and leads to no other."""
    if url.scheme != "https" and not (url.host in MACHINE_ITSELF and home.host in MACHINE_ITSELF):
        raise UserError(f"{url} is not encrypted: only https is followed")
