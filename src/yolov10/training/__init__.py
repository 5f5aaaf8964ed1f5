"""Training; `trainer.py` is the way in, `epoch.py` the loop, `loss.py` what is minimised."""

from typing import TYPE_CHECKING

from yolov10.lazy import face

if TYPE_CHECKING:
    from yolov10.training.config import TrainConfig as TrainConfig
    from yolov10.training.loss import DualAssignmentLoss as DualAssignmentLoss
    from yolov10.training.trainer import train as train

__all__ = ["DualAssignmentLoss", "TrainConfig", "train"]

__getattr__, __dir__ = face(
    __name__, {"DualAssignmentLoss": "loss", "TrainConfig": "config", "train": "trainer"}
)
