"""A network as a file that runs elsewhere, kept only when its detections are those of the network."""

from typing import TYPE_CHECKING

from yolov10.lazy import face

if TYPE_CHECKING:
    from yolov10.export.run import export as export

__all__ = ["export"]

__getattr__, __dir__ = face(__name__, {"export": "run"})
