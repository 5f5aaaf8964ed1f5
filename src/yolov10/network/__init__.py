"""The network as torch modules; read `model.py` first, then `blocks.py`, `head.py`, `fuse.py`."""

from typing import TYPE_CHECKING

from yolov10.lazy import face

if TYPE_CHECKING:
    from yolov10.network.model import YOLOv10 as YOLOv10
    from yolov10.network.model import build as build

__all__ = ["YOLOv10", "build"]

__getattr__, __dir__ = face(__name__, {"YOLOv10": "model", "build": "model"})
