"""One epoch: batch after batch through network, loss and optimizer."""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_

from yolov10.data.batches import Batch
from yolov10.errors import UserError
from yolov10.letterbox import PADDING
from yolov10.training.learner import Learner
from yolov10.training.loss import DualAssignmentLoss
from yolov10.training.precision import Precision
from yolov10.training.processes import ALONE, Processes
from yolov10.training.reporter import Reporter
from yolov10.training.schedule import Schedule

Forward = Callable[[Tensor], Mapping[str, Sequence[Tensor]]]

SHOWN = 3
"""Pictures of a batch that are named."""


@dataclass(frozen=True)
class Rules:
    """What stays the same from step to step."""

    forward: Forward
    """The network in training mode, perhaps compiled or parallel: images [B, 3, H, W] → raw maps by head."""
    loss: DualAssignmentLoss
    schedule: Schedule
    precision: Precision
    clip: float
    """L2 norm to which the gradients of all weights together are shortened."""
    processes: Processes = ALONE


@dataclass(frozen=True)
class Trained:
    """What an epoch came to."""

    losses: list[float]
    """Means over the batches of the six items, gains included."""
    images_per_second: float
    learning_rate: float
    """Scheduled for the last batch, whether or not a step was due there."""


def train_epoch(learner: Learner, batches: Iterable[Batch], rules: Rules, reporter: Reporter) -> Trained:
    """Learn from every batch. Raises UserError naming the batch whose loss or gradient is no number."""
    counters, schedule = learner.counters, rules.schedule
    sums, pictures, start = [0.0] * 6, 0, time.perf_counter()
    for count, batch in enumerate(batches, 1):
        images, targets = on_device(batch, rules.precision.device)
        with rules.precision.autocast():
            maps = rules.forward(images)
        total, items = rules.loss(maps, targets)
        losses, seen = rules.processes.mean(items, len(batch.images))
        _require_numbers(losses, "loss", batch, learner)
        # Processes average their gradients; what counts is the sum over the pictures of all (spec 4.4).
        total = total * (rules.processes.world if len(batch.images) else 0)
        learner.scaler.scale(total).backward()  # type: ignore[no-untyped-call]
        # Gradients add up over batches until a step is due, also from one epoch into the next.
        if counters.iterations - counters.last_step >= schedule.accumulate_at(counters.iterations):
            step(learner, rules, batch)
            counters.last_step = counters.iterations
        counters.iterations += 1
        sums = [sum_ + loss for sum_, loss in zip(sums, losses, strict=True)]
        pictures += seen
        reporter.batch(seen, [sum_ / count for sum_ in sums])
    counters.epochs += 1
    seconds = time.perf_counter() - start
    rate = schedule.learning_rate(counters.iterations - 1)
    return Trained([sum_ / count for sum_ in sums], pictures / seconds, rate)


def step(learner: Learner, rules: Rules, batch: Batch) -> None:
    """Move the weights along the gradients since the last step; the average follows them (spec 4.4, 4.5)."""
    optimizer, scaler = learner.optimizer, learner.scaler
    for group in optimizer.param_groups:
        rate = rules.schedule.learning_rate(learner.counters.iterations, bias=group["biases"])
        group["lr"] = rate * group["multiple"]
        if "momentum" in group:
            group["momentum"] = rules.schedule.momentum_at(learner.counters.iterations)
    scaler.unscale_(optimizer)
    length = clip_grad_norm_(learner.network.parameters(), rules.clip)
    if not scaler.is_enabled():  # it passes over a step whose gradients have overflown
        _require_numbers([length.item()], "gradient", batch, learner)
    scaler.step(optimizer)
    scaler.update()
    optimizer.zero_grad(set_to_none=True)
    learner.ema.update(learner.network)


def on_device(batch: Batch, device: torch.device) -> tuple[Tensor, Tensor]:
    """Images float32 [B, 3, H, W] in 0..1, channels last in memory; targets [rows, 6] as `Batch` has them.

    Of no picture, the share that a process may get of the last batch, a gray one: all have to go through the
    network and back.
    """
    images = torch.from_numpy(batch.images).to(device)
    if len(images) == 0:
        images = images.new_full((1, *images.shape[1:]), PADDING)
    images = images.to(torch.float32, memory_format=torch.channels_last).div_(255)
    return images, torch.from_numpy(batch.targets).to(device)


def _require_numbers(values: Sequence[float], what: str, batch: Batch, learner: Learner) -> None:
    """Raise UserError before weights that are no numbers are saved."""
    if all(map(math.isfinite, values)):
        return
    counters = learner.counters
    pictures = [str(path) for path in batch.sources[:SHOWN]]
    more = f" and {len(batch.sources) - SHOWN} more" if len(batch.sources) > SHOWN else ""
    raise UserError(
        f"the {what} is no longer a number in epoch {counters.epochs + 1}, at the batch of "
        f"{', '.join(pictures)}{more}; the run is kept as it was after epoch {counters.epochs}: look at the "
        "pictures, or start again with a smaller --lr"
    )
