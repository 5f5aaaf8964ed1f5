"""Running the application in this process, with the timeouts that uvicorn leaves to its user."""

import asyncio
import signal
import socket
from types import FrameType

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from yolov10.bounds import check_between
from yolov10.errors import UserError
from yolov10.serve.bodies import SLOWEST

WAIT_FOR_CLIENT = 10.0
"""Seconds that a client may take for a request's headers, for the first bytes of a body that nobody reads,
and between two looks at how much of an answer it has taken in."""
IDLE = 65
"""Seconds that a connection may rest between requests: longer than the minute that proxies keep theirs."""
SEND_BUFFER = 128 * 1024
"""Bytes of an answer that the system holds for a connection; Linux takes twice as many."""
SLOWEST_READER = 10_000
"""Bytes a second."""
CONNECTIONS = 900
"""At a time; more are answered 503. Many systems give a process 1,024 files."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that connections queue on from now; port 0 takes a free one.

    Raises UserError, WrongValueError for a port that no machine has.
    """
    check_between("port", port, 0, 65_535)
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except UnicodeError:
        reason = "not the name of a machine"
    except OSError as fault:
        reason = str(fault.strerror).partition(" (while")[0]  # the address once more
    raise UserError(f"cannot listen on {host or 'no host'} port {port}: {reason}")


def make_server(app: FastAPI, patience: float) -> uvicorn.Server:
    """The server: `run(sockets=[listener])` serves until the process is told to stop.

    Then it answers what was accepted, for `patience` seconds more.
    """
    config = uvicorn.Config(
        app,
        http=PatientProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=IDLE,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=round(patience) + 1,
    )
    return _Server(config)


class _Server(uvicorn.Server):
    """Ends in peace when told to stop, where uvicorn raises the signal anew; told twice, it dies of it."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """For SIGINT and SIGTERM."""
        if self.should_exit:
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)
        self.should_exit = True


class PatientProtocol(H11Protocol):
    """HTTP/1.1 that waits for a client `WAIT_FOR_CLIENT` seconds, then hangs up.

    uvicorn by itself waits for ever for headers that never end, and for a reader that never reads.
    """

    deadline: asyncio.TimerHandle | None = None
    """For what the client is to send."""
    reading: asyncio.TimerHandle | None = None
    """For what it is to take in."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there, and owes a request."""
        super().connection_made(transport)
        sock = transport.get_extra_info("socket")
        if sock is not None:  # the system's own buffer of megabytes would hide for long that a client reads
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Some bytes more."""
        super().data_received(data)
        if self.deadline is not None and self.conn.their_state is h11.SEND_BODY:
            self._put_off(len(data) / SLOWEST)  # of a body that nobody reads: its sender is to hear why
        self._watch()

    def pause_writing(self) -> None:
        """The client does not take in what is sent, or not yet."""
        super().pause_writing()
        self._watch_reader(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """It does again; called when the connection ends, too."""
        super().resume_writing()
        self._leave_reader()

    def connection_lost(self, exc: Exception | None) -> None:
        """No client any more."""
        super().connection_lost(exc)
        self._disarm()
        self._leave_reader()

    def _watch_reader(self, left: int) -> None:
        """Hang up unless enough of the bytes that are left have been taken in by the next look."""
        self._leave_reader()

        def look() -> None:
            now = self.transport.get_write_buffer_size()
            if left - now >= min(left, SLOWEST_READER * WAIT_FOR_CLIENT):
                self._watch_reader(now)
            else:
                self.transport.abort()

        self.reading = self.loop.call_later(WAIT_FOR_CLIENT, look)

    def _leave_reader(self) -> None:
        if self.reading is not None:
            self.reading.cancel()
            self.reading = None

    def _watch(self) -> None:
        """Set the deadline while the client's bytes are awaited by nobody who has a deadline of his own."""
        theirs, ours = self.conn.their_state, self.conn.our_state
        if theirs is h11.IDLE and self.cycle is not None and not self.conn.trailing_data[0]:
            self._rest()
        elif theirs is h11.IDLE or (theirs is h11.SEND_BODY and ours is not h11.SEND_RESPONSE):
            self._arm()
        else:
            self._disarm()

    def _rest(self) -> None:
        """The end of a body that nobody read: as after any answer, which uvicorn forgets here."""
        self._disarm()
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def _arm(self) -> None:
        if self.deadline is None:
            self.deadline = self.loop.call_later(WAIT_FOR_CLIENT, self.transport.abort)

    def _put_off(self, seconds: float) -> None:
        assert self.deadline is not None
        when = self.deadline.when() + seconds
        self.deadline.cancel()
        self.deadline = self.loop.call_at(when, self.transport.abort)

    def _disarm(self) -> None:
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None
