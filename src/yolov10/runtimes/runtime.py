"""The one protocol behind which every inference library stands."""

from collections.abc import Sequence
from typing import Literal, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from yolov10.errors import UserError
from yolov10.model_card import ModelCard

Precision = Literal["fp32", "bf16", "fp16"]

Images = NDArray[np.uint8] | NDArray[np.float32]
"""[B, H, W, 3] uint8, BGR, as pictures are; or [B, 3, H, W] float32, RGB 0..1. H, W: multiples of 32."""


class Runtime(Protocol):
    """Maps images to detections; top-k is part of the network, so every runtime gives one shape."""

    @property
    def card(self) -> ModelCard:
        """What the model file says of itself."""

    @property
    def fixed_shape(self) -> tuple[int, int] | None:
        """Height and width when the file takes no other, else None."""

    @property
    def gains_together(self) -> bool:
        """Whether pictures take less time together than one after another."""

    def __call__(self, images: Images, classes: Sequence[int] | None = None) -> NDArray[np.float32]:
        """B images → rows [B, K, 6]: x1 y1 x2 y2 in input pixels, score, class.

        Highest score first. `classes` keeps those alone: before the top-k where the model allows it.
        No images or no classes give no rows. May be called from several threads at once.
        """


class Around:
    """A runtime around another, of the same model: what it adds is in its `__call__`."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    @property
    def card(self) -> ModelCard:
        """What the model file says of itself."""
        return self.runtime.card

    @property
    def fixed_shape(self) -> tuple[int, int] | None:
        """Height and width when the file takes no other, else None."""
        return self.runtime.fixed_shape

    @property
    def gains_together(self) -> bool:
        """Whether pictures take less time together than one after another."""
        return self.runtime.gains_together


def are_pictures(images: Images) -> TypeGuard[NDArray[np.uint8]]:
    """Whether they are uint8 pictures, not float32 planes."""
    return images.dtype == np.uint8


def sides_of(images: Images) -> tuple[int, int]:
    """Height and width."""
    height, width = images.shape[1:3] if are_pictures(images) else images.shape[2:]
    return height, width


def check_classes(classes: Sequence[int], card: ModelCard) -> None:
    """Raise UserError for a class that the model does not have."""
    if absent := [index for index in classes if not 0 <= index < len(card.names)]:
        raise UserError(f"no class {absent[0]}: the network has classes 0 to {len(card.names) - 1}")


def only(classes: Sequence[int], rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows [B, K, 6] whose scores are 0 but for those of the classes: chosen after the top-k."""
    return np.where(np.isin(rows[..., 5:], classes) | (np.arange(6) != 4), rows, np.float32(0))


def no_rows(batch: int) -> NDArray[np.float32]:
    """What a runtime gives where there is nothing to find: [B, 0, 6]."""
    return np.zeros((batch, 0, 6), np.float32)
