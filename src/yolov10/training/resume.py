"""Going on with a run: its own settings, but for the few that may change."""

from dataclasses import replace
from pathlib import Path

from yolov10.errors import UserError
from yolov10.training.config import TrainConfig
from yolov10.training.state import Saved

CHANGEABLE = {
    "data",
    "images",
    "validation",
    "validation_images",
    "validate_every",
    "epochs",
    "patience",
    "workers",
    "threads",
    "device",
}
"""What may differ in a run that goes on: where things are, how long it goes on, what it runs on."""


def continued(config: TrainConfig, saved: Saved) -> TrainConfig:
    """The saved settings with those that were given. Raises UserError for one that cannot change now."""
    given = config.given()
    del given["resume"]
    changed = {name: value for name, value in given.items() if value != getattr(saved.config, name)}
    if fixed := sorted(changed.keys() - CHANGEABLE):
        name = fixed[0]
        flag = name.replace("_", "-")
        raise UserError(
            f"{config.resume} was begun with {name} {getattr(saved.config, name)}, which cannot become "
            f"{changed[name]}: leave --{flag} out, or start a new run from --weights "
            f"{config.resume}/last.safetensors"
        )
    origins = dict(saved.config.origins) | {name: config.origins[name] for name in changed}
    return replace(saved.config, **changed, origins=origins)


def require_same_data(saved: Saved, source: Path, data_hash: str) -> None:
    """Raise UserError when pictures or labels are not those that the run began with."""
    if data_hash != saved.data_hash:
        raise UserError(
            f"{source} is not as it was when the run began: start a new run, with --weights of this"
        )
