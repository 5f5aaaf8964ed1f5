"""What a training writes into its run folder, and in which order."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from yolov10.files import write_atomic
from yolov10.training.history import Row, draw_curves, write_history
from yolov10.training.manifest import write_manifest
from yolov10.training.run_folder import RunFolder
from yolov10.training.session import Session
from yolov10.training.state import write_state
from yolov10.weights.native import Weights, write_native
from yolov10.weights.networks import to_weights


def write_beginning(session: Session, run: RunFolder) -> None:
    """Write what is known before the first epoch: from here on the run can be gone on with."""
    write_atomic(run.config, session.config.to_yaml().encode())
    write_manifest(
        run.manifest,
        session.config,
        session.device,
        session.processes.world,
        session.training,
        session.validation,
    )
    write_state(run.resume, session.learner, session.config, session.data_hash)


def write_epoch(session: Session, run: RunFolder, rows: list[Row]) -> None:
    """Write what an epoch brought; the state comes last, so that a kill in between repeats the epoch."""
    counters = session.learner.counters
    weights = finished_weights(session, rows[-1])
    write_native(run.last, weights)
    never_validated = session.validation is None and counters.best_epoch == 0
    if never_validated or counters.best_epoch == counters.epochs:
        write_native(run.best, weights)
    write_history(run.history, rows)
    draw_curves(run.curves, rows)
    write_state(run.resume, session.learner, session.config, session.data_hash)


def finished_weights(session: Session, row: Row) -> Weights:
    """The averaged weights, and on their card the best threshold and how they came about."""
    config, network = session.config, session.learner.ema.network
    training = {
        "epoch": row["epoch"],
        "epochs": config.epochs,
        "AP": row["AP"],
        "recipe": config.recipe,
        "seed": config.seed,
        "data": session.training.source.name,
        "weights": None if config.weights is None else config.weights.name,
    }
    card = replace(
        network.card, threshold=row["threshold"], training=json.dumps(training, ensure_ascii=False)
    )
    return replace(to_weights(network), card=card)


def write_evaluation(run: RunFolder, evaluation: Mapping[str, Any]) -> None:
    """Write the figures of the best weights, beside their plots."""
    text = json.dumps(evaluation, ensure_ascii=False, indent=1)
    write_atomic(run.evaluation / "evaluation.json", f"{text}\n".encode("utf-8", "backslashreplace"))
