"""The random warp, and painting a picture through it straight into the training picture (spec 5.3)."""

from dataclasses import dataclass
from math import cos, radians, sin, tan

import numpy as np
from numpy.typing import NDArray

from yolov10.data.augmentation import Augmentation
from yolov10.data.layers import Layer, Matrix
from yolov10.images import Image
from yolov10.opencv import cv2

MAX_STRETCH = 0.02
"""How much a picture may be stretched to make its crop end on whole pixels."""


@dataclass(frozen=True, eq=False)
class Warp:
    """The map from the canvas to the training picture."""

    matrix: Matrix
    scale: float
    """Its isotropic factor, which the survival of boxes is measured against (spec 5.4)."""


@dataclass(frozen=True, eq=False)
class Shown:
    """How a layer appears in the training picture."""

    matrix: Matrix
    """Picture pixels → training pixels."""
    window: NDArray[np.float64]
    """Convex polygon [k,2] in training pixels, inside which the layer is seen."""
    crop: tuple[int, int, int, int] | None
    """When the window is upright and shows exactly a whole-pixel rectangle of the picture: that, xyxy."""


def random_warp(settings: Augmentation, canvas: int, size: int, rng: np.random.Generator) -> Warp:
    """Draw M = T·S·R·P·C from a square canvas to a square training picture of `size` (spec 5.3)."""
    depth = rng.uniform(-1, 1, 2) * settings.perspective * 640 / size
    angle = radians(rng.uniform(-1, 1) * settings.degrees)
    scale = 1 + rng.uniform(-1, 1) * settings.scale
    shear = [tan(radians(degrees)) for degrees in rng.uniform(-1, 1, 2) * settings.shear]
    shift = (0.5 + rng.uniform(-1, 1, 2) * settings.translate) * size
    to_centre = np.array([[1, 0, -canvas / 2], [0, 1, -canvas / 2], [0, 0, 1]])
    perspective = np.array([[1, 0, 0], [0, 1, 0], [depth[0], depth[1], 1]])
    across, along = scale * sin(angle), scale * cos(angle)
    rotation = np.array([[along, across, 0], [-across, along, 0], [0, 0, 1]])
    sheared = np.array([[1, shear[0], 0], [shear[1], 1, 0], [0, 0, 1]])
    placed = np.array([[1, 0, shift[0]], [0, 1, shift[1]], [0, 0, 1]])
    return Warp(placed @ sheared @ rotation @ perspective @ to_centre, scale)


def show(layer: Layer, warp: Warp, size: int) -> Shown | None:
    """Compose a layer's place with the warp; None when nothing of it comes to lie in the training picture."""
    matrix = warp.matrix @ layer.place
    (a, b, _), (c, d, _), (e, f, _) = matrix.tolist()
    if a > 0 and d > 0 and b == c == e == f == 0:
        return _show_upright(layer, matrix, size)
    quad = transform(corners(np.array([layer.part])), matrix).astype(np.float32)
    frame = np.array([[0, 0], [size, 0], [size, size], [0, size]], np.float32)
    area, window = cv2.intersectConvexConvex(quad, frame)
    if area <= 0:
        return None
    return Shown(matrix, np.clip(window.reshape(-1, 2).astype(np.float64), 0, size), None)


def _show_upright(layer: Layer, matrix: Matrix, size: int) -> Shown | None:
    """Show a layer that is scaled and moved only.

    Then a crop can be resized, three times as fast as any warp, if it begins and ends on whole pixels on both
    sides. Moving the ends there shifts the picture by a pixel at most and stretches it by parts of a percent;
    pixels and boxes alike, since both follow the matrix that is returned.
    """
    x = _Span.of(matrix[0, 0], matrix[0, 2], layer.part[0::2], layer.extent[0], size)
    y = _Span.of(matrix[1, 1], matrix[1, 2], layer.part[1::2], layer.extent[1], size)
    if x.first >= x.last or y.first >= y.last:
        return None
    window = corners(np.array([[x.first, y.first, x.last, y.last]], np.float64))[0]
    if not (x.on_whole_pixels and y.on_whole_pixels):
        return Shown(matrix, window, None)
    moved = np.array([[x.scale, 0, x.shift], [0, y.scale, y.shift], [0, 0, 1]])
    return Shown(moved, window, (x.begin, y.begin, x.end, y.end))


@dataclass(frozen=True)
class _Span:
    """One axis of an upright map: picture pixels begin … end fill the training pixels first … last."""

    begin: int
    end: int
    first: int
    last: int
    on_whole_pixels: bool

    @property
    def scale(self) -> float:
        return (self.last - self.first) / (self.end - self.begin)

    @property
    def shift(self) -> float:
        return self.first - self.begin * self.scale

    @classmethod
    def of(cls, scale: float, shift: float, part: tuple[float, ...], length: int, size: int) -> "_Span":
        """Round where `part` of a picture of `length` pixels lies in the training picture, and back."""
        first, last = (round(min(max(scale * edge + shift, 0.0), size)) for edge in part)
        begin, end = (round(min(max((edge - shift) / scale, 0.0), length)) for edge in (first, last))
        stretched = (last - first) - (end - begin) * scale
        return cls(begin, end, first, last, end > begin and abs(stretched) <= MAX_STRETCH * (last - first))


def paint(canvas: Image, image: Image, shown: Shown, stencil: NDArray[np.float64] | None = None) -> None:
    """Paint a picture [h,w,3] where it is shown; `stencil`, a polygon of training pixels, cuts it out."""
    left, top = np.floor(shown.window.min(0)).astype(int).tolist()
    right, bottom = np.ceil(shown.window.max(0)).astype(int).tolist()
    target = canvas[top:bottom, left:right]
    if shown.crop and stencil is None:
        x1, y1, x2, y2 = shown.crop
        cv2.resize(image[y1:y2, x1:x2], (right - left, bottom - top), dst=target)
        return
    # OpenCV counts from the centre of the first pixel, we from its corner.
    matrix = _moved(-left - 0.5, -top - 0.5) @ shown.matrix @ _moved(0.5, 0.5)
    warped = cv2.warpPerspective(
        image, matrix, (right - left, bottom - top), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    mask = _inside(shown.window - (left, top), warped.shape[:2])
    if stencil is not None:
        mask &= _inside(stencil - (left, top), warped.shape[:2])
    cv2.copyTo(warped, mask, target)


def _inside(polygon: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Mask [h,w] of the pixels in a polygon; those that its edge touches belong to it."""
    mask = np.zeros(shape, np.uint8)
    points = np.rint((polygon - 0.5) * 16).astype(np.int32)
    cv2.fillPoly(mask, [points], (1,), shift=4)  # sixteenths of a pixel
    return mask


def _moved(x: float, y: float) -> Matrix:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])


def corners(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners [n,4,2] of boxes [n,4] xyxy, in turn."""
    return boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)


def transform(points: NDArray[np.float64], matrix: Matrix) -> NDArray[np.float64]:
    """Map points [...,2]."""
    moved = points @ matrix[:2, :2].T + matrix[:2, 2]
    if matrix[2, :2].any():
        moved /= (points @ matrix[2, :2] + matrix[2, 2])[..., None]
    return moved
