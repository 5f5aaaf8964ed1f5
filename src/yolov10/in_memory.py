"""Pictures of a program: arrays and PIL images become uint8 [H,W,3], BGR, upright."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from yolov10.errors import UserError
from yolov10.exif import exif_orientation
from yolov10.images import Image, turned_upright
from yolov10.opencv import cv2


def from_array(image: object) -> Image:
    """Take a picture from memory as [H,W,3] BGR: a NumPy uint8 array (BGR, BGRA or gray) or a PIL image.

    A contiguous BGR array is returned as it is. A PIL image is turned upright by its EXIF; its 16-bit gray is
    scaled to 8 bits. Raises UserError for anything else.
    """
    if any((kind.__module__, kind.__name__) == ("PIL.Image", "Image") for kind in type(image).__mro__):
        return _from_pil(image)
    if not isinstance(image, np.ndarray):
        several = "; several at once: Detector.stream" if isinstance(image, list | tuple) else ""
        kinds = "a path, bytes, a NumPy array or a PIL image"
        raise UserError(f"a picture must be {kinds}, not {type(image).__name__}{several}")
    if image.dtype != np.uint8:
        raise UserError(f"a picture array must be uint8, 0..255, not {image.dtype}: scale and convert it")
    channels = image.shape[2] if image.ndim == 3 else 1
    if image.ndim not in (2, 3) or channels not in (1, 3, 4) or image.size == 0:
        raise UserError(f"a picture array must be HxW, HxWx1, HxWx3 (BGR) or HxWx4 (BGRA), not {image.shape}")
    if channels == 3:
        return np.ascontiguousarray(image)
    return _converted(image, cv2.COLOR_GRAY2BGR if channels == 1 else cv2.COLOR_BGRA2BGR)


def _from_pil(image: Any) -> Image:  # noqa: ANN401 - known by its form, since PIL is no dependency
    """Convert a PIL image of any mode but F (it has no agreed range) to upright BGR [H,W,3]."""
    if image.mode == "F" or 0 in image.size:
        raise UserError(f"a PIL image of mode {image.mode} and size {image.size} is no picture: make it RGB")
    try:
        if image.mode.startswith("I"):
            pixels = from_array(_scaled_to_8_bits(np.asarray(image)))
        else:
            pixels = _converted(np.asarray(image.convert("RGB")), cv2.COLOR_RGB2BGR)
    except (OSError, SyntaxError, ValueError) as fault:  # from PIL, which reads a file's pixels only now
        raise UserError(f"the PIL image cannot be read: {fault}") from None
    # PIL keeps the EXIF of a file here; a TIFF's orientation it has applied itself.
    return turned_upright(pixels, exif_orientation(image.info.get("exif") or b""))


def _scaled_to_8_bits(values: NDArray[Any]) -> Image:
    """Scale the gray of PIL's modes I;16 and I from 0..65535."""
    if values.min() < 0 or values.max() > 65535:
        raise UserError("a PIL image of mode I must hold 0..65535: make it L or RGB")
    return (values >> 8).astype(np.uint8)


def _converted(pixels: Image, code: int) -> Image:
    converted: Image = np.asarray(cv2.cvtColor(pixels, code), np.uint8)
    return converted
