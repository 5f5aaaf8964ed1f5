"""One file by HTTP: bounded, resumable, held against its digest, and there only when it is whole."""

from collections.abc import Callable
from pathlib import Path

import httpx

from yolov10.download.digest import has_digest, stated_digest
from yolov10.download.hops import answer, check_status, faults_said
from yolov10.errors import UserError

CHUNK = 1 << 20
"""Bytes that are written at a time."""
PARTIAL, PAST_THE_END = 206, 416


def announced(client: httpx.Client, url: str) -> str | None:
    """The digest that the home itself states of a file; None where it states none. Raises UserError.

    A hub states it beside the address of a store elsewhere, which is not asked.
    """
    home = httpx.URL(url).netloc

    def enough(response: httpx.Response) -> bool:
        following = response.next_request
        return "x-linked-etag" in response.headers or following is None or following.url.netloc != home

    with answer(client, "HEAD", url, enough=enough) as response:
        check_status(response)
        whole = "" if response.has_redirect_location else response.headers.get("etag", "")
        return stated_digest(response.headers.get("x-linked-etag", whole))


def fetch(
    client: httpx.Client,
    url: str,
    path: Path,
    *,
    digest: str | None,
    most_bytes: int,
    report: Callable[[int], None],
) -> None:
    """Fetch a file to `path`, going on with what an earlier try left beside it in `….part`.

    What cannot be checked, without a digest, is not gone on with. `report` is called with the number of bytes
    that are there. Raises UserError: nobody answers, an error is answered, the connection breaks (what came
    is kept), more than `most_bytes` come, or their digest is another (they are deleted).
    """
    if digest is not None and path.exists() and has_digest(path, digest):
        return  # by a process that ended before it was of use
    part = path.with_name(f"{path.name}.part")
    start = part.stat().st_size if part.exists() and digest is not None else 0
    if start <= most_bytes:
        _receive(client, url, part, start, most_bytes, report)
    if part.stat().st_size > most_bytes:
        part.unlink()
        raise UserError(f"{url} has more than {most_bytes:,} bytes, too many for what it should be: deleted")
    if digest is not None and not has_digest(part, digest):
        part.unlink()
        raise UserError(f"{url}: what came has not the digest {digest}: deleted; try again")
    part.replace(path)


def _receive(
    client: httpx.Client, url: str, part: Path, start: int, most_bytes: int, report: Callable[[int], None]
) -> None:
    """Write what is missing after the first `start` bytes; all of it where the server gives no parts."""
    asked = {"Range": f"bytes={start}-"} if start else {}
    with answer(client, "GET", url, asked) as response:
        if response.status_code == PAST_THE_END and start:
            return  # all of it was there; the digest will tell
        check_status(response)
        there = start if response.status_code == PARTIAL else 0
        if there and not response.headers.get("content-range", "").startswith(f"bytes {start}-"):
            raise UserError(f"{url}: another part came than was asked for: delete {part} and try again")
        with part.open("ab" if there else "wb") as file, faults_said(response.url):
            for chunk in response.iter_bytes(CHUNK):
                file.write(chunk)
                there += len(chunk)
                report(there)
                if there > most_bytes:
                    return
