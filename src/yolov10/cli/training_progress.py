"""How a training goes, on stderr: a bar on a terminal, plain lines elsewhere, nothing when quiet."""

import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

LINE_EVERY = 30.0
"""Seconds between two plain lines within an epoch."""


class TrainingProgress:
    """A `yolov10.training.reporter.Reporter` for people."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        self.bar = _bar() if sys.stderr.isatty() and not quiet else None
        self.start: float | None = None  # when the first epoch of this session began
        self.first_epoch = 1
        self.epoch = self.epochs = self.batches = self.done = self.pictures = 0
        self.epoch_start = self.last_line = 0.0
        self.validation = 0

    def say(self, line: str) -> None:
        """Print a line, unless quiet."""
        if not self.quiet:
            self._print(line)

    def warn(self, line: str) -> None:
        """Print a warning, even when quiet."""
        self._print(f"warning: {line}")

    def begin_epoch(self, epoch: int, epochs: int, batches: int) -> None:
        """Count from here on."""
        self.epoch_start = self.last_line = time.monotonic()
        if self.start is None:
            self.start, self.first_epoch = self.epoch_start, epoch
        self.epoch, self.epochs, self.batches, self.done, self.pictures = epoch, epochs, batches, 0, 0
        if self.bar:
            self.bar.start()
            self.bar.reset(
                self.bar.task_ids[0], total=batches, description=f"epoch {epoch}/{epochs}", tail=""
            )

    def batch(self, pictures: int, losses: Sequence[float]) -> None:
        """Show speed, losses and the time left."""
        self.done += 1
        self.pictures += pictures
        now = time.monotonic()
        rate = self.pictures / (now - self.epoch_start)
        tail = f"{rate:.1f} images/s  {_losses(losses)}  {self._left(self.done / self.batches)} left"
        if self.bar:
            self.bar.update(self.bar.task_ids[0], completed=self.done, tail=tail)
        elif now - self.last_line >= LINE_EVERY:
            self.last_line = now
            self.say(f"epoch {self.epoch}/{self.epochs}: batch {self.done} of {self.batches}, {tail}")

    def begin_validation(self, pictures: int) -> None:
        """Let the bar count pictures."""
        self.validation = 0
        if self.bar:
            self.bar.start()
            self.bar.reset(self.bar.task_ids[0], total=pictures, description="validation", tail="")

    def validated(self) -> None:
        """Count one."""
        self.validation += 1
        if self.bar:
            self.bar.update(self.bar.task_ids[0], completed=self.validation)

    def end_epoch(self, row: Mapping[str, float | None]) -> None:
        """Sum an epoch up in one line."""
        losses = [row[name] or 0.0 for name in ("box_om", "cls_om", "dfl_om", "box_oo", "cls_oo", "dfl_oo")]
        accuracy = "" if row["AP"] is None else f"  AP {row['AP']:.3f}  AP50 {row['AP50'] or 0:.3f}"
        left = f"  {self._left(1)} left" if self.epoch < self.epochs else ""
        self.say(
            f"epoch {self.epoch}/{self.epochs}  {_losses(losses)}{accuracy}  "
            f"{row['images_per_second']:.1f} images/s  {_duration(row['seconds'] or 0)}{left}"
        )

    def close(self) -> None:
        """Take the bar away."""
        if self.bar:
            self.bar.stop()

    def _left(self, part: float) -> str:
        """Time until the last epoch is over, when `part` of this one is."""
        done = self.epoch - self.first_epoch + part
        elapsed = time.monotonic() - (self.start or 0)
        return _duration(elapsed / done * (self.epochs - self.epoch + 1 - part))

    def _print(self, line: str) -> None:
        if self.bar:
            self.bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            print(line, file=sys.stderr)


def _losses(losses: Sequence[float]) -> str:
    """Box, class and distribution loss of the one-to-many and of the one-to-one head."""
    box, cls, dfl = zip(losses[:3], losses[3:], strict=True)
    return "  ".join(
        f"{name} {many:.2f} {one:.2f}" for name, (many, one) in (("box", box), ("cls", cls), ("dfl", dfl))
    )


def _duration(seconds: float) -> str:
    """Two leading units: 2 d 3 h, 3 h 20 min, 4 min 10 s, 7 s."""
    whole = round(seconds)
    for size, unit, next_size, next_unit in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // next_size} {next_unit}"
    return f"{whole} s"


def _bar() -> "Progress":
    """Rich's progress bar, imported only where it is seen."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[tail]}"),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    bar.add_task("", total=None, tail="")
    return bar
