"""What a program hands to a detector, as pictures and videos: names, numbers, bytes, arrays, PIL images."""

import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from yolov10 import images
from yolov10.errors import UserError
from yolov10.in_memory import from_array
from yolov10.prediction.picture import Entry, Picture, refused
from yolov10.prediction.sources import pictures
from yolov10.prediction.video import camera_or_stream

ENCODED = (bytes, bytearray, memoryview)
"""Types of the bytes of a picture file."""


def one_picture(image: Any, max_pixels: int) -> Picture:  # noqa: ANN401 - a PIL image, without importing PIL
    """One picture: a path, encoded bytes, a NumPy BGR array [h, w, 3], or a PIL image."""
    if isinstance(image, str | os.PathLike):
        source = os.fsdecode(image)
        return Picture(source, partial(images.open_file, source, max_pixels=max_pixels), Path(source))
    if isinstance(image, ENCODED):
        data, name = bytes(image), "the picture given"
        opened = partial(images.open_bytes, data, name=name, max_pixels=max_pixels)
        return Picture("", opened, Path(name))
    return Picture("", partial(from_array, image), Path("array"))


def _found(one: str | os.PathLike[str], max_pixels: int, *, alone: bool) -> Iterator[Entry]:
    """What a name stands for; one of several that is not there does not stop the others."""
    try:
        yield from pictures([one], max_pixels)
    except UserError as fault:
        if alone:
            raise
        yield refused(os.fsdecode(one), str(fault), Path(os.fsdecode(one)))


def all_pictures(source: Any, max_pixels: int) -> Iterator[Entry]:  # noqa: ANN401 - as above
    """The pictures and videos of a source, as `pictures` knows them, or of several of any form."""
    several = isinstance(source, Iterable) and not isinstance(source, (str, os.PathLike, *ENCODED))
    several = several and not hasattr(source, "shape")
    for one in source if several else [source]:
        if isinstance(one, str | os.PathLike):
            yield from _found(one, max_pixels, alone=not several)
        elif isinstance(one, int):
            yield camera_or_stream(str(one))
        else:  # of several, an array may be a buffer that the next is written to before this is looked at
            own = one.copy() if several and isinstance(one, np.ndarray) else one
            yield one_picture(own, max_pixels)
