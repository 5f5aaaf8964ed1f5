"""The detector: a model, and how its findings are to be read."""

import itertools
import numbers
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yolov10 import images
from yolov10.architecture import MAX_DETECTIONS
from yolov10.classes import select_classes
from yolov10.detections import Detections
from yolov10.errors import UserError, WrongValueError
from yolov10.image_size import MAX_SIDE, ImageSize, network_size
from yolov10.images import Image
from yolov10.letterbox import Frame, fit, letterbox, network_input
from yolov10.prediction.counting import Crossings
from yolov10.prediction.frames import AS_USUAL, Playback, each_picture
from yolov10.prediction.sources import Entry, Picture, pictures
from yolov10.prediction.tiling import detect_in_tiles
from yolov10.prediction.video import camera_or_stream
from yolov10.runtimes.open import RuntimeChoice, open_runtime
from yolov10.runtimes.runtime import Precision

DEFAULT_CONFIDENCE = 0.25
"""Where neither the user nor the model says (contract, section 2)."""


@dataclass(frozen=True, eq=False)
class Found:
    """A picture that was read, and what was found in it."""

    picture: Picture
    pixels: Image
    detections: Detections
    crossings: tuple[Crossings, ...] = ()
    """What was counted in its video, up to now."""


@dataclass(frozen=True)
class Failure:
    """A picture that could not be read."""

    picture: Picture
    error: str


