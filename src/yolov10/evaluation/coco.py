"""COCO's average precision and recall, by the library that computes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yolov10.data.sample import Sample
from yolov10.errors import require

MAX_DETECTIONS = 100
"""The surest of a picture and class, which COCO counts."""

# Places along the library's axes: IoU 0.50, 0.55 … 0.95; areas all, small, medium, large.
IOU_50, IOU_75 = 0, 5
ALL, SMALL, MEDIUM, LARGE = range(4)


@dataclass(frozen=True, eq=False)
class AveragePrecision:
    """COCO's figures, 0 to 1; NaN where there is no box to find."""

    precision: NDArray[np.float64]
    """[10, 101, classes, 4]: by IoU, recall 0, 0.01 … 1, class, area; the best at that recall or beyond."""
    recall: NDArray[np.float64]
    """[10, classes, 4]: the most that was reached."""

    def mean(self, *, iou: int | None = None, area: int = ALL) -> float:
        """AP over all classes, of all IoUs or of one."""
        return _mean(self.precision[slice(None) if iou is None else iou][..., area])

    def of_class(self, index: int, *, iou: int | None = None) -> float:
        """AP of one class, of all IoUs or of one."""
        return _mean(self.precision[slice(None) if iou is None else iou][..., index, ALL])

    def mean_recall(self) -> float:
        """AR100: recall over all classes and IoUs."""
        return _mean(self.recall[..., ALL])


def average_precision(
    samples: Sequence[Sample], rows: Sequence[NDArray[np.float32]], names: Sequence[str]
) -> AveragePrecision:
    """COCO's figures for detections [K, 6] (xyxy in source pixels, score, class) of each sample.

    Raises MissingExtraError where the library is not installed.
    """
    hotcoco = require_library()
    pictures = [
        {"id": index, "width": one.width, "height": one.height} for index, one in enumerate(samples, 1)
    ]
    truth = hotcoco.COCO.from_arrays(
        pictures,
        [{"id": index, "name": name} for index, name in enumerate(names)],
        _picture_ids([sample.classes for sample in samples]),
        np.concatenate([sample.classes for sample in samples]),
        _corner_and_size(np.concatenate([sample.boxes for sample in samples])),
        area=np.concatenate([sample.areas for sample in samples]),
        iscrowd=np.concatenate([sample.crowd for sample in samples]),
    )
    every = np.concatenate(rows)
    found = np.column_stack(
        [_picture_ids(rows), _corner_and_size(every[:, :4]), every[:, 4:].astype(np.float64)]
    )
    evaluator = hotcoco.COCOeval(truth, truth.load_res(found), "bbox")
    evaluator.params.max_dets = [MAX_DETECTIONS]
    evaluator.evaluate()
    evaluator.accumulate()
    return AveragePrecision(*(_defined(evaluator.eval[key][..., 0]) for key in ("precision", "recall")))


def require_library() -> ModuleType:
    """The library; raises MissingExtraError where it is not installed."""
    return require("hotcoco", install="open-yolov10[evaluate]", purpose="evaluating")


def _picture_ids(parts: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    """1, 2, …: the id of the picture that each row of the concatenated parts is of."""
    return np.repeat(np.arange(1, len(parts) + 1), [len(part) for part in parts])


def _corner_and_size(boxes: NDArray[np.float32]) -> NDArray[np.float64]:
    """Boxes [n, 4] xyxy → x y width height."""
    corner, end = boxes[:, :2].astype(np.float64), boxes[:, 2:].astype(np.float64)
    return np.hstack([corner, end - corner])


def _defined(figures: NDArray[np.float64]) -> NDArray[np.float64]:
    """COCO's −1, where there is no box to find, as NaN."""
    return np.where(figures < 0, np.nan, figures)


def _mean(figures: NDArray[np.float64]) -> float:
    return float(np.nanmean(figures)) if np.isfinite(figures).any() else np.nan
