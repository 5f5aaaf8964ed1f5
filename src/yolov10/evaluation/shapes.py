"""Which shape each picture is shown to the network in: as `predict` does, or as the authors validated."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal, TypeVar

import numpy as np

from yolov10.architecture import STRIDES
from yolov10.errors import UserError
from yolov10.image_size import ImageSize, network_size
from yolov10.images import Image
from yolov10.letterbox import Frame, fit, letterbox
from yolov10.opencv import cv2

Shapes = Literal["predict", "published"]

PUBLISHED_BATCH = 256
"""Pictures that share a shape in the authors' stand-alone validation (spec 6.1)."""

T = TypeVar("T")

Size = tuple[int, int]
"""Width and height."""


@dataclass(frozen=True)
class Slot:
    """One picture's place in a batch."""

    index: int
    """Of the picture, among those evaluated."""
    frame: Frame
    """Brings boxes back to the picture's pixels."""
    resized: Size | None = None
    """What the picture is scaled to before a letterbox that does not scale; None where the letterbox does."""


def evaluation_size(
    wanted: ImageSize | str | None, fixed: tuple[int, int] | None, own: int, shapes: Shapes
) -> ImageSize:
    """The size to evaluate at, as `network_size` says. Raises UserError for one without published shapes."""
    if shapes == "published" and fixed is not None:
        raise UserError(
            f"the model takes pictures of {fixed[0]}x{fixed[1]} only: leave the published protocol out"
        )
    size = network_size(wanted, fixed, own)
    if shapes == "published" and not isinstance(size, int):
        raise UserError("the published protocol fits the long side: give the image size as one number")
    return size


def plan(sizes: Sequence[Size], size: ImageSize, shapes: Shapes, batch: int) -> list[list[Slot]]:
    """Batches of at most `batch` pictures of one shape that hold every picture once.

    The shapes, and so the results, do not depend on `batch`.
    """
    slots = _as_predicted(sizes, size) if shapes == "predict" else _as_published(sizes, size)
    by_shape: dict[tuple[int, int], list[Slot]] = {}
    for slot in slots:
        by_shape.setdefault((slot.frame.height, slot.frame.width), []).append(slot)
    return [part for group in by_shape.values() for part in _parts(group, batch)]


def fill(slot: Slot, pixels: Image) -> Image:
    """The picture [h, w, 3] as its slot wants it: [slot.frame.height, slot.frame.width, 3]."""
    if slot.resized is None:
        return letterbox(pixels, slot.frame)
    width, height = slot.resized
    resized = cv2.resize(pixels, slot.resized, interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
    return letterbox(resized, replace(slot.frame, source_width=width, source_height=height, gain=1.0))


def _as_predicted(sizes: Sequence[Size], size: ImageSize) -> Iterator[Slot]:
    for index, (width, height) in enumerate(sizes):
        yield Slot(index, fit(width, height, size))


def _as_published(sizes: Sequence[Size], size: ImageSize) -> Iterator[Slot]:
    """Pictures sorted by height over width; a batch shares the least shape around them (spec 5.7)."""
    assert isinstance(size, int)
    order = sorted(range(len(sizes)), key=lambda index: sizes[index][1] / sizes[index][0])
    for group in _parts(order, PUBLISHED_BATCH):
        height, width = published_shape([sizes[index] for index in group], size)
        for index in group:
            yield _published_slot(index, sizes[index], size, height, width)


def published_shape(sizes: Sequence[Size], size: int) -> tuple[int, int]:
    """Height and width of the input that pictures of these sizes share (spec 5.7).

    The half in it makes the long side 672 where `size` is 640.
    """
    ratios = [height / width for width, height in sizes]
    high, wide = 1.0, 1.0
    if max(ratios) < 1:
        high = max(ratios)
    elif min(ratios) > 1:
        wide = 1 / min(ratios)
    stride = STRIDES[-1]
    return ceil(high * size / stride + 0.5) * stride, ceil(wide * size / stride + 0.5) * stride


def _published_slot(index: int, source: Size, size: int, height: int, width: int) -> Slot:
    """The long side becomes `size` (spec 5.2, load), which always fits; gray fills the rest (spec 5.5)."""
    scale = size / max(source)
    scaled_width, scaled_height = (min(ceil(side * scale), size) for side in source)
    frame = Frame(
        source_width=source[0],
        source_height=source[1],
        width=width,
        height=height,
        gain=scaled_height / source[1],  # spec 7.3
        left=round((width - scaled_width) / 2 - 0.1),
        top=round((height - scaled_height) / 2 - 0.1),
    )
    return Slot(index, frame, (scaled_width, scaled_height))


def _parts(things: list[T], length: int) -> list[list[T]]:
    return [things[start : start + length] for start in range(0, len(things), length)]
