"""Starting from another model's weights: what fits is taken, and what became of the rest is reported."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from yolov10.errors import UserError
from yolov10.network.model import YOLOv10

SHOWN = 3


@dataclass(frozen=True)
class Transfer:
    """What became of every entry of the new network."""

    taken: list[str]
    left: list[str]
    """Of another shape there, or not there: these keep their fresh values."""

    def __str__(self) -> str:
        total = len(self.taken) + len(self.left)
        if not self.left:
            return f"all {total} entries taken"
        names = ", ".join(self.left[:SHOWN]) + (", …" if len(self.left) > SHOWN else "")
        return f"{len(self.taken)} of {total} entries taken, {len(self.left)} start fresh: {names}"


@torch.no_grad()
def transfer(network: YOLOv10, source: YOLOv10, name: str) -> Transfer:
    """Copy every entry of equal name and shape into `network` (spec 8.4).

    Class branches depend on the number of classes: of scale n wholly, of the others in the last convolution
    (spec 3.1). `name` is that of the source's file. Raises UserError for fused weights and another scale.
    """
    if source.fused:
        raise UserError(f"{name} is fused for inference and cannot be trained: start from unfused weights")
    if source.card.scale != network.card.scale:
        raise UserError(
            f"{name} is a YOLOv10-{source.card.scale}: leave --scale {network.card.scale} out, "
            "or take other --weights"
        )
    theirs = source.state_dict()
    own = network.state_dict()
    taken = [key for key, value in own.items() if key in theirs and theirs[key].shape == value.shape]
    for key in taken:
        own[key].copy_(theirs[key])
    return Transfer(taken, [key for key in own if key not in set(taken)])


def freeze(network: YOLOv10, layers: int) -> None:
    """Exclude the first layers from learning. Raises UserError where nothing is left to learn."""
    if layers >= len(network.model):
        raise UserError(f"freeze is {layers}, but the last of the {len(network.model)} layers must learn")
    for layer in frozen_layers(network, layers):
        layer.requires_grad_(False)


def frozen_layers(network: YOLOv10, layers: int) -> Sequence[torch.nn.Module]:
    """The first layers; their batch-norms keep their statistics, so they belong in eval mode."""
    return list(network.model)[:layers]
