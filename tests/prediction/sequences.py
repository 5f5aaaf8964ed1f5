"""The stored sequences of tests/data/tracking, frame by frame."""

import json
from dataclasses import dataclass, field

import numpy as np
from conftest import DATA

from yolov10 import Detections

FOLDER = DATA / "tracking"
FIGURES = json.loads((FOLDER / "reference.json").read_text())
CONFIDENCE, PATIENCE = 0.5, 30  # as make_reference.py sets them for the other tracker


@dataclass
class Sequence:
    truth: list = field(default_factory=list)
    """(objects [n], boxes [n, 4]) a frame."""
    found: list = field(default_factory=list)
    """Detections a frame."""
    reference: list = field(default_factory=list)
    """(numbers [n], boxes [n, 4]) a frame, as the other tracker gave them."""


def sequence(name):
    stored, numbers = np.load(FOLDER / "sequences.npz"), np.load(FOLDER / "reference.npz")[name]
    frame, score = stored[f"{name}/frame"], stored[f"{name}/score"] / np.float32(1000)
    boxes = stored[f"{name}/boxes"] / np.float32(10)
    truth, truth_boxes = stored[f"{name}/truth_frame_object"], stored[f"{name}/truth_boxes"] / 10
    result = Sequence()
    for number in range(truth[:, 0].max() + 1):
        there = truth[:, 0] == number
        result.truth.append((truth[there, 1].tolist(), truth_boxes[there]))
        here = np.flatnonzero(frame == number)
        here = here[np.argsort(-score[here], kind="stable")]
        result.found.append(
            Detections(
                boxes[here], score[here], np.zeros(len(here), np.int64), ["object"], "s", number, 1280, 720
            )
        )
        kept = here[numbers[here] >= 0]
        result.reference.append((numbers[kept].tolist(), boxes[kept]))
    return result
