"""The training head as a runtime, with the non-maximum suppression that it needs; for comparison only."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from yolov10.architecture import MAX_DETECTIONS
from yolov10.errors import UserError
from yolov10.evaluation.matching import suppress
from yolov10.runtimes.open import EXPORTED
from yolov10.runtimes.runtime import Images, Runtime

if TYPE_CHECKING:
    from yolov10.network.model import YOLOv10
    from yolov10.runtimes.torch_runtime import TorchRuntime

NMS_IOU = 0.7
"""A box goes when a surer one of its class overlaps it by more (spec 6.1)."""

CANDIDATES = 3000
"""Surest (anchor, class) pairs that suppression sees: ten for each row that is kept."""

NO_CLASS = -1
"""Class of the rows that fill up a picture's 300."""


class OneToMany:
    """The one-to-many head of an unfused network, which it takes over, as `Runtime`."""

    fixed_shape: tuple[int, int] | None = None
    gains_together = True

    def __init__(self, network: "YOLOv10", like: "TorchRuntime") -> None:
        """like: the runtime whose device, precision and threads it has."""
        self.device, self.dtype, self.threads = like.device, like.dtype, like.threads
        self.network, self.card = network.to(self.device, self.dtype), network.card

    def __call__(self, images: Images, classes: Sequence[int] | None = None) -> NDArray[np.float32]:
        """As `Runtime` says, for all classes; rows that suppression left empty are of class `NO_CLASS`."""
        assert classes is None
        return np.stack([_suppressed(rows) for rows in self._candidates(images)])

    def _candidates(self, images: Images) -> NDArray[np.float32]:
        """Rows [B, n, 6] of the surest (anchor, class) pairs, surest first."""
        import torch

        from yolov10.runtimes.torch_runtime import cpu_threads, planes_on

        with cpu_threads(self.threads), torch.inference_mode():
            planes = planes_on(self.device, images, self.dtype).contiguous()
            decoded = self.network.decode(planes, "one2many")
            scores = decoded[:, 4:].flatten(1)  # [B, classes · A]
            best, pairs = scores.topk(min(CANDIDATES, scores.shape[1]))
            anchors = pairs % decoded.shape[2]
            centre, size = decoded[:, :4].gather(2, anchors[:, None].expand(-1, 4, -1)).chunk(2, dim=1)
            boxes = torch.cat([centre - size / 2, centre + size / 2], dim=1)
            classes = pairs // decoded.shape[2]
            rows = torch.cat([boxes, best[:, None], classes[:, None].to(boxes.dtype)], dim=1).transpose(1, 2)
        candidates: NDArray[np.float32] = rows.float().cpu().numpy()
        return candidates


def open_one2many(model: str | os.PathLike[str], runtime: Runtime) -> OneToMany:
    """The one-to-many head of a model file, on the device and in the precision of its opened `runtime`.

    Raises UserError for a file that has no such head.
    """
    missing = UserError(
        f"{model} has no one-to-many head: only unfused weights with both heads (.safetensors, .pt) have it"
    )
    if Path(model).suffix in EXPORTED:  # told apart without torch
        raise missing
    from yolov10.runtimes.torch_runtime import TorchRuntime
    from yolov10.weights.networks import open_network

    if not isinstance(runtime, TorchRuntime):
        raise UserError("the one-to-many head runs in torch: leave --runtime out")
    network = open_network(model)
    if network.head.cv2 is None:
        raise missing
    return OneToMany(network, runtime)


def _suppressed(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rows [300, 6] that suppression leaves of the candidates [n, 6]."""
    kept = rows[suppress(rows, NMS_IOU, MAX_DETECTIONS)]
    filling = np.full((MAX_DETECTIONS - len(kept), 6), [0, 0, 0, 0, 0, NO_CLASS], np.float32)
    return np.concatenate([kept, filling])
