"""`manifest.json`: with what, on what and by which command a run was made."""

import hashlib
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import yolov10
from yolov10.data.dataset import Dataset
from yolov10.files import write_atomic
from yolov10.opencv import cv2
from yolov10.training.config import TrainConfig


def data_hash(dataset: Dataset) -> str:
    """SHA-256 over class names and, of every picture, its name, bytes on disk, size and labels.

    Not over the folders, so that a data set may move; nor over the pixels, which would have to be read.
    """
    digest = hashlib.sha256(json.dumps(dataset.names).encode())
    for sample in dataset.samples:
        size = sample.path.stat().st_size if sample.path.is_file() else 0
        facts = (sample.path.name, size, sample.width, sample.height, len(sample.classes))
        digest.update(json.dumps(facts).encode())
        arrays: list[NDArray[Any]] = [sample.classes, sample.boxes, sample.crowd, *(sample.polygons or ())]
        for array in arrays:
            digest.update(array.tobytes())
    return digest.hexdigest()


def write_manifest(
    path: Path,
    config: TrainConfig,
    device: torch.device,
    processes: int,
    training: Dataset,
    validation: Dataset | None,
) -> None:
    """Write the manifest; a run that goes on adds a session to it."""
    manifest = json.loads(path.read_text("utf-8")) if path.is_file() else {"sessions": []}
    manifest["seed"] = config.seed
    manifest["data"] = {"training": _data(training), "validation": validation and _data(validation)}
    manifest["sessions"].append(
        {
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": sys.argv,
            "versions": {
                "yolov10": yolov10.__version__,
                "python": platform.python_version(),
                "torch": torch.__version__,
                "numpy": np.__version__,
                "opencv": cv2.__version__,
            },
            "platform": platform.platform(),
            "cores": os.cpu_count(),
            "processes": processes,
            "threads": torch.get_num_threads(),
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else str(device),
        }
    )
    text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    write_atomic(path, text.encode("utf-8", "backslashreplace"))  # a path may be no Unicode


def _data(dataset: Dataset) -> dict[str, Any]:
    """Which pictures, how many, and the hash that tells whether they still are the same."""
    return {
        "source": str(dataset.source.absolute()),
        "split": dataset.split,
        "pictures": len(dataset.samples),
        "boxes": sum(len(sample.classes) for sample in dataset.samples),
        "classes": dataset.names,
        "sha256": data_hash(dataset),
    }
