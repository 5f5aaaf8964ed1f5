"""Drawn pictures with known objects of given sizes, for tests and the benchmark of tiles."""

import cv2
import numpy as np

from yolov10.boxes import intersections, iou


def draw_scene(rng, side, sizes):
    """A picture with coloured discs on gray noise; boxes [n, 4], classes [n] and diameters [n]."""
    noise = cv2.resize(
        rng.normal(128, 25, (side // 8, side // 8)), (side, side), interpolation=cv2.INTER_CUBIC
    )
    picture = cv2.cvtColor(noise.clip(0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)
    boxes, diameters = np.empty((0, 4)), []
    for size in sorted(sizes, reverse=True):
        for x, y in rng.integers(0, side - size, (100, 2)):  # what finds no room is left out
            box = np.array([[x, y, x + size, y + size]])
            if not intersections(np.array([[x - 3, y - 3, x + size + 3, y + size + 3]]), boxes).any():
                boxes, diameters = np.concatenate([boxes, box]), [*diameters, size]
                break
    classes = rng.integers(0, 3, len(boxes))
    for (x1, y1, x2, y2), index in zip(boxes, classes, strict=True):
        centre, radius = ((x1 + x2) / 2 - 0.5, (y1 + y2) / 2 - 0.5), (x2 - x1) / 2
        colour = [255 if plane == index else 0 for plane in range(3)]
        fixed = [round(value * 16) for value in centre]
        cv2.circle(picture, fixed, round((radius - 0.5) * 16), colour, cv2.FILLED, cv2.LINE_AA, shift=4)
    return picture, boxes, classes, np.array(diameters)


def right(found, boxes, classes):
    """[n, m] whether finding n is object m."""
    return (iou(found.boxes, boxes) >= 0.5) & (found.classes[:, None] == classes)
