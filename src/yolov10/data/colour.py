"""Colour changes: hue, saturation and value by table, and the blend of two pictures (spec 5.2)."""

import numpy as np
from numpy.typing import NDArray

from yolov10.images import Image
from yolov10.opencv import cv2


def shift_hsv(image: Image, gains: NDArray[np.float64], planes: NDArray[np.uint8]) -> None:
    """Multiply hue, saturation and value of a BGR picture [h,w,3] by `gains` [3], in place.

    In 8 bits, where hue goes from 0 to 179. `planes` [3,h,w] is room to work in.
    """
    hue, saturation, value = gains
    levels = np.arange(256)
    tables = (levels * hue % 180, np.minimum(levels * saturation, 255), np.minimum(levels * value, 255))
    cv2.cvtColor(image, cv2.COLOR_BGR2HSV, dst=image)
    cv2.split(image, list(planes))
    for plane, table in zip(planes, tables, strict=True):
        cv2.LUT(plane, table.astype(np.uint8), dst=plane)
    cv2.merge(list(planes), dst=image)
    cv2.cvtColor(image, cv2.COLOR_HSV2BGR, dst=image)


def blend(first: Image, second: Image, share: float) -> None:
    """Turn `first` into share · first + (1 - share) · second, truncated to uint8."""
    almost_half = 0.499  # OpenCV rounds; what floats fall short of a whole number must not lose a level
    cv2.addWeighted(first, share, second, 1 - share, -almost_half, dst=first)
