"""Validation: the averaged network is a runtime like any other, and is measured like any other."""

import copy
from pathlib import Path
from typing import Any

from yolov10.data.dataset import Dataset
from yolov10.evaluation.run import evaluate_runtime
from yolov10.evaluation.shapes import Shapes
from yolov10.network.model import YOLOv10
from yolov10.runtimes.torch_runtime import TorchRuntime
from yolov10.training.reporter import Reporter


def validate(
    network: YOLOv10,
    dataset: Dataset,
    *,
    image_size: int,
    batch: int,
    protocol: Shapes,
    device: str,
    reporter: Reporter,
    output: Path | None = None,
) -> dict[str, Any]:
    """What `evaluate` says of a copy of the network, since measuring fuses it; with plots below `output`."""
    reporter.begin_validation(len(dataset.samples))
    return evaluate_runtime(
        TorchRuntime(copy.deepcopy(network), device),
        dataset,
        image_size=image_size,
        batch=batch,
        protocol=protocol,
        output=output,
        progress=reporter.validated,
        warn=reporter.warn,
    )
