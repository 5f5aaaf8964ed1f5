"""Progress on stderr: a bar on a terminal, now and then a plain line elsewhere, nothing when quiet."""

import sys
import time
from types import TracebackType
from typing import Self

from yolov10.printable import printable

LINE_EVERY = 10.0
"""Seconds between two plain lines."""


class Progress:
    """Counts steps of one long job, `total` where that is known.

    `say` and `warn` print a line without tearing the bar.
    """

    def __init__(self, task: str, total: int | None, unit: str, *, quiet: bool) -> None:
        self.task, self.total, self.unit, self.quiet = task, total, unit, quiet
        self.done = 0
        self.start = self.last_line = time.monotonic()
        self.bar = _Bar(task, total) if sys.stderr.isatty() and not quiet and total != 1 else None

    def __enter__(self) -> Self:
        if self.bar:
            self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar:
            self.bar.stop()

    def advance(self) -> None:
        """One step is done."""
        self.done += 1
        now = time.monotonic()
        if self.bar:
            self.bar.advance(self.done, self._rate(now))
        elif now - self.last_line >= LINE_EVERY:
            self.last_line = now
            of_all = "" if self.total is None else f" of {self.total}"
            self.say(f"{self.task}: {self.done}{of_all} {self.unit}, {self._rate(now)}")

    def say(self, line: str) -> None:
        """Print a line, unless quiet."""
        if not self.quiet:
            self._print(line)

    def warn(self, line: str) -> None:
        """Print a warning, even when quiet: it is about something left out."""
        self._print(f"warning: {printable(line)}")

    def _rate(self, now: float) -> str:
        return f"{self.done / max(now - self.start, 1e-6):.1f} a second"

    def _print(self, line: str) -> None:
        if self.bar:
            self.bar.print(line)
        else:
            print(line, file=sys.stderr)


class _Bar:
    """rich's progress bar, imported only where it is seen."""

    def __init__(self, task: str, total: int | None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            *(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()),
            *(TextColumn("{task.fields[rate]}"), TimeRemainingColumn()),
        )
        self.progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self.task = self.progress.add_task(task, total=total, rate="")

    def start(self) -> None:
        self.progress.start()

    def stop(self) -> None:
        self.progress.stop()

    def advance(self, done: int, rate: str) -> None:
        self.progress.update(self.task, completed=done, rate=rate)

    def print(self, line: str) -> None:
        self.progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
