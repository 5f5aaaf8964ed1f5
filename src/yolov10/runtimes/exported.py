"""What exported files have in common, whichever library runs them: their card, their form, their output."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yolov10.errors import NO_MEMORY, UserError, lacks_memory
from yolov10.letterbox import network_input
from yolov10.model_card import ModelCard
from yolov10.runtimes.runtime import Images, are_pictures, no_rows, only
from yolov10.runtimes.top_k import best_rows

Shape = Sequence[object]
"""Sides of a tensor; what is not an int is free."""

INPUT_TYPES = ("float32", "float16", "uint8")


@dataclass(frozen=True)
class FileForm:
    """What a file takes and gives (contract, section 4)."""

    input_type: str = "float32"
    """Of [N, 3, H, W] RGB 0..1; "uint8" is [N, H, W, 3] 0..255."""
    bgr: bool = False
    """Order of the channels of a uint8 input."""
    raw: bool = False
    """Whether it gives all anchors [N, 4 + nc, A] instead of rows [N, K, 6]."""
    batch: int | None = None
    """Pictures it takes, no other number; else None."""
    sides: tuple[int, int] | None = None
    """Height and width, when it takes no other."""
    precision: str = "fp32"
    """What it declares to compute in; fp32, too, where it says nothing."""


def refusal(path: str | os.PathLike[str], library: str, reason: str | Exception) -> UserError:
    """What to say of a file that a library cannot run, from its words, or a fault it raised."""
    if isinstance(reason, Exception) and lacks_memory(reason):
        return UserError(f"{path}: {NO_MEMORY}")
    last = (str(reason).strip().splitlines() or ["no reason given"])[-1][:120]  # before it, where it arose
    return UserError(f"{path}: not a file that {library} can run ({last}): copy or make it again")


def describe(
    path: str | os.PathLike[str],
    metadata: Mapping[str, str],
    input_type: str,
    inputs: Sequence[Shape],
    outputs: Sequence[Shape],
) -> tuple[ModelCard, FileForm]:
    """What a file says of itself, and its form, told by the shapes of all it takes and gives.

    Raises UserError naming the file when it is no detector of the contract, section 4.
    """
    one = inputs[0] if len(inputs) == 1 and len(inputs[0]) == 4 else (None,) * 4
    batch, channels, height, width = (
        one[side] for side in ((0, 3, 1, 2) if input_type == "uint8" else range(4))
    )
    if channels != 3:
        layout = "[N, H, W, 3]" if input_type == "uint8" else "[N, 3, H, W]"
        raise UserError(f"{path}: not a YOLOv10 detector: one input {layout} is needed")
    if input_type not in INPUT_TYPES:
        raise UserError(f"{path}: takes {input_type}: export it with a float32, float16 or uint8 input")
    if isinstance(batch, int) and batch < 1:
        raise UserError(f"{path}: takes batches of {batch} pictures: export it with a free batch")
    if isinstance(height, int) != isinstance(width, int):
        raise UserError(f"{path}: fixes one side of its pictures, not the other: export it with both or none")
    card = _read_card(path, metadata)
    form = FileForm(
        input_type=input_type,
        bgr=metadata.get("channels") == "BGR",
        precision=metadata.get("precision", "fp32"),
        raw=_is_raw(path, outputs, len(card.names)),
        batch=batch if isinstance(batch, int) else None,
        sides=(height, width) if isinstance(height, int) and isinstance(width, int) else None,
    )
    return card, form


def _read_card(path: str | os.PathLike[str], metadata: Mapping[str, str]) -> ModelCard:
    try:
        return ModelCard.from_onnx(metadata)
    except UserError as fault:
        raise UserError(f"{path}: {fault}") from None


def _is_raw(path: str | os.PathLike[str], outputs: Sequence[Shape], num_classes: int) -> bool:
    last = outputs[0] if len(outputs) == 1 and len(outputs[0]) == 3 else (None,) * 3
    if last[2] != 6 and last[1] != 4 + num_classes:
        raise UserError(
            f"{path}: not a YOLOv10 detector: one output [N, K, 6] or [N, 4 + classes, anchors] is needed"
        )
    return last[2] != 6


def detect(
    run: Callable[[NDArray[Any]], NDArray[Any]],
    form: FileForm,
    images: Images,
    classes: Sequence[int] | None,
) -> NDArray[np.float32]:
    """Rows [B, K, 6] of images, as `Runtime` says, by a file's `run` in batches it takes."""
    if len(images) == 0 or (classes is not None and len(classes) == 0):
        return no_rows(len(images))
    output = _in_steps(run, as_taken(images, form), form.batch)[: len(images)]
    if form.raw:
        return best_rows(output, classes)
    rows: NDArray[np.float32] = output.astype(np.float32, copy=False)
    return _surest_first(rows if classes is None else only(classes, rows))


def _surest_first(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows [B, K, 6] in the order that `Runtime` promises; other programs' files have theirs."""
    if not (np.diff(rows[..., 4]) > 0).any():
        return rows
    order = np.argsort(-rows[..., 4], axis=1, kind="stable")
    return np.take_along_axis(rows, order[..., None], axis=1)


def _in_steps(
    run: Callable[[NDArray[Any]], NDArray[Any]], images: NDArray[Any], batch: int | None
) -> NDArray[Any]:
    """The outputs of all images; of a short last batch, those that filled it up are still there."""
    if batch is None or batch == len(images):
        return run(images)
    short = -len(images) % batch
    filled = np.concatenate([images, np.repeat(images[-1:], short, axis=0)]) if short else images
    return np.concatenate([run(filled[start : start + batch]) for start in range(0, len(filled), batch)])


def as_taken(images: Images, form: FileForm) -> NDArray[Any]:
    """Images, as `Runtime` takes them, in the type, layout and channel order of the file's input."""
    if form.input_type != "uint8":
        planes = network_input(images) if are_pictures(images) else images
        return planes.astype(form.input_type, copy=False)
    if are_pictures(images):
        return images if form.bgr else np.ascontiguousarray(images[..., ::-1])
    rgb = np.rint(images * 255).astype(np.uint8).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(rgb[..., ::-1] if form.bgr else rgb)
