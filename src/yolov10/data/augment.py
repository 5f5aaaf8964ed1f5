"""One training picture, from the data set to its pixels and boxes (spec 5.2).

The published pipeline fills a canvas of 1280 × 1280 with four resized pictures and warps that. Here each
picture's place on the canvas and the warp are composed, and it is painted once, from its own pixels into its
part of the training picture. What the warp leaves outside is neither painted nor even decoded.
"""

import numpy as np
from numpy.typing import NDArray

from yolov10.data.augmentation import Augmentation
from yolov10.data.colour import blend, shift_hsv
from yolov10.data.copy_paste import pasted
from yolov10.data.layers import Layer, letterboxed, mosaic
from yolov10.data.pictures import Pictures
from yolov10.data.visible import visible_objects
from yolov10.data.warp import Warp, paint, random_warp, show, transform
from yolov10.images import Image
from yolov10.letterbox import PADDING
from yolov10.opencv import cv2

Labels = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Classes [n] and boxes [n,4] xyxy, pixels of the training picture."""


def augment(
    pictures: Pictures,
    index: int,
    settings: Augmentation,
    rng: np.random.Generator,
    planes: NDArray[np.uint8],
) -> Labels:
    """Make the training picture of sample `index` in `planes`, RGB [3,size,size], and give its labels.

    Everything random comes from `rng`, partners included. After the warp all is done in place: fresh memory
    for each step would take longer than most steps.
    """
    image, labels = _composed(pictures, index, settings, rng)
    if rng.random() < settings.mixup:
        partner = _partners(pictures, 1, rng)[0]
        second, more = _composed(pictures, partner, settings, rng)
        blend(image, second, rng.beta(32, 32))
        labels = (np.concatenate([labels[0], more[0]]), np.concatenate([labels[1], more[1]]))
    gains = 1 + rng.uniform(-1, 1, 3) * (settings.hsv_h, settings.hsv_s, settings.hsv_v)
    if (gains != 1).any():
        shift_hsv(image, gains, planes)
    if rng.random() < settings.flipud:
        labels = _flip(image, labels, axis=0)
    if rng.random() < settings.fliplr:
        labels = _flip(image, labels, axis=1)
    cv2.split(image, list(planes[::-1]))  # BGR → RGB
    return labels


def _composed(
    pictures: Pictures, index: int, settings: Augmentation, rng: np.random.Generator
) -> tuple[Image, Labels]:
    """Mosaic or letterbox, copy-paste and warp: the steps that a mixup partner goes through too."""
    if rng.random() < settings.mosaic:
        canvas = 2 * pictures.size
        x, y = rng.uniform(canvas / 4, canvas * 3 / 4, 2).astype(int).tolist()
        layers = mosaic(pictures, [index, *_partners(pictures, 3, rng)], (x, y))
    else:
        canvas = pictures.size
        layers = [letterboxed(pictures, index)]
    if settings.copy_paste:
        layers += pasted(layers, canvas, settings.copy_paste, rng)
    return _painted(pictures, layers, random_warp(settings, canvas, pictures.size, rng))


def _partners(pictures: Pictures, count: int, rng: np.random.Generator) -> list[int]:
    """Draw other samples, with replacement.

    The published loader draws them from the last thousand or so it has loaded. Those are a random part of the
    data set, as the order is shuffled, so a draw from all of it has the same distribution; and it depends on
    nothing but the generator.
    """
    drawn: list[int] = rng.integers(len(pictures), size=count).tolist()
    return drawn


def _painted(pictures: Pictures, layers: list[Layer], warp: Warp) -> tuple[Image, Labels]:
    """Paint what is shown of each layer on gray, one over the other, and collect the objects that survive."""
    size = pictures.size
    image = np.full((size, size, 3), PADDING, np.uint8)
    by_outline = any(layer.objects.outlines is not None for layer in layers)
    classes, boxes = [np.zeros(0, np.int64)], [np.zeros((0, 4))]
    for layer in layers:
        shown = show(layer, warp, size)
        picture = pictures.load(layer.index) if shown else None
        if shown is None or picture is None:  # outside, or no longer readable: it stays gray, without objects
            continue
        stencil = None if layer.stencil is None else transform(layer.stencil, shown.matrix)
        paint(image, picture, shown, stencil)
        found = visible_objects(layer, shown, scale=warp.scale, size=size, by_outline=by_outline)
        classes.append(found[0])
        boxes.append(found[1])
    return image, (np.concatenate(classes), np.concatenate(boxes))


def _flip(image: Image, labels: Labels, axis: int) -> Labels:
    """Exchange up and down (axis 0) or left and right (1), in the pixels and in the boxes returned."""
    cv2.flip(image, axis, dst=image)
    classes, boxes = labels
    low, high = 1 - axis, 3 - axis  # columns of x or y
    flipped = boxes.copy()
    flipped[:, [low, high]] = image.shape[axis] - boxes[:, [high, low]]
    return classes, flipped
