"""Reading a request's body: bounded in bytes, in time, and in what all requests hold together."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import Request

from yolov10.serve.refusals import Refusal, busy

PATIENCE = 20.0
"""Seconds for the first bytes, and the longest silence; all must come at SLOWEST on average."""
SLOWEST = 50_000
"""Bytes a second: a slow telephone's upload."""


@dataclass
class Memory:
    """Bytes that the bodies of all requests hold now, at most `most`. Used on the event loop alone."""

    most: int
    held: int = 0

    @contextmanager
    def account(self) -> "Iterator[Account]":
        """What one request holds, given back at the end."""
        account = Account(self)
        try:
            yield account
        finally:
            self.held -= account.bytes


@dataclass
class Account:
    """One request's part of the memory."""

    memory: Memory
    bytes: int = 0

    def add(self, count: int) -> None:
        """Raise Refusal where all requests together would hold too much."""
        if self.memory.held + count > self.memory.most:
            raise busy("too many large requests at once: try again")
        self.memory.held += count
        self.bytes += count


async def read_body(request: Request, most: int, account: Account) -> bytes:
    """The whole body. Raises Refusal: compressed, over `most` bytes, or too slow.

    A body of declared length is refused before it is read. starlette raises ClientDisconnect for one whose
    sender goes away.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(415, "compressed bodies are not read: send the picture as it is")
    too_large = Refusal(413, f"more than {most} bytes: send fewer or smaller pictures")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise too_large
    parts: list[bytes] = []
    start = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(PATIENCE) as limit:
            async for part in request.stream():
                account.add(len(part))
                parts.append(part)
                if account.bytes > most:
                    raise too_large
                now = asyncio.get_running_loop().time()
                limit.reschedule(min(start + account.bytes / SLOWEST, now) + PATIENCE)
    except TimeoutError:
        raise Refusal(408, "the body came too slowly") from None
    return b"".join(parts)
