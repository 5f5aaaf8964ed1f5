"""The folder of a run: where everything lies, and that only one training writes there."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from yolov10.errors import UserError
from yolov10.lock import locked

DEFAULT = Path("runs")
LOCK = ".lock"


@dataclass(frozen=True)
class RunFolder:
    """The files of a run (contract, section 2 "train")."""

    path: Path

    @property
    def best(self) -> Path:
        """Averaged weights of the epoch with the best AP, ready to use."""
        return self.path / "best.safetensors"

    @property
    def last(self) -> Path:
        """Averaged weights of the last epoch, ready to use."""
        return self.path / "last.safetensors"

    @property
    def resume(self) -> Path:
        """All that going on needs."""
        return self.path / "resume.safetensors"

    @property
    def config(self) -> Path:
        """Every setting and where its value came from."""
        return self.path / "config.yaml"

    @property
    def manifest(self) -> Path:
        """Versions, seed, hash of the data, commands."""
        return self.path / "manifest.json"

    @property
    def history(self) -> Path:
        """A row an epoch."""
        return self.path / "history.csv"

    @property
    def curves(self) -> Path:
        """The history as curves."""
        return self.path / "curves.png"

    @property
    def samples(self) -> Path:
        """A training batch with its boxes."""
        return self.path / "samples.png"

    @property
    def evaluation(self) -> Path:
        """Plots and figures of the best weights."""
        return self.path / "evaluation"


@contextmanager
def new_run(output: Path | None) -> Iterator[RunFolder]:
    """Make a run folder, `output` or the next runs/train-N, and hold it.

    Raises UserError when it cannot be made, or when files lie there already.
    """
    path = _next_default() if output is None else output
    try:
        path.mkdir(parents=True, exist_ok=output is not None)
        occupied = any(entry.name != LOCK for entry in path.iterdir())
    except OSError as fault:
        raise UserError(f"cannot make the run folder {path}: {fault.strerror}") from None
    if occupied:
        raise UserError(
            f"{path} is not empty: choose another --output, or go on with a run by --resume {path}"
        )
    with _held(path):
        yield RunFolder(path)


@contextmanager
def old_run(path: Path) -> Iterator[RunFolder]:
    """Hold the folder of a run that is to go on. Raises UserError when it is none, or in use."""
    run = RunFolder(path)
    if not run.resume.is_file():
        if (path.parent / run.resume.name).is_file():
            raise UserError(f"{path}: to go on with a run, name its folder: --resume {path.parent}")
        raise UserError(f"{path} holds nothing to go on with: there is no {run.resume.name}")
    with _held(path):
        for part in path.glob(".*.tmp"):  # what was being written when the run was killed
            part.unlink()
        yield run


def _held(path: Path) -> AbstractContextManager[None]:
    return locked(path / LOCK, what=path, by="another training")


def _next_default() -> Path:
    """The first runs/train-N that is not there, not even as a broken link."""
    return next(path for number in count(1) if not os.path.lexists(path := DEFAULT / f"train-{number}"))
