"""How much the service takes on: a bounded number of pictures at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from yolov10.serve.refusals import Refusal, busy


@dataclass
class Queue:
    """Counts the pictures accepted and not yet answered, at most `most`. Used on the event loop alone."""

    most: int
    count: int = 0

    def check(self) -> None:
        """Raise Refusal (429) when nothing more is taken: before a body is read in vain."""
        if self.count >= self.most:
            raise self._full()

    @contextmanager
    def accepted(self, pictures: int) -> Iterator[None]:
        """Hold the places of a request. Raises Refusal: 429 when not so many are free, 413 when never."""
        if pictures > self.most:
            raise Refusal(413, f"more than {self.most} pictures in one request")
        if self.count + pictures > self.most:
            raise self._full()
        self.count += pictures
        try:
            yield
        finally:
            self.count -= pictures

    def _full(self) -> Refusal:
        return busy(f"{self.count} pictures are waiting already: try again")
