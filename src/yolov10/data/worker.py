"""Jobs done in another process: both ends of the pipes between them.

Not `multiprocessing`: its children run the user's script once more, which then has to guard its main part,
and its shared memory is 64 MB in most containers. Here a child imports this module alone, takes jobs from its
standard input and gives pictures back through its standard output. It ends when its input does: with the
training process, however that goes.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

import numpy as np
from numpy.typing import NDArray

from yolov10.data.jobs import Job, Made, make
from yolov10.data.pictures import Pictures
from yolov10.data.sample import Sample
from yolov10.errors import UserError
from yolov10.opencv import cv2

if sys.platform == "linux":
    import fcntl


class WorkerProcess:
    """A process that does jobs in the order they are asked for. Raises UserError when it is gone."""

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, sys.path))  # what can be imported here can be imported there
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "yolov10.data.worker"],  # -P: nothing from the working directory
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C goes to the terminal's whole group, but the parent ends us
        )
        assert self._process.stdin
        assert self._process.stdout
        self._questions, self._answers = self._process.stdin, self._process.stdout
        _widen(self._answers)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def set_up(self, setup: bytes) -> None:
        """Say what it works on, before the first job; `setup` is of `pack_setup`."""
        with self._there():
            _write(self._questions, setup)

    def ask(self, job: Job) -> None:
        """Hand over a job. Only a few may wait: they must fit the pipe while an answer fills the other."""
        with self._there():
            _write(self._questions, pickle.dumps(job))

    def answer(self, images: NDArray[np.uint8]) -> Made:
        """Wait for the oldest job; its pictures are written into `images`."""
        with self._there():
            made: Made = pickle.loads(_read(self._answers))  # noqa: S301 - from our own child
            _read_into(self._answers, images)
        return made

    def close(self) -> None:
        """End the process, whatever it is at."""
        self._process.kill()
        for pipe in (self._questions, self._answers):
            with suppress(OSError):  # a question that it will never read
                pipe.close()
        self._process.wait()

    @contextmanager
    def _there(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, OSError):  # its end of a pipe is closed
            raise UserError(self._obituary()) from None

    def _obituary(self) -> str:
        try:
            code = self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            return "a worker that prepares training pictures does not answer: go on with --resume"
        how = f"with exit code {code}" if code >= 0 else f"of signal {-code}"
        killed = " (is memory short? use fewer --workers)" if code in (-9, 137) else ""
        return f"a worker that prepares training pictures died {how}{killed}: go on with --resume"


def pack_setup(samples: list[Sample], size: int, cache_bytes: int) -> bytes:
    """What a worker needs to know before its first job."""
    return pickle.dumps((samples, size, cache_bytes))


def main() -> None:
    """Be the other end: do the jobs that come, until no more can come."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where there are no sessions, on Windows
    cv2.setNumThreads(1)  # one core a worker: their number says how many to use
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # should anything print, it must not end up among the pictures
    with suppress(EOFError, BrokenPipeError):
        samples, size, cache_bytes = pickle.loads(_read(questions))  # noqa: S301 - from our parent
        pictures = Pictures(samples, size, cache_bytes=cache_bytes)
        room = np.empty((0, 3, size, size), np.uint8)  # used again and again: new memory is slow memory
        while True:
            job: Job = pickle.loads(_read(questions))  # noqa: S301 - from our parent
            if len(room) < len(job.indices):
                room = np.empty((len(job.indices), 3, size, size), np.uint8)
            images = room[: len(job.indices)]
            made = make(pictures, job, images)
            _write(answers, pickle.dumps(made))
            answers.write(images.data)
            answers.flush()


def _widen(pipe: IO[bytes]) -> None:
    """Let a pipe hold most of a picture, where the system can: with fewer switches it passes sooner."""
    if sys.platform == "linux":
        with suppress(OSError):  # a user may have only so much of this memory
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)


def _write(stream: IO[bytes], message: bytes) -> None:
    stream.write(len(message).to_bytes(8, "little"))
    stream.write(message)
    stream.flush()


def _read(stream: IO[bytes]) -> bytes:
    """Read one message. Raises EOFError when the other end is gone."""
    length = int.from_bytes(_read_exactly(stream, 8), "little")
    return _read_exactly(stream, length)


def _read_exactly(stream: IO[bytes], length: int) -> bytes:
    message = stream.read(length)
    if len(message) < length:
        raise EOFError
    return message


def _read_into(stream: IO[bytes], array: NDArray[np.uint8]) -> None:
    """Fill a contiguous array with the bytes that come. Raises EOFError when the other end is gone."""
    left = array.reshape(-1).data
    while left:
        count = stream.readinto(left)  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        left = left[count:]


if __name__ == "__main__":
    main()
