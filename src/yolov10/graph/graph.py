"""A graph in the making: operators are added one by one, each gives the name of what it computes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yolov10.graph import onnx_file
from yolov10.graph.onnx_file import Attribute

Value = str
"""Name of a tensor inside the graph."""


class Graph:
    """Nodes in the order they were added, and the tensors they read.

    tensors: weights by published name. float_type: what the network computes in.
    """

    def __init__(self, tensors: Mapping[str, NDArray[Any]], float_type: str = "float32") -> None:
        self.weights = tensors
        self.float_type = float_type
        self.nodes: list[bytes] = []
        self.tensors: dict[str, NDArray[Any]] = {}
        self.constants: dict[tuple[str, tuple[int, ...], bytes], Value] = {}

    def add(
        self,
        kind: str,
        inputs: Sequence[Value],
        name: str,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> Value:
        """Add an operator of one output; both are called `name`, which must be new."""
        return self.add_several(kind, inputs, [name], attributes)[0]

    def add_several(
        self,
        kind: str,
        inputs: Sequence[Value],
        names: Sequence[str],
        attributes: Mapping[str, Attribute] | None = None,
    ) -> list[Value]:
        """Add an operator of several outputs, one a name; the operator takes the first of them."""
        self.nodes.append(onnx_file.node(kind, inputs, names, names[0], attributes or {}))
        return list(names)

    def constant(self, values: Any, dtype: str) -> Value:  # noqa: ANN401 - what NumPy makes an array of
        """A tensor known beforehand; equal ones are one."""
        array = np.asarray(values, dtype)
        key = (dtype, array.shape, array.tobytes())
        if key not in self.constants:
            self.constants[key] = f"constant.{len(self.constants)}"
            self.tensors[self.constants[key]] = array
        return self.constants[key]

    def shape(self, *sides: int) -> Value:
        """A shape for Reshape (0 keeps a side, −1 is what is left) or Expand; axes; parts of a Split."""
        return self.constant(sides, "int64")

    def weight(self, name: str) -> Value:
        """A tensor of the network, by its published name, in the type the network computes in."""
        self.tensors[name] = self.weights[name].astype(self.float_type)
        return name
