"""Which optimizer, over which groups of parameters (spec 4.4)."""

from dataclasses import dataclass
from math import ceil
from typing import Literal

from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from yolov10.training.config import TrainConfig

LONG_RUN = 10_000
"""Iterations above which `auto` is SGD."""

BIASES, WEIGHTS, NORMS = range(3)
"""The groups, in the published order."""

Named = dict[str, nn.Parameter]


@dataclass(frozen=True)
class Choice:
    """An optimizer with all its numbers, each as it is used, not as it is set."""

    kind: Literal["sgd", "adamw"]
    lr: float
    one2one_lr: float
    """Multiple of `lr` at which the one-to-one head learns."""
    momentum: float
    weight_decay: float
    accumulate: int
    """Batches whose gradients make a step, after the warm-up."""
    warmup_bias_lr: float


def choose(config: TrainConfig, pictures: int, num_classes: int) -> Choice:
    """What the settings and the `auto` rule come to; a value that was given is kept, under `auto` too."""
    accumulate = max(round(config.nominal_batch / config.batch), 1)
    if config.optimizer == "auto":
        kind, bias_lr = _kind_for(config, pictures), 0.0
    else:
        kind, bias_lr = config.optimizer, 0.1
    lr = 0.01 if kind == "sgd" else round(0.002 * 5 / (4 + num_classes), 6)
    return Choice(
        kind=kind,
        lr=lr if config.lr is None else config.lr,
        one2one_lr=config.one2one_lr,
        momentum=config.momentum,
        weight_decay=config.weight_decay * config.batch * accumulate / config.nominal_batch,
        accumulate=accumulate,
        warmup_bias_lr=bias_lr if config.warmup_bias_lr is None else config.warmup_bias_lr,
    )


def _kind_for(config: TrainConfig, pictures: int) -> Literal["sgd", "adamw"]:
    """What `auto` takes for so many pictures: SGD for a long run."""
    iterations = ceil(pictures / max(config.batch, config.nominal_batch)) * config.epochs
    return "sgd" if iterations > LONG_RUN else "adamw"


def parameter_groups(network: nn.Module) -> tuple[Named, Named, Named]:
    """Biases, weights that decay, and weights of batch-norms, by dotted name."""
    groups: tuple[Named, Named, Named] = ({}, {}, {})
    for prefix, module in network.named_modules():
        for name, parameter in module.named_parameters(prefix, recurse=False):
            if "bias" in name:
                groups[BIASES][name] = parameter
            elif isinstance(module, nn.BatchNorm2d):
                groups[NORMS][name] = parameter
            else:
                groups[WEIGHTS][name] = parameter
    return groups


def build_optimizer(network: nn.Module, choice: Choice) -> Optimizer:
    """The optimizer; rates and momentum are set anew before every step, so those given here hardly matter.

    Each kind of parameter is two groups: the one-to-one head, and all else. A group says whether it holds
    "biases", and the "multiple" of the learning rate at which it learns.
    """
    groups = [
        {
            "params": [parameter for name, parameter in named.items() if ("one2one" in name) == is_one2one],
            "weight_decay": choice.weight_decay if kind == WEIGHTS else 0.0,
            "biases": kind == BIASES,
            "multiple": choice.one2one_lr if is_one2one else 1.0,
        }
        for kind, named in enumerate(parameter_groups(network))
        for is_one2one in (False, True)
    ]
    if choice.kind == "sgd":
        return SGD(groups, lr=choice.lr, momentum=choice.momentum, nesterov=True, fused=True)
    return AdamW(groups, lr=choice.lr, betas=(0.9, 0.999), fused=True)
