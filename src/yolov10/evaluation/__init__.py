"""How good a model is on labelled pictures: COCO's AP and what goes with it; needs no torch."""

from typing import TYPE_CHECKING

from yolov10.lazy import face

if TYPE_CHECKING:
    from yolov10.evaluation.run import evaluate as evaluate
    from yolov10.evaluation.run import evaluate_runtime as evaluate_runtime

__all__ = ["evaluate", "evaluate_runtime"]

__getattr__, __dir__ = face(__name__, {"evaluate": "run", "evaluate_runtime": "run"})
