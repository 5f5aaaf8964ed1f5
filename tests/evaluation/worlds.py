"""Made-up data sets and what a made-up detector finds in them, for tests and the benchmark."""

from pathlib import Path

import numpy as np

from yolov10.data.sample import Sample


def sample(boxes, classes, *, crowd=None, areas=None, size=(640, 480), path="made-up.png", image_id=0):
    """A sample from plain lists."""
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    sides = boxes[:, 2:].astype(np.float64) - boxes[:, :2]
    return Sample(
        path=Path(path),
        width=size[0],
        height=size[1],
        classes=np.array(classes, np.int64),
        boxes=boxes,
        polygons=None,
        crowd=np.zeros(len(boxes), bool) if crowd is None else np.array(crowd, bool),
        areas=sides.prod(axis=1) if areas is None else np.array(areas, np.float64),
        image_id=image_id,
    )


def rows(*found):
    """Detections (x1, y1, x2, y2, score, class), surest first."""
    array = np.array(found, np.float32).reshape(-1, 6)
    return array[np.argsort(-array[:, 4], kind="stable")]


def world(rng, *, pictures, classes, most_boxes, found, crowds=0.0, digits=5, grid=1, masks=False):
    """Samples, and rows of what was found in each.

    found: least and most a picture; half of them lie near a box. crowds: share of the boxes. digits: of the
    scores, few for ties. grid: of the coordinates, coarse for equal overlaps. masks: areas as of masks.
    """
    samples, every = [], []
    for index in range(pictures):
        boxes = _random_boxes(rng, rng.integers(0, most_boxes + 1), grid)
        labels = rng.integers(0, classes, len(boxes))
        areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) * (rng.uniform(0.3, 1, len(boxes)) if masks else 1)
        crowd = rng.random(len(boxes)) < crowds
        samples.append(sample(boxes, labels, crowd=crowd, areas=areas, image_id=index))
        count = rng.integers(found[0], found[1] + 1)
        every.append(_random_rows(rng, count, boxes, labels, classes, digits, grid))
    return samples, every


def _random_boxes(rng, count, grid):
    sides = np.exp(rng.uniform(np.log(6), np.log(300), (count, 2)))
    corners = rng.uniform(0, 1, (count, 2)) * ([640, 480] - sides).clip(1)
    return (np.hstack([corners, corners + sides]) / grid).round() * grid + [0, 0, grid, grid]


def _random_rows(rng, count, boxes, labels, classes, digits, grid):
    wild = _random_boxes(rng, count, grid)
    kinds = rng.integers(0, classes, count)
    near = rng.random(count) < (0.5 if len(boxes) else 0)
    if near.any():
        owners = rng.integers(0, len(boxes), near.sum())
        sides = np.tile(boxes[owners, 2:] - boxes[owners, :2], 2)
        moved = boxes[owners] + rng.normal(0, 0.08, sides.shape) * sides
        wild[near] = (np.sort(moved.reshape(-1, 2, 2), axis=1).reshape(-1, 4) / grid).round() * grid
        kinds[near] = np.where(rng.random(near.sum()) < 0.9, labels[owners], kinds[near])
    scores = np.where(near, rng.beta(2, 2, count), rng.beta(1, 6, count)).round(digits)
    return rows(*np.column_stack([wild, scores, kinds]))
