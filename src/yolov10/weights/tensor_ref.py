"""A tensor of a checkpoint: where its elements lie, and the array they make when asked for (spec 8.2)."""

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from yolov10.errors import UserError
from yolov10.weights.archive import Archive

MOST_ELEMENTS = 1 << 31
MOST_AXES = 8

# How the elements of each dtype lie in a storage. NumPy has no bfloat16, and expects a bool to be 0 or 1:
# these two are read as integers and converted.
_STORED = {
    "float64": "<f8",
    "float32": "<f4",
    "float16": "<f2",
    "bfloat16": "<u2",
    "int64": "<i8",
    "int32": "<i4",
    "int16": "<i2",
    "int8": "i1",
    "uint8": "u1",
    "bool": "u1",
}


@dataclass(frozen=True, slots=True)
class Storage:
    """A named run of `elements` elements of one dtype in the archive."""

    key: str
    dtype: str
    elements: int

    def __post_init__(self) -> None:
        if self.dtype not in _STORED:
            raise UserError(f"a tensor has the unknown dtype {ascii(self.dtype)[:80]}")
        if type(self.elements) is not int or not 0 <= self.elements <= MOST_ELEMENTS:
            raise UserError("a storage has an impossible number of elements")

    @property
    def size(self) -> int:
        """In bytes."""
        return self.elements * np.dtype(_STORED[self.dtype]).itemsize


@dataclass(frozen=True, slots=True)
class TensorRef:
    """A tensor not read yet: `shape`, and `stride` and `offset` into its storage, in elements.

    One that exists is sound: it stays inside its storage and has no more elements, so an array made
    from it is no larger than the file (bfloat16: twice). UserError otherwise.
    """

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.shape) != len(self.stride) or len(self.shape) > MOST_AXES:
            raise UserError("a tensor has an impossible number of axes")
        for number in (self.offset, *self.shape, *self.stride):
            if type(number) is not int or not 0 <= number <= MOST_ELEMENTS:
                raise UserError("a tensor has an impossible offset, shape or stride")
        if prod(max(1, length) for length in self.shape) > MOST_ELEMENTS:
            raise UserError("a tensor has too many elements")
        count = prod(self.shape)
        # An expanded tensor reads elements of its storage many times over; no weight is one.
        if count > self.storage.elements:
            raise UserError("a tensor is larger than its storage")
        last = sum((length - 1) * stride for length, stride in zip(self.shape, self.stride, strict=True))
        if self.offset + (last + 1 if count else 0) > self.storage.elements:
            raise UserError("a tensor reaches past the end of its storage")

    @property
    def dtype(self) -> str:
        """PyTorch's name of it, without `torch.`."""
        return self.storage.dtype


def tensor(archive: Archive, ref: TensorRef) -> NDArray[np.generic]:
    """Read a tensor: an array of its own, contiguous; float16 stays float16, bfloat16 becomes float32.

    UserError when the archive lacks the storage, holds one of another size, or has handed out too much.
    """
    stored = np.dtype(_STORED[ref.dtype])
    elements: NDArray[np.generic] = np.ndarray(
        ref.shape,
        stored,
        buffer=archive.storage(ref.storage.key, ref.storage.size),
        offset=ref.offset * stored.itemsize,
        strides=tuple(step * stored.itemsize for step in ref.stride),
    )
    if ref.dtype == "bfloat16":  # the upper half of a float32
        widened = elements.astype(np.uint32, order="C")
        widened <<= 16
        return widened.view(np.float32)
    return elements.astype(np.bool_ if ref.dtype == "bool" else stored.newbyteorder("="), order="C")
