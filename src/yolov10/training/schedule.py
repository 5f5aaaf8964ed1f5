"""What changes from step to step of a training, as pure functions of where it stands (spec 4.5).

An iteration is a batch, counted from 0 over all epochs.
"""

from dataclasses import dataclass
from math import cos, pi
from typing import Literal

MIN_WARMUP = 100
"""Iterations."""


@dataclass(frozen=True)
class Schedule:
    """Learning rates, momentum and accumulation of one training."""

    epochs: int
    batches: int
    """An epoch."""
    lr: float
    accumulate: float
    """Nominal batch ÷ batch; rounded, the batches whose gradients make a step after the warm-up."""
    final_lr: float = 0.01
    """Part of `lr`."""
    shape: Literal["linear", "cosine"] = "linear"
    momentum: float = 0.937
    warmup_epochs: float = 3.0
    warmup_momentum: float = 0.8
    warmup_bias_lr: float = 0.0

    @property
    def warmup(self) -> int:
        """Iterations of warm-up; none only where none are wanted."""
        return max(round(self.warmup_epochs * self.batches), MIN_WARMUP) if self.warmup_epochs else 0

    def factor(self, epoch: int) -> float:
        """The part of the first learning rate that is left in an epoch, counted from 0."""
        if self.shape == "cosine":
            return 1 + (self.final_lr - 1) * (1 - cos(pi * epoch / self.epochs)) / 2
        return max(1 - epoch / self.epochs, 0) * (1 - self.final_lr) + self.final_lr

    def learning_rate(self, iteration: int, *, bias: bool = False) -> float:
        """That of the biases, or of all else; after the warm-up it lags one epoch behind, as published.

        That is an off-by-one, but the official logs show it, and with it the published weights were trained.
        """
        epoch = iteration // self.batches
        if iteration <= self.warmup:
            start = self.warmup_bias_lr if bias else 0.0
            return self._warming(iteration, start, self.lr * self.factor(epoch))
        return self.lr * self.factor(max(epoch - 1, 0))

    def momentum_at(self, iteration: int) -> float:
        """For an optimizer that has one."""
        return self._warming(iteration, self.warmup_momentum, self.momentum)

    def accumulate_at(self, iteration: int) -> int:
        """Batches that make a step."""
        return max(1, round(self._warming(iteration, 1, self.accumulate)))

    def _warming(self, iteration: int, start: float, end: float) -> float:
        """On the straight line from `start` at iteration 0 to `end` when the warm-up is over."""
        part = min(iteration / self.warmup, 1.0) if self.warmup else 1.0
        return start + part * (end - start)
