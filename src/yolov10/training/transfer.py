"""Starting from another model's weights: what fits is taken, and what became of the rest is reported."""

import re
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
    unknown: list[str]
    """Classes that are not there, where others are: so do their rows in the last class convolutions."""

    def __str__(self) -> str:
        total = len(self.taken) + len(self.left)
        new = f"; the classes {_some(self.unknown)} start fresh" if self.unknown else ""
        if not self.left:
            return f"all {total} entries taken{new}"
        fresh = f"{len(self.left)} start fresh: {_some(self.left)}"
        return f"{len(self.taken)} of {total} entries taken, {fresh}{new}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")


LAST_OF_CLASSES = re.compile(r"cv3\.\d\.2\.(weight|bias)")
"""Ends the names of entries with a row a class."""


@torch.no_grad()
def transfer(network: YOLOv10, source: YOLOv10, name: str) -> Transfer:
    """Copy every entry of equal name and shape into `network` (spec 8.4).

    Class branches depend on the number of classes: of scale n wholly, of the others in the last convolution
    (spec 3.1). A class that both know keeps its row there, wherever it stands. `name` is that of the source's
    file. Raises UserError for fused weights and another scale.
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
    names, places = network.card.names, {name: at for at, name in enumerate(source.card.names)}
    known = [index for index, name in enumerate(names) if name in places]
    for key in taken:
        if known and LAST_OF_CLASSES.search(key):
            own[key][known] = theirs[key][[places[names[index]] for index in known]]
        else:
            own[key].copy_(theirs[key])
    unknown = [name for name in names if name not in places] if known else []
    return Transfer(
        taken,
        [key for key in own if key not in set(taken)],
        unknown if any(map(LAST_OF_CLASSES.search, taken)) else [],
    )


def freeze(network: YOLOv10, layers: int) -> None:
    """Exclude the first layers from learning. Raises UserError where nothing is left to learn."""
    if layers >= len(network.model):
        raise UserError(f"freeze is {layers}, but the last of the {len(network.model)} layers must learn")
    for layer in frozen_layers(network, layers):
        layer.requires_grad_(False)


def frozen_layers(network: YOLOv10, layers: int) -> Sequence[torch.nn.Module]:
    """The first layers; their batch-norms keep their statistics, so they belong in eval mode."""
    return list(network.model)[:layers]
