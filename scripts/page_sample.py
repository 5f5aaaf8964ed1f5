"""What a trained network makes of the architecture page's picture: rewrites `facts.json` beside the picture.

    python scripts/page_sample.py src/yolov10/cells/cells.safetensors

Another model will do: native weights of both heads, unfused, a scale with the large kernel (n or s), trained
on BCCD. Every number of the page's panels on assignment, detection, attention and kernels comes from here,
computed by the project's own letterbox, network, assigner and fusion.
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from yolov10.architecture import SCALES  # noqa: E402
from yolov10.errors import UserError  # noqa: E402
from yolov10.images import read  # noqa: E402
from yolov10.letterbox import Frame, fit, letterbox, network_input  # noqa: E402
from yolov10.network.blocks import PSA, RepVGGDW  # noqa: E402
from yolov10.network.fuse import folded, merge_branches  # noqa: E402
from yolov10.network.head import top_detections  # noqa: E402
from yolov10.network.model import YOLOv10  # noqa: E402
from yolov10.training.assigner import assign, overlaps, predicted_boxes, probabilities  # noqa: E402
from yolov10.training.candidates import Grid, grid_of, ground_truths, pairs_inside  # noqa: E402
from yolov10.training.loss import TOPK  # noqa: E402
from yolov10.weights import load  # noqa: E402

SAMPLE = ROOT / "src" / "yolov10" / "info" / "page" / "sample"
DETECTIONS = 80
"""Of each head's top 300, how many the page shows at most: those below are far under any threshold."""
KERNELS = 12
"""Channels of the large kernel shown: those whose 3×3 is strongest beside their 7×7."""

Maps = dict[str, list[Tensor]]


@torch.inference_mode()
def main(model: str) -> None:
    """Compute and write."""
    network = load(model)
    if network.fused or network.head.cv2 is None:
        raise UserError(f"{model}: of a fused or one-head network nothing can be learned about assignment")
    pixels = read(SAMPLE / "picture.jpg")
    frame = fit(pixels.shape[1], pixels.shape[0], network.card.image_size)
    images = torch.from_numpy(network_input(letterbox(pixels, frame)[None]))
    features = network.features(images)
    maps = {"one2many": network.head.one2many(features), "one2one": network.head.one2one(features)}
    facts = {
        "names": list(network.card.names),
        "scale": network.card.scale,
        "training": _training(network.card.training),
        "threshold": network.card.threshold,
        "picture": [frame.source_width, frame.source_height],
        "input": [frame.width, frame.height],
        "assignment": _assignment(maps, frame, network.head.num_classes),
        "detections": {head: _detections(network, levels, frame) for head, levels in maps.items()},
        "attention": _attention(network, images, frame),
        "kernels": _kernels(network),
    }
    (SAMPLE / "facts.json").write_text(json.dumps(facts, separators=(",", ":")) + "\n", "utf-8")
    counts = {head: len(rows) for head, rows in facts["assignment"]["heads"].items()}
    print(f"positives {counts}, {(SAMPLE / 'facts.json').stat().st_size:,} bytes")


def _training(text: str) -> dict[str, Any]:
    """What the card says of the training that a reader of the page may want to know."""
    said = json.loads(text)
    return {key: said[key] for key in ("recipe", "epoch", "epochs", "AP", "seed") if key in said}


def _assignment(maps: Maps, frame: Frame, num_classes: int) -> dict[str, Any]:
    """Ground truths, and of each head the anchors that learn, with score, probability and overlap."""
    labels = np.loadtxt(SAMPLE / "labels.txt", ndmin=2)
    grid = grid_of(maps["one2one"])
    targets = torch.from_numpy(_targets(labels, frame)).float()
    truths = ground_truths(targets, grid, num_classes)
    pairs = pairs_inside(truths, grid)
    heads: dict[str, list[dict[str, Any]]] = {}
    for head, levels in maps.items():
        found = assign(levels, grid, truths, pairs, TOPK[head])
        key = pairs.ground_truth * grid.slots + pairs.slot
        at = {int(k): index for index, k in enumerate(key)}
        overlap, probability = (
            overlaps(levels, grid, truths, pairs),
            probabilities(levels, grid, truths, pairs),
        )
        boxes = _in_picture(predicted_boxes(levels, grid, pairs.inside)[found.anchor].numpy(), frame)
        heads[head] = []
        for row in range(len(found.anchor)):
            truth, anchor = int(found.ground_truth[row]), int(found.anchor[row])
            pair = at[truth * grid.slots + anchor]
            heads[head].append(
                {
                    "truth": truth,
                    **_place(grid, anchor, frame),
                    "score": _round(found.score[row], 4),
                    "probability": _round(probability[pair], 4),
                    "overlap": _round(overlap[pair], 4),
                    "box": boxes[row],
                }
            )
        heads[head].sort(key=lambda positive: (positive["truth"], -positive["score"]))
    boxes = _in_picture(truths.box.numpy(), frame)
    return {
        "truths": [{"class": int(c), "box": box} for c, box in zip(truths.category, boxes, strict=True)],
        "candidates": torch.bincount(pairs.ground_truth, minlength=len(boxes)).tolist(),
        "anchors": grid.anchors,
        "topk": TOPK,
        "heads": heads,
    }


