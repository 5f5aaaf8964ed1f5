"""The exponential moving average of a network's weights: what is validated and saved (spec 4.5)."""

import copy
from math import exp

import torch

from yolov10.network.model import YOLOv10


class Ema:
    """A second network that follows the one in training; batch-norm statistics are averaged, too."""

    def __init__(self, network: YOLOv10, *, decay: float = 0.9999, time_constant: float = 2000) -> None:
        """Begin as a copy of the network; updates are counted by optimizer steps, as is `time_constant`."""
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay, self.time_constant = decay, time_constant
        self.updates = 0

    def decay_at(self, update: int) -> float:
        """The part of itself that the average keeps at an update, counted from 1; little at first."""
        return self.decay * (1 - exp(-update / self.time_constant))

    @torch.no_grad()
    def update(self, network: YOLOv10) -> None:
        """Take in the network's weights after a step: v ← d·v + (1 − d)·weights, of all floating entries."""
        self.updates += 1
        theirs = network.state_dict()
        pairs = [
            (own, theirs[name]) for name, own in self.network.state_dict().items() if own.is_floating_point()
        ]
        averages, latest = zip(*pairs, strict=True)
        torch._foreach_lerp_(averages, latest, 1 - self.decay_at(self.updates))
