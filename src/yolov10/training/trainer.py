"""`train`: from settings to a run folder. Read `one_epoch` here, then `epoch.py`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from yolov10.data.batches import Batch, Loader, training_batches
from yolov10.network.model import YOLOv10
from yolov10.training.config import TrainConfig
from yolov10.training.epoch import train_epoch
from yolov10.training.history import Row, read_history, row_of
from yolov10.training.processes import Processes
from yolov10.training.reporter import Follower, Quiet, Reporter
from yolov10.training.resume import continued
from yolov10.training.run_folder import RunFolder, new_run, old_run
from yolov10.training.samples import MOST, write_samples
from yolov10.training.session import Session, prepare
from yolov10.training.state import read_state
from yolov10.training.tensorboard import Events
from yolov10.training.together import together
from yolov10.training.transfer import frozen_layers
from yolov10.training.validate import validate
from yolov10.training.written import write_beginning, write_epoch, write_evaluation
from yolov10.weights.networks import load

MAX_WORKERS = 8
"""Of a process (spec 4.6)."""
VALIDATION_BATCH = 64
"""Pictures, at most twice a training batch (spec 4.5)."""


def train(config: TrainConfig, reporter: Reporter | None = None) -> Path:
    """Train a network, or go on with a run (`config.resume`); return the run folder.

    Alone, or with the other processes that torchrun started: each then calls this with the same settings.
    Raises UserError in one line for whatever the user can mend; the folder then is as it was after the last
    whole epoch, and can be gone on with.
    """
    reporter = reporter or Quiet()
    with together() as processes, own_torch_state(config.seed):
        if not processes.first:
            return follow(config, Follower(reporter), processes)
        if config.resume is None:
            session = prepare(config.anchored(), reporter, processes=processes)
            with new_run(config.output) as run:
                write_beginning(session, run)
                write_samples(run.samples, first_batch(session), session.training.names)
                return run_epochs(session, run)
        with old_run(config.resume) as run:
            saved = processes.from_first(lambda: read_state(run.resume))
            session = prepare(continued(config.anchored(), saved), reporter, saved, processes)
            reporter.say(f"{run.path}: {saved.counters.epochs} epochs are done")
            write_beginning(session, run)
            return run_epochs(session, run)


def run_epochs(session: Session, run: RunFolder) -> Path:
    """All epochs that are left, each saved when it is over, and the evaluation of the best."""
    rows = read_history(run.history, session.learner.counters.epochs)
    events = Events(run.path)
    session.reporter.say(f"run folder: {run.path}; should it break off, --resume {run.path} goes on")
    with open_loader(session) as loader:
        while not session.over():
            rows.append(one_epoch(session, loader))
            write_epoch(session, run, rows)
            events.add(rows[-1])
            session.reporter.end_epoch(rows[-1])
    conclude(session, run)
    return session.processes.from_first(lambda: run.path)


def follow(config: TrainConfig, reporter: Reporter, processes: Processes) -> Path:
    """All epochs in a process that is not the first: it learns from its share, and hears the rest from that.

    Nothing is read from or written to the run folder, which may lie on another machine.
    """
    config, saved = config.anchored(), None
    if (resume := config.resume) is not None:
        saved = processes.from_first(lambda: read_state(RunFolder(resume).resume))
        config = continued(config, saved)
    session = prepare(config, reporter, saved, processes)
    with open_loader(session) as loader:
        while not session.over():
            one_epoch(session, loader)
    return processes.from_first(Path)


def open_loader(session: Session) -> Loader:
    """The loader of this process's share of every batch."""
    config, processes = session.config, session.processes
    return Loader(
        session.training,
        image_size=config.image_size,
        batch=processes.share(config.batch),
        seed=config.seed,
        workers=min(processes.cores, MAX_WORKERS) if config.workers is None else config.workers,
        rank=processes.rank,
        world=processes.world,
        warn=session.reporter.warn,
    )


def one_epoch(session: Session, loader: Loader) -> Row:
    """Learn from all pictures once, validate where that is due, and count; returns the epoch's figures."""
    start = time.perf_counter()
    config, learner, reporter = session.config, session.learner, session.reporter
    epoch = learner.counters.epochs
    reporter.begin_epoch(epoch + 1, config.epochs, len(loader))
    learner.network.train()
    for layer in frozen_layers(learner.network, config.freeze):
        layer.eval()
    trained = train_epoch(
        learner, loader.batches(epoch, session.augmentation(epoch)), session.rules, reporter
    )
    evaluation = None
    if session.due(epoch):
        evaluation = session.processes.from_first(lambda: evaluated(session, learner.ema.network))
        learner.counters.judge(evaluation["AP"] or 0.0)
    return row_of(epoch + 1, time.perf_counter() - start, trained, evaluation)


def evaluated(session: Session, network: YOLOv10, output: Path | None = None) -> dict[str, Any]:
    """What a network achieves on the validation pictures, with plots below `output`."""
    assert session.validation is not None
    return validate(
        network,
        session.validation,
        image_size=session.config.image_size,
        batch=min(2 * session.processes.share(session.config.batch), VALIDATION_BATCH),
        protocol=session.config.protocol,
        device=str(session.device),
        reporter=session.reporter,
        output=output,
    )


def conclude(session: Session, run: RunFolder) -> None:
    """Evaluate the best weights with plots, and say where everything is."""
    counters, reporter = session.learner.counters, session.reporter
    if counters.epochs < session.config.epochs:
        reporter.say(f"stopped: no better AP for {session.config.patience} epochs")
    if session.validation is None:
        best = counters.best_epoch
        reporter.say(f"{run.best}: {f'of epoch {best}, validated before' if best else 'not validated'}")
        return
    evaluation = evaluated(session, load(run.best), run.evaluation)
    write_evaluation(run, evaluation)
    reporter.say(
        f"{run.best}: AP {evaluation['AP'] or 0:.3f}, AP50 {evaluation['AP50'] or 0:.3f}, of epoch "
        f"{counters.best_epoch}; threshold {evaluation['threshold']:g}"
    )


def first_batch(session: Session) -> Batch:
    """The first pictures of the first epoch."""
    config = session.config
    batches = training_batches(
        session.training,
        image_size=config.image_size,
        batch=min(config.batch, MOST),
        augmentation=session.augmentation(0),
        seed=config.seed,
        epoch=0,
        workers=0,
    )
    return next(batches)


@contextmanager
def own_torch_state(seed: int) -> Iterator[None]:
    """Seed torch for a training, and afterwards give the caller's random numbers and threads back."""
    threads = torch.get_num_threads()
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
