"""Every tensor of a network with its size, and of weights its mean and deviation; NumPy, no torch."""

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yolov10.convolutions import state_entries

BUFFERS = ("running_mean", "running_var", "num_batches_tracked")
"""Ends of the names of what batch-norm keeps and no gradient changes."""


def tensor_rows(tensors: Mapping[str, NDArray[Any]]) -> Iterator[dict[str, Any]]:
    """A row a tensor: name, gradient, parameters, shape, mu, sigma, dtype, in the order given.

    sigma is the sample deviation, as torch's `std` gives it; None of a single number, as is mu of a counter.
    """
    for name, values in tensors.items():
        measured = values.size > 1
        yield _row(name, values.shape, str(values.dtype)) | {
            "mu": float(values.mean(dtype=np.float64)) if measured else None,
            "sigma": float(values.std(dtype=np.float64, ddof=1)) if measured else None,
        }


def unmeasured_rows(scale: str, num_classes: int) -> Iterator[dict[str, Any]]:
    """The same of a scale without weights: names and shapes, no mu and sigma."""
    for name, shape in state_entries(scale, num_classes).items():
        dtype = "int64" if name.endswith(BUFFERS[-1]) else "float32"
        yield _row(name, shape, dtype) | {"mu": None, "sigma": None}


def _row(name: str, shape: tuple[int, ...], dtype: str) -> dict[str, Any]:
    return {
        "name": name,
        "kind": "buffer" if name.endswith(BUFFERS) else "parameter",
        "gradient": not name.endswith((*BUFFERS, ".dfl.conv.weight")),
        "parameters": prod(shape),
        "shape": list(shape),
        "dtype": dtype,
    }
