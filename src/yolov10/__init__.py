"""YOLOv10 under Apache-2.0: detect, train, export, serve and understand the network."""

from typing import TYPE_CHECKING

from yolov10.lazy import face

if TYPE_CHECKING:
    from yolov10.detections import Detections as Detections
    from yolov10.errors import UserError as UserError
    from yolov10.prediction.detector import Detector as Detector

__version__ = "0.1.0"
__all__ = ["Detections", "Detector", "UserError", "__version__"]

__getattr__, __dir__ = face(
    __name__, {"Detector": "prediction.detector", "Detections": "detections", "UserError": "errors"}
)
