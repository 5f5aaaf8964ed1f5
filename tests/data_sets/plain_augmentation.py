"""Augmentation step by step as spec 5.2 to 5.4 lists the steps: the oracle for `yolov10.data.augment`.

Every picture is resized to the training size, four are copied onto a canvas of twice that size, the canvas is
mirrored for copy-paste, warped as a whole, blended, recoloured and flipped. Nothing is skipped or composed,
and pixels are counted as OpenCV counts them. Random numbers are drawn in the same order as `augment` draws
them: the same generator gives the same training picture, to be compared pixel by pixel.
"""

from dataclasses import dataclass
from math import ceil, cos, radians, sin, tan

import cv2
import numpy as np

from yolov10.images import read
from yolov10.letterbox import fit, letterbox

GRAY = 114


@dataclass
class Labelled:
    """A picture at some step, and its labels in its own pixels."""

    image: np.ndarray
    classes: np.ndarray
    boxes: np.ndarray
    outlines: list | None


def plain_augment(samples, index, settings, size, rng, load=None):
    """BGR [size,size,3], classes [n], boxes [n,4] xyxy. `load` may give pictures as `load_picture` does."""
    load = load or (lambda sample: load_picture(sample, size))
    first = _warped(samples, index, settings, size, rng, load)
    if rng.random() < settings.mixup:
        second = _warped(samples, rng.integers(len(samples), size=1)[0], settings, size, rng, load)
        share = rng.beta(32, 32)
        first.image = (share * first.image + (1 - share) * second.image).astype(np.uint8)
        first.classes = np.concatenate([first.classes, second.classes])
        first.boxes = np.concatenate([first.boxes, second.boxes])
    gains = 1 + rng.uniform(-1, 1, 3) * (settings.hsv_h, settings.hsv_s, settings.hsv_v)
    image = recoloured(first.image, gains)
    x1, y1, x2, y2 = first.boxes.T
    if rng.random() < settings.flipud:
        image, y1, y2 = np.flipud(image), size - y2, size - y1
    if rng.random() < settings.fliplr:
        image, x1, x2 = np.fliplr(image), size - x2, size - x1
    return np.ascontiguousarray(image), first.classes, np.stack([x1, y1, x2, y2], 1)


def load_picture(sample, size):
    """The picture with its long side brought to `size`."""
    image = read(sample.path)
    r = size / max(sample.width, sample.height)
    if r != 1:
        extent = (min(ceil(sample.width * r), size), min(ceil(sample.height * r), size))
        image = cv2.resize(image, extent, interpolation=cv2.INTER_LINEAR)
    return image


def _warped(samples, index, settings, size, rng, load):
    if rng.random() < settings.mosaic:
        centre = rng.uniform(size / 2, size * 3 / 2, 2).astype(int)
        indices = [index, *rng.integers(len(samples), size=3)]
        labelled = _mosaic([_loaded(samples[i], load) for i in indices], centre, size)
        if settings.copy_paste:
            labelled = _copy_pasted(labelled, settings.copy_paste, rng)
    else:
        labelled = _loaded(samples[index], load)
        if settings.copy_paste:
            labelled = _copy_pasted(labelled, settings.copy_paste, rng)
        labelled = _letterboxed(labelled, size)
    matrix, scale = _matrix(settings, labelled.image.shape[0], size, rng)
    return _affine(labelled, matrix, scale, size)


def _loaded(sample, load):
    image = load(sample)
    scale = np.array([image.shape[1] / sample.width, image.shape[0] / sample.height] * 2)
    keep = np.flatnonzero(~sample.crowd)
    outlines = None if sample.polygons is None else [sample.polygons[i] * scale[:2] for i in keep]
    return Labelled(image, sample.classes[keep], sample.boxes[keep] * scale, outlines)


def _mosaic(parts, centre, size):
    canvas = np.full((2 * size, 2 * size, 3), GRAY, np.uint8)
    x, y = centre
    by_outline = any(part.outlines is not None for part in parts)
    classes, boxes, outlines = [], [], []
    for corner, part in enumerate(parts):
        height, width = part.image.shape[:2]
        left = x - width if corner in (0, 2) else x
        top = y - height if corner in (0, 1) else y
        x1, y1, x2, y2 = max(left, 0), max(top, 0), min(left + width, 2 * size), min(top + height, 2 * size)
        canvas[y1:y2, x1:x2] = part.image[y1 - top : y2 - top, x1 - left : x2 - left]
        classes.append(part.classes)
        shift = np.array([left, top])
        boxes.append(part.boxes + np.tile(shift, 2))
        if by_outline:
            here = part.outlines if part.outlines is not None else [_corners(box) for box in part.boxes]
            outlines += [outline + shift for outline in here]
    clipped = Labelled(
        canvas, np.concatenate(classes), np.concatenate(boxes), outlines if by_outline else None
    )
    return _clipped(clipped)


def _clipped(labelled):
    """Boxes and outlines clipped to the picture; objects without area removed."""
    height, width = labelled.image.shape[:2]
    boxes = np.clip(labelled.boxes, 0, (width, height, width, height))
    keep = np.flatnonzero((boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1]))
    outlines = labelled.outlines and [np.clip(labelled.outlines[i], 0, (width, height)) for i in keep]
    return Labelled(labelled.image, labelled.classes[keep], boxes[keep], outlines)