class Detector:
    """Finds objects in pictures with a model file.

    model: `.safetensors`, `.onnx`, OpenVINO `.xml`, foreign `.pt` (read, never executed), or a folder of one.
    confidence: what is surer is kept; by default the model's own threshold, else 0.25.
    classes: names or indices to look for, also as text with commas; by default all.
    image_size: long side (640), or height and width exactly ("384x640" or a pair); by default the model's.
    one_class_per_box: of one box with several classes, keep the surest.
    tile: look at pictures larger than this in overlapping tiles of so many pixels, too: for small objects.
    threads: CPU threads, all cores by default. max_pixels: pictures beyond are refused.
    Raises UserError, one line that says what to do.
    """

    def __init__(
        self,
        model: str | os.PathLike[str],
        *,
        confidence: float | None = None,
        classes: str | int | Iterable[str | int] | None = None,
        image_size: ImageSize | str | None = None,
        max_detections: int = MAX_DETECTIONS,
        one_class_per_box: bool = False,
        tile: int | None = None,
        device: str = "auto",
        runtime: RuntimeChoice = "auto",
        precision: Precision = "fp32",
        threads: int | None = None,
        max_pixels: int = images.MAX_PIXELS,
    ) -> None:
        _check("confidence", confidence, 0, 1, numbers.Real)
        _check("max_detections", max_detections, 1, MAX_DETECTIONS)
        _check("tile", tile, 32, MAX_SIDE)
        _check("threads", threads, 1, 4096)
        _check("max_pixels", max_pixels, 1, 2**40)
        self.runtime = open_runtime(
            model, runtime=runtime, device=device, precision=precision, threads=threads
        )
        card = self.runtime.card
        self.names = list(card.names)
        self.confidence = next(
            value for value in (confidence, card.threshold, DEFAULT_CONFIDENCE) if value is not None
        )
        self.classes = None if classes is None else select_classes(_listed(classes), card.names)
        self.image_size = network_size(image_size, self.runtime.fixed_shape, card.image_size)
        self.max_detections = max_detections
        self.one_class_per_box = one_class_per_box
        self.tile = tile
        self.max_pixels = max_pixels

    def __call__(self, image: Any) -> Detections:  # noqa: ANN401 - a PIL image, without importing PIL
        """Detect in one picture: a path, encoded bytes, a NumPy BGR array [h, w, 3], or a PIL image."""
        picture = self._picture(image)
        return self._detect([picture.read()], [picture])[0]

    def stream(
        self,
        source: Any,  # noqa: ANN401 - as `__call__` takes, too
        *,
        batch: int = 1,
        playback: Playback = AS_USUAL,
        on_failure: Callable[[Failure], None] | None = None,
    ) -> Iterator[Detections]:
        """Detect in every picture of a source, in order, holding no more than `batch` pictures.

        source: a picture, folder, glob, text list, video, number of a camera or address of a stream; or
        several, among which arrays, PIL images and encoded bytes may be. Pictures that cannot be read are
        left out: each is told to `on_failure`, by default as a warning. playback: how videos are read.
        """
        entries = each_picture(self._entries(source), playback, max_pixels=self.max_pixels)
        for result in self.results(entries, batch=batch):
            if isinstance(result, Found):
                yield result.detections
            elif on_failure is not None:
                on_failure(result)
            else:
                warnings.warn(result.error, stacklevel=2)

    def results(self, source: Iterable[Picture], *, batch: int = 1) -> Iterator[Found | Failure]:
        """What became of every picture, in order: one entry each, read or not."""
        _check("batch", batch, 1, 4096)
        remaining = iter(source)
        groups = iter(lambda: list(itertools.islice(remaining, batch)), [])
        return itertools.chain.from_iterable(map(self._group_results, groups))

    def _entries(self, source: Any) -> Iterator[Entry]:  # noqa: ANN401
        several = isinstance(source, Iterable) and not isinstance(source, str | os.PathLike | bytes)
        for one in source if several and not hasattr(source, "shape") else [source]:
            if isinstance(one, str | os.PathLike):
                yield from pictures([one], self.max_pixels)
            elif isinstance(one, int):
                yield camera_or_stream(str(one))
            else:
                yield self._picture(one)

    def _picture(self, image: Any) -> Picture:  # noqa: ANN401
        """One picture, whatever form it has."""
        if isinstance(image, str | os.PathLike):
            source = os.fsdecode(image)
            return Picture(source, lambda: images.read(source, max_pixels=self.max_pixels), Path(source))
        if isinstance(image, bytes | bytearray | memoryview):
            data, name = bytes(image), "the picture given"
            return Picture("", lambda: images.decode(data, name=name, max_pixels=self.max_pixels), Path(name))
        return Picture("", lambda: images.from_array(image), Path("array"))

    def _group_results(self, group: Sequence[Picture]) -> Iterator[Found | Failure]:
        outcomes = [_read(picture) for picture in group]
        read = [
            (picture, pixels)
            for picture, pixels in zip(group, outcomes, strict=True)
            if not isinstance(pixels, Failure)
        ]
        found = iter(self._detect([pixels for _, pixels in read], [picture for picture, _ in read]))
        for picture, outcome in zip(group, outcomes, strict=True):
            yield outcome if isinstance(outcome, Failure) else Found(picture, outcome, next(found))

    def _detect(self, batch: Sequence[Image], pictures: Sequence[Picture]) -> list[Detections]:
        """Detections in each picture, looked at in tiles where that is asked for."""
        if self.tile is None:
            found = self._detect_together(batch)
        else:
            found = [detect_in_tiles(pixels, self.tile, self._detect_together) for pixels in batch]
        return [
            replace(one, source=picture.source, frame=picture.moment.number if picture.moment else None)
            for one, picture in zip(found, pictures, strict=True)
        ]

    def _detect_together(self, batch: Sequence[Image]) -> list[Detections]:
        """Detections in each picture. Pictures of one shape run together; none depends on its company."""
        frames = [fit(pixels.shape[1], pixels.shape[0], self.image_size) for pixels in batch]
        by_shape: dict[tuple[int, int], list[int]] = {}
        for index, frame in enumerate(frames):
            by_shape.setdefault((frame.height, frame.width), []).append(index)
        rows: dict[int, NDArray[np.float32]] = {}
        for indices in by_shape.values():
            boxed = [letterbox(batch[index], frames[index]) for index in indices]
            rows.update(zip(indices, self.runtime(network_input(boxed), self.classes), strict=True))
        return [self._read_rows(rows[index], frames[index]) for index in range(len(batch))]

    def _read_rows(self, rows: NDArray[np.float32], frame: Frame) -> Detections:
        """The network's rows [K, 6] as detections in the picture's own pixels."""
        rows = rows[(rows[:, 4] > self.confidence) & np.isfinite(rows).all(axis=1)]
        if len(rows) and not 0 <= rows[:, 5].min() <= rows[:, 5].max() < len(self.names):
            worst = rows[np.abs(rows[:, 5]).argmax(), 5]
            raise UserError(f"the model gives class {worst:.0f}, but it names {len(self.names)}")
        if self.one_class_per_box:
            # One anchor's box repeats to the last bit for each of its classes; the surest comes first.
            rows = rows[np.sort(np.unique(rows[:, :4], axis=0, return_index=True)[1])]
        rows = rows[: self.max_detections]
        return Detections(
            boxes=frame.undo(rows[:, :4]),
            scores=rows[:, 4],
            classes=rows[:, 5].astype(np.int64),
            names=list(self.names),
            width=frame.source_width,
            height=frame.source_height,
        )


def _check(name: str, value: Any, least: float, most: float, kind: type = numbers.Integral) -> None:  # noqa: ANN401
    """Raise WrongValueError for a value that is given and is no number of its kind within the bounds."""
    is_number = isinstance(value, kind)
    if value is not None and not (is_number and least <= value <= most):
        raise WrongValueError(f"{name} {value!r} is not between {least} and {most}")


def _listed(classes: str | int | Iterable[str | int]) -> Iterable[str | int]:
    """Classes as a user writes them: one, several, or text with commas."""
    if isinstance(classes, str):
        return classes.split(",")
    return [classes] if isinstance(classes, int) else classes


def _read(picture: Picture) -> Image | Failure:
    try:
        return picture.read()
    except UserError as fault:
        return Failure(picture, str(fault))
