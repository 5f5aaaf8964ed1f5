"""Copy-paste: objects copied to their mirrored place where that is free (spec 5.2)."""

from dataclasses import replace

import numpy as np

from yolov10.data.layers import Layer
from yolov10.data.pictures import Objects
from yolov10.data.visible import Points, clip
from yolov10.data.warp import corners, transform

MOST_COVERED = 0.30
"""Part of an object's box from which on it may not be covered by a copy."""


def pasted(layers: list[Layer], canvas: int, share: float, rng: np.random.Generator) -> list[Layer]:
    """Choose `share` of the objects whose mirrored place on the canvas is free, as layers to lay on top.

    Only objects with outlines can be cut out. A place is free when the copy covers less than 30 % of every
    object's box.
    """
    boxes = np.concatenate([_on_canvas(layer) for layer in layers])
    cut_out = [
        replace(layer, objects=_one(layer.objects, i), stencil=outline)
        for layer in layers
        for i, outline in enumerate(layer.objects.outlines or ())
    ]
    if not cut_out:
        return []
    mirror = np.array([[-1, 0, canvas], [0, 1, 0], [0, 0, 1]], np.float64)
    copies = [replace(layer, place=mirror @ layer.place) for layer in cut_out]
    places = np.concatenate([_on_canvas(layer) for layer in copies])
    free = (_covered(places, boxes) < MOST_COVERED).all(1) & (_area(places) > 0)
    candidates = np.flatnonzero(free)
    chosen = rng.choice(candidates, round(share * len(candidates)), replace=False)
    return [copies[i] for i in chosen]


def _one(objects: Objects, i: int) -> Objects:
    assert objects.outlines is not None
    return Objects(objects.classes[i : i + 1], objects.boxes[i : i + 1], objects.outlines[i : i + 1])


def _on_canvas(layer: Layer) -> Points:
    """Boxes [n,4] xyxy of a layer's objects, as far as the canvas shows them."""
    moved = transform(corners(clip(layer.objects.boxes, layer.part)), layer.place)
    return np.concatenate([moved.min(1), moved.max(1)], 1)


def _covered(copies: Points, boxes: Points) -> Points:
    """Parts [c,n] of the boxes [n,4] that copies [c,4] would cover; 0 of a box that is not shown."""
    low = np.maximum(copies[:, None, :2], boxes[None, :, :2])
    high = np.minimum(copies[:, None, 2:], boxes[None, :, 2:])
    area = _area(boxes)
    covered: Points = np.maximum(high - low, 0).prod(2) / np.where(area > 0, area, 1)
    return covered


def _area(boxes: Points) -> Points:
    area: Points = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    return area