def _targets(labels: NDArray[np.float64], frame: Frame) -> NDArray[np.float64]:
    """Label rows (class, cx cy w h of the picture) as rows of a batch, normalised by the network's input."""
    source = np.array([frame.source_width, frame.source_height] * 2)
    size = np.array([frame.width, frame.height] * 2)
    boxes = labels[:, 1:] * source * frame.gain
    boxes[:, :2] += frame.left, frame.top
    return np.concatenate([np.zeros((len(labels), 1)), labels[:, :1], boxes / size], 1)


def _place(grid: Grid, anchor: int, frame: Frame) -> dict[str, Any]:
    """Level and centre, in pixels of the picture, of an anchor."""
    for name, level in zip(("P3", "P4", "P5"), grid.levels, strict=True):
        if level.first <= anchor < level.stop:
            cell = anchor - level.first
            x, y = (cell % level.width + 0.5) * level.stride, (cell // level.width + 0.5) * level.stride
            place = ((x - frame.left) / frame.gain, (y - frame.top) / frame.gain)
            return {"anchor": anchor, "level": name, "at": [_round(side, 1) for side in place]}
    raise AssertionError(anchor)


def _detections(network: YOLOv10, levels: list[Tensor], frame: Frame) -> list[list[float]]:
    """The best rows of a head, x1 y1 x2 y2 in pixels of the picture, score, class, without suppression."""
    rows = top_detections(*network.head.decode(levels))[0][:DETECTIONS].numpy()
    boxes = _in_picture(rows[:, :4], frame)
    return [[*box, _round(row[4], 4), int(row[5])] for box, row in zip(boxes, rows, strict=True)]


def _attention(network: YOLOv10, images: Tensor, frame: Frame) -> dict[str, Any]:
    """Attention's weights of every head: what each cell looks at, where most, how much, on how many the half.

    Each weight is four bits, of sixteen steps of its root up to the row's largest, the first of a byte above.
    """
    psa = network.model[10]
    assert isinstance(psa, PSA)
    seen: list[Tensor] = []
    hook = psa.attn.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0]))
    network.features(images)
    hook.remove()
    q, k, _ = psa.attn.queries_keys_values(seen[0])
    weights = psa.attn.weights(q, k)[0]  # [heads, N, N]
    largest, best = weights.max(2, keepdim=True)
    halves = (weights.sort(2, descending=True).values.cumsum(2) < 0.5).sum(2) + 1
    steps = ((weights / largest).sqrt() * 15).round().byte().flatten()
    height, width = seen[0].shape[-2:]
    cell = frame.width / width / frame.gain
    return {
        "heads": len(weights),
        "cells": [width, height],
        "cell": _round(cell, 2),
        "offset": [_round(-frame.left / frame.gain, 2), _round(-frame.top / frame.gain, 2)],
        "best": best.flatten(1).tolist(),
        "largest": [[_round(value, 3) for value in head.flatten()] for head in largest],
        "halves": halves.tolist(),
        "weights": base64.b64encode((steps[::2] * 16 + steps[1::2]).numpy().tobytes()).decode(),
    }


def _kernels(network: YOLOv10) -> dict[str, Any]:
    """Both kernels of the first RepVGGDW, batch-norm folded, their biases, and what they merge into."""
    name, block = next((n, m) for n, m in network.named_modules() if isinstance(m, RepVGGDW))
    (large, large_bias), (small, small_bias) = folded(block.conv), folded(block.conv1)
    merged = merge_branches(block).conv
    assert merged.bias is not None
    strength = small.flatten(1).norm(dim=1) / large.flatten(1).norm(dim=1)
    channels = strength.topk(KERNELS).indices.sort().values.tolist()
    return {
        "name": name,
        "channels": channels,
        "large": [_numbers(large[c, 0]) for c in channels],
        "small": [_numbers(small[c, 0]) for c in channels],
        "merged": [_numbers(merged.weight[c, 0]) for c in channels],
        "biases": [_numbers(torch.stack([large_bias[c], small_bias[c], merged.bias[c]])) for c in channels],
    }


def _in_picture(boxes: NDArray[np.float32], frame: Frame) -> list[list[float]]:
    """Boxes in network pixels → pixels of the picture, unclipped."""
    offset = np.array([frame.left, frame.top] * 2)
    return [[_round(side, 1) for side in box] for box in (boxes - offset) / frame.gain]


def _numbers(values: Tensor) -> list[float]:
    return [float(f"{value:.4g}") for value in values.flatten().tolist()]


def _round(value: Any, digits: int) -> float:  # noqa: ANN401 - a number of any library
    return round(float(value), digits)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if sys.argv[1] in SCALES:
        sys.exit("a trained model is needed, not a scale")
    try:
        main(sys.argv[1])
    except UserError as fault:
        sys.exit(f"error: {fault}")