def _copy_pasted(labelled, share, rng):
    """Paste the mirrored picture under the mirrored outlines of some objects whose new place is free."""
    if not labelled.outlines:
        return labelled
    width = labelled.image.shape[1]
    mirrored = labelled.boxes[:, [2, 1, 0, 3]] * (-1, 1, -1, 1) + (width, 0, width, 0)
    candidates = [i for i, box in enumerate(mirrored) if (_covered(box, labelled.boxes.T) < 0.30).all()]
    chosen = [candidates[i] for i in rng.choice(len(candidates), round(share * len(candidates)), False)]
    mask = np.zeros(labelled.image.shape[:2], np.uint8)
    outlines = [labelled.outlines[i] * (-1, 1) + (width, 0) for i in chosen]
    for outline in outlines:
        cv2.fillPoly(mask, [np.rint(outline).astype(np.int32)], (1,))
    image = np.where(mask[..., None] == 1, np.fliplr(labelled.image), labelled.image)
    classes = np.concatenate([labelled.classes, labelled.classes[chosen]])
    boxes = np.concatenate([labelled.boxes, mirrored[chosen]])
    return Labelled(image, classes, boxes, labelled.outlines + outlines)


def _covered(box, others):
    """The part of each of the others, given as columns, that `box` covers."""
    width = np.minimum(box[2], others[2]) - np.maximum(box[0], others[0])
    height = np.minimum(box[3], others[3]) - np.maximum(box[1], others[1])
    area = (others[2] - others[0]) * (others[3] - others[1])
    return np.maximum(width, 0) * np.maximum(height, 0) / area


def _letterboxed(labelled, size):
    height, width = labelled.image.shape[:2]
    frame = fit(width, height, (size, size))
    shift = (frame.left, frame.top)
    outlines = labelled.outlines and [outline + shift for outline in labelled.outlines]
    return Labelled(letterbox(labelled.image, frame), labelled.classes, labelled.boxes + shift * 2, outlines)


def _matrix(settings, canvas, size, rng):
    """M = T·S·R·P·C and its scale."""
    px, py = rng.uniform(-1, 1, 2) * settings.perspective * 640 / size
    angle = radians(rng.uniform(-1, 1) * settings.degrees)
    scale = 1 + rng.uniform(-1, 1) * settings.scale
    sx, sy = rng.uniform(-1, 1, 2) * settings.shear
    tx, ty = (0.5 + rng.uniform(-1, 1, 2) * settings.translate) * size
    c = np.array([[1, 0, -canvas / 2], [0, 1, -canvas / 2], [0, 0, 1]])
    p = np.array([[1, 0, 0], [0, 1, 0], [px, py, 1]])
    r = np.array(
        [
            [scale * cos(angle), scale * sin(angle), 0],
            [-scale * sin(angle), scale * cos(angle), 0],
            [0, 0, 1],
        ]
    )
    s = np.array([[1, tan(radians(sx)), 0], [tan(radians(sy)), 1, 0], [0, 0, 1]])
    t = np.array([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    return t @ s @ r @ p @ c, scale


def _affine(labelled, matrix, scale, size):
    if (matrix[2] == (0, 0, 1)).all():
        image = cv2.warpAffine(labelled.image, matrix[:2], (size, size), borderValue=(GRAY,) * 3)
    else:
        image = cv2.warpPerspective(labelled.image, matrix, (size, size), borderValue=(GRAY,) * 3)
    before = labelled.boxes
    if labelled.outlines is None:
        corners = _moved(before[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2), matrix).reshape(-1, 4, 2)
        after, least = np.concatenate([corners.min(1), corners.max(1)], 1), 0.10
    else:
        after, least = np.array([_seen(outline, matrix, size) for outline in labelled.outlines]), 0.01
    after = np.clip(after.reshape(-1, 4), 0, size)
    keep = survives(before.T, scale, after.T, least)
    return Labelled(image, labelled.classes[keep], after[keep], None)


def _seen(outline, matrix, size):
    """Bounds of the transformed points that lie in the training picture."""
    points = _moved(_resampled(outline, 1000), matrix)
    points = points[((points >= 0) & (points <= size)).all(1)]
    return np.concatenate([points.min(0), points.max(0)]) if len(points) else np.zeros(4)


def survives(before, scale, after, least):
    """Spec 5.4, of one box xyxy or of the columns of many."""
    w1, h1 = (before[2] - before[0]) * scale, (before[3] - before[1]) * scale
    w2, h2 = after[2] - after[0], after[3] - after[1]
    ratio = np.maximum(w2 / (h2 + 1e-16), h2 / (w2 + 1e-16))
    return (w2 > 2) & (h2 > 2) & (w2 * h2 / (w1 * h1 + 1e-16) > least) & (ratio < 100)


def _corners(box):
    x1, y1, x2, y2 = box
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]])


def _moved(points, matrix):
    moved = np.concatenate([points, np.ones((len(points), 1))], 1) @ matrix.T
    return moved[:, :2] / moved[:, 2:]


def _resampled(outline, count):
    """Points evenly spaced along the closed outline, counted by its vertices."""
    closed = np.concatenate([outline, outline[:1]])
    at = np.linspace(0, len(closed) - 1, count)
    return np.stack([np.interp(at, np.arange(len(closed)), closed[:, axis]) for axis in (0, 1)], 1)


def recoloured(image, gains):
    """HSV by 8-bit tables, hue in half degrees."""
    levels = np.arange(256)
    tables = [levels * gains[0] % 180, np.clip(levels * gains[1], 0, 255), np.clip(levels * gains[2], 0, 255)]
    planes = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV))
    changed = [cv2.LUT(plane, table.astype(np.uint8)) for plane, table in zip(planes, tables, strict=True)]
    return cv2.cvtColor(cv2.merge(changed), cv2.COLOR_HSV2BGR)
