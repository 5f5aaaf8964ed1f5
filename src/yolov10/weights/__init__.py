"""Weights on disk: the native format, and foreign checkpoints read without executing them."""

from typing import TYPE_CHECKING

from yolov10.lazy import face

if TYPE_CHECKING:
    from yolov10.weights.networks import import_checkpoint as import_checkpoint
    from yolov10.weights.networks import load as load
    from yolov10.weights.networks import save as save

__all__ = ["import_checkpoint", "load", "save"]

__getattr__, __dir__ = face(
    __name__, {"import_checkpoint": "networks", "load": "networks", "save": "networks"}
)
