"""The detector: a model, and how its findings are to be read."""

import itertools
import numbers
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yolov10 import images
from yolov10.architecture import MAX_DETECTIONS
from yolov10.bounds import check_between, check_if_given
from yolov10.classes import select_classes
from yolov10.detections import Detections
from yolov10.errors import UserError
from yolov10.image_size import MAX_SIDE, ImageSize, network_size
from yolov10.model_card import DEFAULT_CONFIDENCE
from yolov10.prediction.ahead import Canvases, Ready, cut_out, groups, prepare, read_ahead
from yolov10.prediction.found import Failure, Found
from yolov10.prediction.frames import AS_USUAL, Playback, each_picture
from yolov10.prediction.given import all_pictures, one_picture
from yolov10.prediction.picture import Picture
from yolov10.prediction.tiling import detect_in_tiles
from yolov10.runtimes.open import RuntimeChoice, open_runtime
from yolov10.runtimes.runtime import Precision, Runtime

MOST_IN_TILES = 1_000_000
"""Detections that may be asked for where each of many tiles gives up to `MAX_DETECTIONS`."""


class Detector:
    """Finds objects in pictures with a model file.

    model: `.safetensors`, `.onnx`, OpenVINO `.xml`, foreign `.pt` (read, never executed), or a folder of one;
    or a runtime, open already: `runtime`, `device`, `precision` and `threads` then say nothing.
    confidence: what is surer is kept; by default the model's own threshold, else 0.25.
    classes: names or indices to look for, also as text with commas; by default all.
    image_size: long side (640), or height and width exactly ("384x640" or a pair); by default the model's.
    max_detections: the surest so many of a picture, tiles or not; by default all: the 300 that a network
    gives at most, or what all tiles together give.
    one_class_per_box: of one box with several classes, keep the surest.
    tile: look at pictures larger than this in overlapping tiles of so many pixels, too: for small objects.
    threads: CPU threads, all cores by default. cache: keep what OpenVINO compiled on disk.
    max_pixels: pictures beyond are refused. full_decode: read JPEGs whole even where they are large,
    at least twice what the network takes; by default such are read smaller, and faster (docs/performance.md).
    Raises UserError, one line that says what to do.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | Runtime,
        *,
        confidence: float | None = None,
        classes: str | int | Iterable[str | int] | None = None,
        image_size: ImageSize | str | None = None,
        max_detections: int | None = None,
        one_class_per_box: bool = False,
        tile: int | None = None,
        device: str = "auto",
        runtime: RuntimeChoice = "auto",
        precision: Precision | None = None,
        threads: int | None = None,
        cache: bool = True,
        max_pixels: int = images.MAX_PIXELS,
        full_decode: bool = False,
    ) -> None:
        check_if_given("confidence", confidence, 0, 1, numbers.Real)
        check_if_given("max_detections", max_detections, 1, MAX_DETECTIONS if tile is None else MOST_IN_TILES)
        check_if_given("tile", tile, 32, MAX_SIDE)
        check_between("max_pixels", max_pixels, 1, 2**40)
        self.runtime = (
            open_runtime(
                model, runtime=runtime, device=device, precision=precision, threads=threads, cache=cache
            )
            if isinstance(model, str | os.PathLike)
            else model
        )
        card = self.runtime.card
        self.names = list(card.names)
        self.confidence = next(
            value for value in (confidence, card.threshold, DEFAULT_CONFIDENCE) if value is not None
        )
        self.classes = None if classes is None else select_classes(classes, card.names)
        self.image_size = network_size(image_size, self.runtime.fixed_shape, card.image_size)
        self.max_detections = max_detections
        self.one_class_per_box = one_class_per_box
        self.tile = tile
        self.max_pixels = max_pixels
        self.full_decode = full_decode
        self.canvases = Canvases()

    def __call__(self, image: Any) -> Detections:  # noqa: ANN401 - a PIL image, without importing PIL
        """Detect in one picture: a path, encoded bytes, a NumPy BGR array [h, w, 3], or a PIL image."""
        return self._detect([self._prepare(one_picture(image, self.max_pixels))])[0]

    def stream(
        self,
        source: Any,  # noqa: ANN401 - as `__call__` takes, too
        *,
        batch: int = 1,
        playback: Playback = AS_USUAL,
        on_failure: Callable[[Failure], None] | None = None,
    ) -> Iterator[Detections]:
        """Detect in every picture of a source, in order, holding no more than three times `batch` pictures.

        source: a picture, folder, glob, text list, video, number of a camera or address of a stream; or
        several, among which arrays, PIL images and encoded bytes may be. Pictures that cannot be read are
        left out: each is told to `on_failure`, by default as a warning. playback: how videos are read.
        """
        entries = all_pictures(source, self.max_pixels)
        frames = each_picture(entries, playback, max_pixels=self.max_pixels)
        for result in self.results(frames, batch=batch):
            if isinstance(result, Found):
                yield result.detections
            elif on_failure is not None:
                on_failure(result)
            else:
                warnings.warn(result.error, stacklevel=2)

    def results(self, source: Iterable[Picture], *, batch: int = 1) -> Iterator[Found | Failure]:
        """What became of every picture, in order: one entry each, read or not.

        One of a live source is looked at at once: it waits for no batch to be full.
        """
        check_between("batch", batch, 1, 4096)
        ready = read_ahead(source, self._try_to_prepare, ahead=2 * batch, at_once=Picture.is_live)
        together = groups(ready, batch, is_last=lambda one: one.picture.is_live())
        return itertools.chain.from_iterable(map(self._group_results, together))

    def _prepare(self, picture: Picture) -> Ready:
        """A picture as the network takes it; read whole where tiles are to be cut out of it."""
        full_decode = self.full_decode or self.tile is not None
        return prepare(picture, self.image_size, self.canvases, full_decode=full_decode)

    def _try_to_prepare(self, picture: Picture) -> Ready | Failure:
        try:
            return self._prepare(picture)
        except UserError as fault:
            return Failure(picture, str(fault))

    def _group_results(self, group: Sequence[Ready | Failure]) -> Iterator[Found | Failure]:
        found = iter(self._detect([one for one in group if isinstance(one, Ready)]))
        for one in group:
            yield one if isinstance(one, Failure) else Found(one.picture, one.as_read, next(found))

    def _detect(self, batch: Sequence[Ready]) -> list[Detections]:
        """Detections of each picture, looked at in tiles where that is asked for."""
        if self.tile is None:
            found = self._detect_together(batch)
        else:
            cut = partial(cut_out, size=self.image_size, canvases=self.canvases)
            found = [detect_in_tiles(picture, self.tile, cut, self._detect_together) for picture in batch]
        return [one[: self.max_detections] for one in found]

    def _detect_together(self, batch: Sequence[Ready]) -> list[Detections]:
        """Detections of each picture. Pictures of one shape run together; none depends on its company."""
        by_shape: dict[tuple[int, ...], list[int]] = {}
        for index, one in enumerate(batch):
            by_shape.setdefault(one.canvas.shape, []).append(index)
        rows: dict[int, NDArray[np.float32]] = {}
        for indices in by_shape.values():
            pictures = [batch[index].canvas for index in indices]
            together = pictures[0][None] if len(pictures) == 1 else np.stack(pictures)
            rows.update(zip(indices, self.runtime(together, self.classes), strict=True))
        for one in batch:
            self.canvases.give_back(one.canvas)
        return [self._read_rows(rows[index], one) for index, one in enumerate(batch)]

    def _read_rows(self, rows: NDArray[np.float32], ready: Ready) -> Detections:
        """The network's rows [K, 6] as detections in the picture's own pixels."""
        rows = rows[(rows[:, 4] > self.confidence) & np.isfinite(rows).all(axis=1)]
        if len(rows) and not 0 <= rows[:, 5].min() <= rows[:, 5].max() < len(self.names):
            worst = rows[np.abs(rows[:, 5]).argmax(), 5]
            raise UserError(f"the model gives class {worst:.0f}, but it names {len(self.names)}")
        if self.one_class_per_box:
            # One anchor's box repeats to the last bit for each of its classes; the surest comes first.
            rows = rows[np.sort(np.unique(rows[:, :4], axis=0, return_index=True)[1])]
        picture = ready.picture
        return Detections(
            boxes=ready.frame.undo(rows[:, :4]),
            scores=rows[:, 4],
            classes=rows[:, 5].astype(np.int64),
            names=list(self.names),
            source=picture.source,
            frame=picture.moment.number if picture.moment else None,
            width=ready.frame.source_width,
            height=ready.frame.source_height,
        )
