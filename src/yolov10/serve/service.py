"""What all requests share: the models, the queue, the threads that work, the figures."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from yolov10.errors import UserError, WrongValueError, did_you_mean
from yolov10.prediction.detector import Detector
from yolov10.runtimes.runtime import Runtime
from yolov10.serve.batching import Batched, Batcher
from yolov10.serve.bodies import Memory
from yolov10.serve.config import ServeConfig
from yolov10.serve.metrics import Metrics
from yolov10.serve.queue import Queue
from yolov10.serve.refusals import Refusal
from yolov10.serve.schema import DetectOptions

BODIES = 8
"""Requests of the largest size that are held in memory at a time; smaller ones, as many more."""


class Service:
    """Models by name, and what keeps their use within limits.

    A picture that was accepted waits, as it came, for one of `workers`; so at most two batches of pictures
    are decoded at a time: one runs, one is made ready.
    """

    def __init__(
        self, detectors: Mapping[str, Detector], config: ServeConfig, samples: Mapping[str, bytes]
    ) -> None:
        if not detectors:
            raise WrongValueError("no model to serve")
        self.config = config
        self.samples = samples
        self.queue = Queue(config.queue)
        self.memory = Memory(BODIES * config.max_bytes)
        self.metrics = Metrics(lambda: self.queue.count)
        self.batcher = Batcher(config.batch, self.metrics.observe_batch)
        self.detectors = {
            name: _with(detector, Batched(detector.runtime, self.batcher), DetectOptions(), config)
            for name, detector in detectors.items()
        }
        self.workers = self._workers()
        self.ready = False

    @property
    def default(self) -> str:
        """The first model."""
        return next(iter(self.detectors))

    def start(self) -> None:
        """Run every model once: what it must prepare is then ready, and a model that cannot run is known.

        Done before, it does nothing. Raises UserError as the model does.
        """
        if self.ready:
            return
        for detector in self.detectors.values():
            detector(np.zeros((480, 640, 3), np.uint8))
        self.ready = True

    def stop(self) -> None:
        """Take on nothing more, and end the threads. It may be started again, as a program's tests do."""
        self.ready = False
        ended, self.workers = self.workers, self._workers()
        ended.shutdown(wait=False, cancel_futures=True)

    def _workers(self) -> ThreadPoolExecutor:
        """Threads that begin with their first picture."""
        return ThreadPoolExecutor(2 * self.config.batch, "detect")

    def detector(self, options: DetectOptions) -> tuple[str, Detector]:
        """The model that a request asks for, by name, with its options. Raises Refusal."""
        name = self.default if options.model is None else options.model
        if name not in self.detectors:
            raise Refusal(422, f"no model {name!r}{did_you_mean(name, self.detectors)}")
        usual = self.detectors[name]
        try:
            chosen = _with(usual, usual.runtime, options, self.config)
        except UserError as fault:
            raise Refusal(422, str(fault)) from None
        largest = max(self.config.max_image_size, _long_side(usual))
        if _long_side(chosen) > largest:
            raise Refusal(422, f"image_size {options.image_size} is over this service's limit of {largest}")
        return name, chosen


def _with(usual: Detector, runtime: Runtime, options: DetectOptions, config: ServeConfig) -> Detector:
    """A detector as usual, but for what the options say."""

    def chosen(name: str) -> Any:  # noqa: ANN401 - an option of any type
        value = getattr(options, name)
        return getattr(usual, name) if value is None else value

    return Detector(
        runtime,
        confidence=chosen("confidence"),
        classes=chosen("classes"),
        image_size=chosen("image_size"),
        max_detections=chosen("max_detections"),
        one_class_per_box=chosen("one_class_per_box"),
        tile=usual.tile,
        max_pixels=config.max_pixels,
        full_decode=usual.full_decode,
    )


def _long_side(detector: Detector) -> int:
    size = detector.image_size
    return size if isinstance(size, int) else max(size)
