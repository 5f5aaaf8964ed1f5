"""The pictures of a data set at training size: decoded when first seen, kept while memory lasts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yolov10.data.sample import Sample
from yolov10.errors import UserError
from yolov10.images import Image, read
from yolov10.letterbox import scaled
from yolov10.opencv import cv2


@dataclass(frozen=True, eq=False)
class Objects:
    """What is labelled in one picture, in pixels of the picture as `Pictures` holds it."""

    classes: NDArray[np.int64]
    """[n]"""
    boxes: NDArray[np.float64]
    """[n,4] xyxy."""
    outlines: list[NDArray[np.float64]] | None
    """n polygons [m,2]; None when the labels of this picture are boxes only."""


class Pictures:
    """Pictures and labels of a data set, by index.

    One that is larger than the training picture is scaled down to it here, by the resize that `predict` does:
    a single warp from the full photograph would skip pixels in ways the published recipe does not, and a
    cache of photographs would hold mostly what is never shown. Smaller ones are left to the warp.

    The cache takes pictures until its bytes are spent and then keeps those it has. Training draws at random,
    so no rule of replacement would hit more often.
    """

    def __init__(self, samples: list[Sample], size: int, *, cache_bytes: int = 0) -> None:
        self.samples = samples
        self.size = size
        """Side of the training picture."""
        self.unreadable: dict[int, str] = {}
        """What is wrong with each picture that turned out not to be readable, by index."""
        self._cache: dict[int, Image] = {}
        self._bytes_left = cache_bytes

    def __len__(self) -> int:
        return len(self.samples)

    def extent(self, index: int) -> tuple[int, int]:
        """Tell width and height of a picture as `load` gives it, without decoding it."""
        sample = self.samples[index]
        if max(sample.width, sample.height) <= self.size:
            return sample.width, sample.height
        return fitted(sample.width, sample.height, self.size)

    def objects(self, index: int) -> Objects:
        """Give the labels of a picture; regions marked as crowds are ignored in training."""
        sample = self.samples[index]
        width, height = self.extent(index)
        scale = np.array([width / sample.width, height / sample.height] * 2)
        kept = np.flatnonzero(~sample.crowd)
        polygons = sample.polygons
        outlines = None if polygons is None else [polygons[i] * scale[:2] for i in kept]
        return Objects(sample.classes[kept], sample.boxes[kept] * scale, outlines)

    def load(self, index: int) -> Image | None:
        """Decode a picture to [H,W,3] BGR of its `extent`; the array is shared and must not be changed.

        None for one that can no longer be read, which goes into `unreadable`.
        """
        image = self._cache.get(index)
        if image is None and index not in self.unreadable:
            try:
                image = self._read(index)
            except UserError as fault:
                self.unreadable[index] = str(fault)
                return None
            if image.nbytes <= self._bytes_left:
                self._cache[index] = image
                self._bytes_left -= image.nbytes
        return image

    def _read(self, index: int) -> Image:
        sample = self.samples[index]
        image = read(sample.path)
        if image.shape[:2] != (sample.height, sample.width):
            raise UserError(f"{sample.path}: has changed since its labels were read")
        extent = self.extent(index)
        if extent == (sample.width, sample.height):
            return image
        return cv2.resize(image, extent, interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


def fitted(width: int, height: int, size: int) -> tuple[int, int]:
    """Width and height of a picture after its long side was brought to `size`, as `letterbox` rounds them."""
    return scaled(width, height, size / max(width, height))
