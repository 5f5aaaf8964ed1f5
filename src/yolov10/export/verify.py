"""Whether an exported file detects what the network does, in every installed runtime that reads it.

In fp32, row by row on real pictures; in lower precisions, by average precision on labelled ones.
"""

import importlib.metadata
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from yolov10 import images
from yolov10.errors import UserError
from yolov10.evaluation.run import evaluate_runtime
from yolov10.export.plan import Plan
from yolov10.image_size import ImageSize, round_up
from yolov10.letterbox import fit, letterbox, network_input
from yolov10.network.model import YOLOv10
from yolov10.runtimes.open import PACKAGES, installed_runtimes, open_runtime
from yolov10.runtimes.runtime import Around, Images, Precision, Runtime, are_pictures
from yolov10.runtimes.torch_runtime import TorchRuntime
from yolov10.weights.networks import to_network

MAX_BOX = 0.5
"""Pixels of the network's input by which a box may be off (contract, section 4)."""
MAX_SCORE = 1e-3
"""By which a score may be off."""
MAX_DRIFT = {"fp16": 0.005, "bf16": 0.005, "int8": 0.01}
"""By which average precision may be off, either way, by precision (contract, section 4)."""
SURE = 0.05
"""A detection above this score must be there, whatever its rank."""
OWN_PICTURES = 2
"""Pictures of the calibration data that are looked at beside ours."""


def verify(path: Path, plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """The figures of every runtime, by its name.

    In fp32 {"version", "boxes", "scores"}, the largest differences in pixels and probability; below
    {"version", "AP", "AP_of_network"}. Raises UserError with the figures that are beyond the limits.
    """
    network = to_network(plan.weights)
    figures: dict[str, Any] = {}
    expected = None if plan.precision == "fp32" else _average_precision(TorchRuntime(network, "cpu"), plan)
    for name in installed_runtimes(path):
        # Judged in bfloat16 also where the processor has none, and a user's run would be in float32.
        asked: Precision | None = "bf16" if name == "openvino" and plan.precision == "bf16" else None
        runtime = _AsPlanes(open_runtime(path, runtime=name, device="cpu", precision=asked, cache=False))
        if expected is None:
            own = _compare(runtime, network, plan)
            line = f"boxes within {own['boxes']:.2g} px, scores within {own['scores']:.2g}"
            good = own["boxes"] <= MAX_BOX and own["scores"] <= MAX_SCORE
        else:
            own = {"AP": _average_precision(runtime, plan), "AP_of_network": expected}
            line = f"AP {own['AP']:.4f}, the network's {expected:.4f}"
            good = abs(own["AP"] - expected) <= MAX_DRIFT[plan.precision]
        package = PACKAGES[name]
        version = importlib.metadata.version(package)
        if not good:
            raise UserError(f"the {plan.precision} export was not kept: in {package} {version}, {line}")
        say(f"verified in {package} {version}: {line}")
        figures[name] = {"version": version} | own
    return figures


def _average_precision(runtime: Runtime, plan: Plan) -> float:
    assert plan.calibration is not None
    data = plan.calibration.validation
    return float(evaluate_runtime(runtime, data, image_size=plan.image_size, warn=_do_nothing)["AP"])


def _do_nothing(line: str) -> None:
    pass


class _AsPlanes(Around):
    """A file as other programs run it: given planes, whatever its runtime could do for pictures."""

    def __call__(self, images: Images, classes: Sequence[int] | None = None) -> NDArray[np.float32]:
        """As `Runtime` says."""
        return self.runtime(network_input(images) if are_pictures(images) else images, classes)


def _compare(runtime: _AsPlanes, network: YOLOv10, plan: Plan) -> dict[str, float]:
    """The largest differences over all pictures, alone and two together, as rectangles and squares."""
    boxes = scores = 0.0
    for batch in _batches(plan):
        with torch.inference_mode():
            anchors = network.decode(torch.from_numpy(network_input(batch))).numpy()
        alone = np.concatenate([runtime.runtime(one[None]) for one in batch])  # as a detector gives them
        for found in (runtime(batch), alone):
            for rows, own in zip(found, anchors, strict=True):
                box, score = difference(rows, own)
                boxes, scores = max(boxes, box), max(scores, score)
    return {"boxes": boxes, "scores": scores}


def _batches(plan: Plan) -> list[NDArray[np.uint8]]:
    """Two of each shape [2, H, W, 3]: a picture and its mirror image."""
    size = round_up(plan.weights.card.image_size)
    sizes: list[ImageSize] = [plan.form.sides] if plan.form.sides else [size, (size, size)]
    batches = []
    for picture in _pictures(plan):
        for wanted in sizes:
            boxed = letterbox(picture, fit(picture.shape[1], picture.shape[0], wanted))
            batches.append(np.stack([boxed, boxed[:, ::-1]]))
    return batches


def _pictures(plan: Plan) -> list[NDArray[np.uint8]]:
    folder = files("yolov10.export") / "pictures"
    found = [images.decode((folder / name).read_bytes(), name=name) for name in ("cup.jpg", "cat.jpg")]
    own = plan.calibration.validation.samples[:OWN_PICTURES] if plan.calibration else []
    return found + [images.read(sample.path) for sample in own]


def difference(rows: NDArray[np.float32], anchors: NDArray[np.float32]) -> tuple[float, float]:
    """By how many pixels boxes, and by how much scores are off: rows [K, 6] against anchors [4 + nc, A].

    Every row must be some anchor's box with that anchor's probability of its class; and the scores, highest
    first, must be those of the best K pairs. Infinite where a pair above `SURE` is not among the rows, and
    where a row holds no numbers or no class.
    """
    finite = np.isfinite(rows).all() and np.isfinite(anchors).all()  # of a NaN, no difference is the largest
    if not finite or not ((rows[:, 5] >= 0) & (rows[:, 5] < len(anchors) - 4)).all():
        return float("inf"), float("inf")
    left_top, size = anchors[:2] - anchors[2:4] / 2, anchors[2:4]
    corners = np.concatenate([left_top, left_top + size]).T  # [A, 4]
    box_off = np.abs(rows[:, None, :4] - corners).max(axis=2)  # [K, A]
    score_off = np.abs(rows[:, 4, None] - anchors[4 + rows[:, 5].astype(int)])
    # Neighbours often have the same box: the anchor meant is the one that fits in both.
    meant = np.maximum(box_off / MAX_BOX, score_off / MAX_SCORE).argmin(axis=1)
    each = np.arange(len(rows))
    best = np.sort(anchors[4:], axis=None)[::-1][: len(rows)]
    ranked = np.abs(np.sort(rows[:, 4])[::-1] - best).max(initial=0)
    if _lacks_any(rows, anchors[4:], box_off):
        return float("inf"), float("inf")
    box, score = box_off[each, meant].max(initial=0), score_off[each, meant].max(initial=0)
    return float(box), float(max(score, ranked))


def _lacks_any(rows: NDArray[np.float32], scores: NDArray[np.float32], box_off: NDArray[np.float32]) -> bool:
    """Whether a pair above `SURE` that must be there has no row: scores [nc, A], box_off [K, A]."""
    least = max(SURE, float(rows[:, 4].min(initial=1))) + MAX_SCORE
    classes, anchors = np.nonzero(scores > least)
    same_class = rows[:, 5, None] == classes
    same_score = np.abs(rows[:, 4, None] - scores[classes, anchors]) <= MAX_SCORE
    return not (same_class & same_score & (box_off[:, anchors] <= MAX_BOX)).any(axis=0).all()
