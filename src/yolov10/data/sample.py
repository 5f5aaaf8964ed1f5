"""One picture's labels."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Sample:
    """A picture and its boxes, all in pixels of the upright picture (EXIF rotation applied)."""

    path: Path
    width: int
    height: int
    classes: NDArray[np.int64]
    """[n], indices into the data set's names."""
    boxes: NDArray[np.float32]
    """[n,4] xyxy, source pixels, inside the picture."""
    polygons: tuple[NDArray[np.float32], ...] | None
    """n outlines [m,2] x y, source pixels; None when the labels of this picture are boxes only."""
    crowd: NDArray[np.bool_]
    """[n], regions that training ignores and evaluation neither counts as missed nor as false:
    COCO's `iscrowd`, Pascal VOC's `difficult`."""
    areas: NDArray[np.float64]
    """[n] square pixels, for COCO's AP by size: the file's own `area`, else the box's."""
    image_id: int | str
    """COCO's id, else the file's stem."""
