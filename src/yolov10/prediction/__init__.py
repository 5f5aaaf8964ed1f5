"""From pictures to detections: the detector, its sources and what is written of its findings."""

from typing import TYPE_CHECKING

from yolov10.lazy import face

if TYPE_CHECKING:
    from yolov10.prediction.detector import Detector as Detector
    from yolov10.prediction.frames import Playback as Playback
    from yolov10.prediction.tracking import Tracker as Tracker

__all__ = ["Detector", "Playback", "Tracker"]

__getattr__, __dir__ = face(__name__, {"Detector": "detector", "Playback": "frames", "Tracker": "tracking"})
