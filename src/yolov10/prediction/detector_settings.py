"""What a detector is to be, before it is open: a value, which can be sent to other processes."""

from dataclasses import dataclass

from yolov10.prediction.detector import Detector
from yolov10.runtimes.open import RuntimeChoice
from yolov10.runtimes.runtime import Precision


@dataclass(frozen=True)
class DetectorSettings:
    """What `Detector` takes beside the model, and what it says."""

    confidence: float | None
    classes: str | None
    image_size: str | None
    max_detections: int | None
    one_class_per_box: bool
    tile: int | None
    max_pixels: int
    full_decode: bool
    runtime: RuntimeChoice
    precision: Precision | None
    device: str
    threads: int | None
    cache: bool


def open_detector(settings: DetectorSettings, model: str) -> Detector:
    """The detector of these settings. Raises UserError as `Detector` does."""
    return Detector(
        model,
        confidence=settings.confidence,
        classes=settings.classes,
        image_size=settings.image_size,
        max_detections=settings.max_detections,
        one_class_per_box=settings.one_class_per_box,
        tile=settings.tile,
        max_pixels=settings.max_pixels,
        full_decode=settings.full_decode,
        runtime=settings.runtime,
        precision=settings.precision,
        device=settings.device,
        threads=settings.threads,
        cache=settings.cache,
    )
