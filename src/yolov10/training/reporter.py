"""Whom a training tells how it goes: the command line shows bars, Python code whatever it likes."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Protocol


class Reporter(Protocol):
    """What a training has to say."""

    def say(self, line: str) -> None:
        """One line worth reading."""

    def warn(self, line: str) -> None:
        """One line about something that is left out or unusual."""

    def begin_epoch(self, epoch: int, epochs: int, batches: int) -> None:
        """An epoch, counted from 1, of `epochs` in all, begins; it has so many batches."""

    def batch(self, pictures: int, losses: Sequence[float]) -> None:
        """A batch of so many pictures is done; the means of the loss items in this epoch so far."""

    def begin_validation(self, pictures: int) -> None:
        """A validation on so many pictures begins."""

    def validated(self) -> None:
        """One of them is done."""

    def end_epoch(self, row: Mapping[str, float | None]) -> None:
        """The epoch is done, and this is its row in the history."""


class Follower:
    """Speaks for a process that is not the first: of what goes wrong while it learns, and of nothing else."""

    def __init__(self, reporter: Reporter) -> None:
        self.reporter, self.learning = reporter, False

    def say(self, line: str) -> None: ...

    def warn(self, line: str) -> None:
        if self.learning:  # what is found before that, the first process finds as well
            self.reporter.warn(line)

    def begin_epoch(self, epoch: int, epochs: int, batches: int) -> None:
        self.learning = True

    def batch(self, pictures: int, losses: Sequence[float]) -> None: ...

    def begin_validation(self, pictures: int) -> None: ...

    def validated(self) -> None: ...

    def end_epoch(self, row: Mapping[str, float | None]) -> None: ...


class Quiet:
    """Says nothing; warns as Python does."""

    def say(self, line: str) -> None: ...

    def warn(self, line: str) -> None:
        warnings.warn(line, stacklevel=2)

    def begin_epoch(self, epoch: int, epochs: int, batches: int) -> None: ...

    def batch(self, pictures: int, losses: Sequence[float]) -> None: ...

    def begin_validation(self, pictures: int) -> None: ...

    def validated(self) -> None: ...

    def end_epoch(self, row: Mapping[str, float | None]) -> None: ...
