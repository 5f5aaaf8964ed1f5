"""Samples whose every object is painted in a colour of its own, so that pixels tell where it went."""

import numpy as np

from yolov10.data.sample import Sample
from yolov10.images import write

BRIGHTNESS = 250
"""Length of every colour: between a colour and its half lies no mixture with another."""


def paint_samples(folder, count, *, size=(320, 240), outlines=False, seed=0):
    """`count` black pictures with four objects each, and the colour of every class.

    Class k is the k-th object: a rectangle labelled by its box, or with `outlines` a concave polygon.
    """
    rng = np.random.default_rng(seed)
    colours = distinct_colours(4 * count, rng)
    samples = []
    for number in range(count):
        image = np.zeros((size[1], size[0], 3), np.uint8)
        polygons = [_shape(quarter, size, outlines, rng) for quarter in range(4)]
        classes = np.arange(4 * number, 4 * number + 4)
        for polygon, label in zip(polygons, classes, strict=True):
            image[raster(polygon, image.shape[:2])] = colours[label]
        write(folder / f"{number}.png", image)
        samples.append(make_sample(folder / f"{number}.png", size, classes, polygons, outlines=outlines))
    return samples, colours


def make_sample(path, size, classes, polygons, *, outlines=True, crowd=None):
    boxes = np.array([np.concatenate([p.min(0), p.max(0)]) for p in polygons], np.float32).reshape(-1, 4)
    return Sample(
        path=path,
        width=size[0],
        height=size[1],
        classes=np.asarray(classes, np.int64),
        boxes=boxes,
        polygons=tuple(np.asarray(p, np.float32) for p in polygons) if outlines else None,
        crowd=np.zeros(len(boxes), bool) if crowd is None else np.asarray(crowd),
        areas=(boxes[:, 2:] - boxes[:, :2]).prod(1).astype(np.float64),
        image_id=path.stem,
    )


def rectangle(x1, y1, x2, y2):
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float64)


def distinct_colours(count, rng, *, apart=30):
    """Colours [count,3] of one brightness, whose directions from black are at least 7 degrees apart."""
    colours = np.zeros((0, 3))
    while len(colours) < count:
        colour = rng.uniform(0, 1, 3)
        colour *= BRIGHTNESS / np.linalg.norm(colour)
        gray = colour.max() - colour.min() < 40
        if not gray and (np.linalg.norm(colours - colour, axis=1) > apart).all():
            colours = np.concatenate([colours, [np.rint(colour)]])
    return colours.astype(np.uint8)


def _shape(quarter, size, outlines, rng):
    """A rectangle, or a U lying on its side, on whole pixels within one quarter of a picture."""
    width, height = size[0] // 2, size[1] // 2
    left, top = (quarter % 2) * width, quarter // 2 * height
    x1, y1 = rng.integers(3, width // 3), rng.integers(3, height // 3)
    x2, y2 = rng.integers(width // 2, width - 3), rng.integers(height // 2, height - 3)
    if not outlines:
        return rectangle(left + x1, top + y1, left + x2, top + y2)
    third, notch, short = (y2 - y1) // 3, x1 + (x2 - x1) // 3, x2 - (x2 - x1) // 5
    corners = [(x1, y1), (x2, y1), (x2, y1 + third), (notch, y1 + third)]
    corners += [(notch, y2 - third), (short, y2 - third), (short, y2), (x1, y2)]
    return np.array(corners, np.float64) + np.array([left, top])


def raster(polygon, shape):
    """Mask [h,w] of the pixels whose centres lie in a polygon."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]] + 0.5
    return contains(polygon, x, y)


def contains(polygon, x, y):
    """Which points lie in a polygon, by the even-odd rule."""
    inside = np.zeros(x.shape, bool)
    for (x1, y1), (x2, y2) in zip(polygon, np.roll(polygon, -1, 0), strict=True):
        if y1 != y2:
            inside ^= ((y1 > y) != (y2 > y)) & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    return inside


def pixels_of(image, colour):
    """Mask of a BGR picture's pixels that have a colour, alone or mixed with less than half of black."""
    colour = colour / np.linalg.norm(colour.astype(float))
    along = image @ colour
    across = np.linalg.norm(image - along[..., None] * colour, axis=2)
    return (along >= BRIGHTNESS / 2) & (across <= along * 0.04)


def bounds(mask):
    """xyxy of a mask in continuous pixels; None of an empty one."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
