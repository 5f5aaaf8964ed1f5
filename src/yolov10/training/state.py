"""`resume.safetensors`: a training between two epochs, as tensors and JSON, without any pickle.

Gradients are among them: where several batches make a step, an epoch may end between two steps.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.numpy import save
from torch import Tensor

import yolov10
from yolov10.errors import UserError
from yolov10.files import write_atomic
from yolov10.model_card import ModelCard
from yolov10.settings import plain, settings_of
from yolov10.training.config import TrainConfig
from yolov10.training.learner import Counters, Learner
from yolov10.weights.native import Tensors, read_safetensors

FORMAT = "yolov10-resume"


@dataclass(frozen=True, eq=False)
class Saved:
    """What a resume file holds."""

    config: TrainConfig
    card: ModelCard
    """Of the network in training."""
    data_hash: str
    """Of the training pictures and labels, as `manifest.data_hash` makes it."""
    counters: Counters
    scaler: Mapping[str, Any]
    ema_updates: int
    tensors: Tensors
    """By "network.", "ema.", "gradient.", "optimizer.SLOT." and the parameter's name, and "random.DEVICE"."""


def write_state(path: Path, learner: Learner, config: TrainConfig, data_hash: str) -> None:
    """Write all that going on needs, whole or not at all. Raises UserError where that cannot be done."""
    facts = {
        "config": {name: plain(getattr(config, name)) for name in settings_of(config)},
        "origins": dict(config.origins),
        "card": learner.network.card.to_native(),
        "data_hash": data_hash,
        "counters": asdict(learner.counters),
        "scaler": learner.scaler.state_dict(),
        "ema_updates": learner.ema.updates,
    }
    tensors = {name: tensor.detach().cpu().contiguous().numpy() for name, tensor in _tensors(learner)}
    metadata = {"format": FORMAT, "version": yolov10.__version__, "state": json.dumps(facts)}
    write_atomic(path, save(tensors, metadata))


def read_state(path: Path) -> Saved:
    """Read a resume file. Raises UserError naming a file that is none."""
    try:
        tensors, metadata = read_safetensors(path)
    except UserError as fault:
        raise UserError(
            f"{fault}, or start a new run with --weights {path.parent}/last.safetensors"
        ) from None
    if metadata.get("format") != FORMAT:
        raise UserError(f"{path} is not a file that a training goes on from")
    facts = json.loads(metadata["state"])
    return Saved(
        config=TrainConfig(**facts["config"], origins=facts["origins"]),
        card=ModelCard.from_native(facts["card"]),
        data_hash=facts["data_hash"],
        counters=Counters(**facts["counters"]),
        scaler=facts["scaler"],
        ema_updates=facts["ema_updates"],
        tensors=tensors,
    )


@torch.no_grad()
def restore(learner: Learner, saved: Saved) -> None:
    """Bring a freshly built learner to where the saved one was."""
    learner.counters = saved.counters
    learner.ema.updates = saved.ema_updates
    learner.scaler.load_state_dict(dict(saved.scaler))
    parameters = dict(learner.network.named_parameters())
    targets = {"network": learner.network.state_dict(), "ema": learner.ema.network.state_dict()}
    for key, value in saved.tensors.items():
        kind, _, name = key.partition(".")
        tensor = torch.from_numpy(value)
        if kind in targets:
            targets[kind][name].copy_(tensor)
        elif kind == "gradient":
            parameters[name].grad = _laid_out_like(parameters[name], tensor)
        elif kind == "optimizer":
            slot, _, name = name.partition(".")
            learner.optimizer.state[parameters[name]][slot] = _laid_out_like(parameters[name], tensor)
    _set_random_states(saved.tensors)


def _tensors(learner: Learner) -> Iterator[tuple[str, Tensor]]:
    """Everything worth keeping, by the names of the file."""
    yield from ((f"network.{name}", tensor) for name, tensor in learner.network.state_dict().items())
    yield from ((f"ema.{name}", tensor) for name, tensor in learner.ema.network.state_dict().items())
    for name, parameter in learner.network.named_parameters():
        if parameter.grad is not None:
            yield f"gradient.{name}", parameter.grad
        for slot, tensor in learner.optimizer.state.get(parameter, {}).items():
            yield f"optimizer.{slot}.{name}", tensor
    yield "random.cpu", torch.get_rng_state()
    if torch.cuda.is_available():
        yield "random.cuda", torch.cuda.get_rng_state()


def _set_random_states(tensors: Tensors) -> None:
    """Let torch's generators go on where they stood; the CUDA one only where there is CUDA again."""
    torch.set_rng_state(torch.from_numpy(tensors["random.cpu"]))
    if "random.cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(torch.from_numpy(tensors["random.cuda"]))


def _laid_out_like(parameter: Tensor, tensor: Tensor) -> Tensor:
    """A copy in the parameter's order in memory, which fused optimizers need; a count of steps as it is."""
    if tensor.shape != parameter.shape:
        return tensor.to(parameter.device)
    return torch.empty_like(parameter).copy_(tensor)
