"""Writes `toy.onnx`: a model of the contract's form (section 4) small enough to keep beside the tests.

It "finds" three boxes at fixed shares of its input, with scores 0.9, 0.6, 0.3 times the brightest value, and
classes 0, 1, 2; the second and third box are the same. `python tests/data/models/make_toy.py` (needs onnx).
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROWS = np.array(
    [[0.1, 0.2, 0.5, 0.6, 0.9, 0], [0.5, 0.5, 0.9, 0.75, 0.6, 1], [0.5, 0.5, 0.9, 0.75, 0.3, 2]], np.float32
)
CONSTANTS = {
    "boxes": ROWS[None, :, :4],
    "scores": ROWS[None, :, 4:5],
    "classes": ROWS[None, :, 5:],
    "width_height": np.array([3, 2, 3, 2], np.int64),
    "axes": np.array([1, 2, 3], np.int64),
    "axes_1_2": np.array([1, 2], np.int64),
    "zero": np.zeros(1, np.float32),
}
NODES = [
    helper.make_node("Shape", ["images"], ["shape"]),
    helper.make_node("Gather", ["shape", "width_height"], ["sides"]),
    helper.make_node("Cast", ["sides"], ["scale"], to=TensorProto.FLOAT),
    helper.make_node("ReduceMax", ["images", "axes"], ["brightest"], keepdims=0),
    helper.make_node("Unsqueeze", ["brightest", "axes_1_2"], ["light"]),
    helper.make_node("Mul", ["scores", "light"], ["lit"]),  # [N, 3, 1]
    helper.make_node("Mul", ["light", "zero"], ["nothing"]),
    helper.make_node("Mul", ["boxes", "scale"], ["pixels"]),
    helper.make_node("Add", ["pixels", "nothing"], ["out_boxes"]),
    helper.make_node("Add", ["classes", "nothing"], ["out_classes"]),
    helper.make_node("Concat", ["out_boxes", "lit", "out_classes"], ["output0"], axis=2),
]
METADATA = {
    "names": "{0: 'RBC', 1: 'WBC', 2: 'Platelets'}",
    "stride": "32",
    "task": "detect",
    "imgsz": "[320, 320]",
    "batch": "1",
    "license": "Apache-2.0",
    "scale": "n",
}


def write(
    name: str, nodes: list[onnx.NodeProto], constants: dict, rows: int, metadata: dict[str, str]
) -> None:
    """Write a model of free batch and sides beside this file; `rows` are what it gives a picture."""
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, ["n", rows, 6])],
        [numpy_helper.from_array(value, constant) for constant, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model)
    onnx.save(model, Path(__file__).with_name(f"{name}.onnx"))


if __name__ == "__main__":
    write("toy", NODES, CONSTANTS, len(ROWS), METADATA)
