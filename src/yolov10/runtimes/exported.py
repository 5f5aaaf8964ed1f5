"""What exported files have in common, whichever library runs them: their card and their one output."""

import os
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from yolov10.errors import UserError
from yolov10.model_card import ModelCard
from yolov10.runtimes.runtime import no_rows

Shape = Sequence[object]
"""Sides of a tensor; what is not an int is free."""


def read_card(path: str | os.PathLike[str], metadata: Mapping[str, str]) -> ModelCard:
    """The card in a file's metadata. Raises UserError naming the file."""
    try:
        return ModelCard.from_onnx(metadata)
    except UserError as fault:
        raise UserError(f"{path}: {fault}") from None


def check_form(path: str | os.PathLike[str], inputs: Sequence[Shape], outputs: Sequence[Shape]) -> None:
    """Raise UserError unless the file maps [N, 3, H, W] to [N, K, 6] (contract, section 4)."""
    if len(inputs) != 1 or len(inputs[0]) != 4 or inputs[0][1] != 3:
        raise UserError(f"{path}: not a YOLOv10 detector: one input [N, 3, H, W] is needed")
    if len(outputs) != 1 or len(outputs[0]) != 3 or outputs[0][2] != 6:
        raise UserError(f"{path}: not a YOLOv10 detector: one output [N, K, 6] is needed")
    batch, _, height, width = inputs[0]
    if isinstance(batch, int) and batch < 1:
        raise UserError(f"{path}: takes batches of {batch} pictures: export it with a free batch")
    if isinstance(height, int) != isinstance(width, int):
        raise UserError(f"{path}: fixes one side of its pictures, not the other: export it with both or none")


def fixed_sides(shape: Shape) -> tuple[int, int] | None:
    """Height and width of an input [N, 3, H, W] that takes no other, else None."""
    height, width = shape[2:]
    return (height, width) if isinstance(height, int) and isinstance(width, int) else None


def run_in_steps(
    run: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    images: NDArray[np.float32],
    fixed_batch: object,
) -> NDArray[np.float32]:
    """Rows [B, K, 6] of images [B, 3, H, W], run in batches the file takes; no images give [0, 0, 6]."""
    if len(images) == 0:
        return no_rows(0)
    step = fixed_batch if isinstance(fixed_batch, int) else len(images)
    short = -len(images) % step
    # A last batch that is short is filled with its own last picture, whose rows are cut off again.
    filled = np.concatenate([images, np.repeat(images[-1:], short, axis=0)]) if short else images
    parts = [run(filled[start : start + step]) for start in range(0, len(filled), step)]
    return np.concatenate(parts)[: len(images)].astype(np.float32, copy=False)


def keep_classes(rows: NDArray[np.float32], classes: Sequence[int] | None) -> NDArray[np.float32]:
    """Rows [B, K, 6] with score 0 in those of other classes: the file's top-k came first."""
    if classes is not None and len(classes) == 0:
        return rows[:, :0]
    if classes is not None:
        rows[~np.isin(rows[..., 5], classes), 4] = 0
    return rows
