"""Writes `squares.onnx`: a model of the contract's form (section 4) that finds coloured squares.

It looks for red, green and blue squares (classes 0, 1, 2) of 25 pixels of its input: how much of such a
square is of one colour is the score, and its peaks are the objects. A covered square is less sure, and one
covered by half is not found, as with a network. `python tests/data/models/make_squares.py` (needs onnx).
"""

import numpy as np
from make_toy import METADATA, write
from onnx import TensorProto, helper

SIDE = 25
FOUND = 50
NAMES = ("red", "green", "blue")


def pool(kind, name, result):
    """A square window of SIDE, as one row and one column: far quicker."""
    half = SIDE // 2
    extra = {"count_include_pad": 1} if kind == "AveragePool" else {}
    across = {"kernel_shape": [1, SIDE], "pads": [0, half, 0, half]}
    down = {"kernel_shape": [SIDE, 1], "pads": [half, 0, half, 0]}
    return [
        helper.make_node(kind, [name], [result + "_row"], **across, **extra),
        helper.make_node(kind, [result + "_row"], [result], **down, **extra),
    ]


CONSTANTS = {
    "one": np.array(1, np.int64),
    "zero": np.array(0, np.int64),
    "flat": np.array([0, -1], np.int64),
    "row_form": np.array([1, 1, 1, -1], np.int64),
    "column_form": np.array([1, 1, -1, 1], np.int64),
    "found": np.array([FOUND], np.int64),
    "last": np.array([2], np.int64),
    "tilt": np.array(1e-6, np.float32),  # decides between neighbours of the same score
    "half": np.array(SIDE / 2, np.float32),
    "middle": np.array(0.5, np.float32),
    "others_red": np.array([1, 2], np.int64),
    "others_green": np.array([0, 2], np.int64),
    "others_blue": np.array([0, 1], np.int64),
    **{f"index_{name}": np.array([index], np.int64) for index, name in enumerate(NAMES)},
}
NODES = [
    node
    for name in NAMES
    for node in (
        helper.make_node("Gather", ["images", f"index_{name}"], [name], axis=1),
        helper.make_node("Gather", ["images", f"others_{name}"], [f"not_{name}"], axis=1),
        helper.make_node("ReduceMax", [f"not_{name}", "axis"], [f"most_{name}"], keepdims=1),
        helper.make_node("Sub", [name, f"most_{name}"], [f"more_{name}"]),
    )
] + [
    helper.make_node("Concat", [f"more_{name}" for name in NAMES], ["more"], axis=1),
    helper.make_node("Relu", ["more"], ["coloured"]),
    *pool("AveragePool", "coloured", "share"),
    helper.make_node("Shape", ["images"], ["shape"]),
    helper.make_node("Gather", ["shape", "two"], ["height"], axis=0),
    helper.make_node("Gather", ["shape", "three"], ["width"], axis=0),
    helper.make_node("Range", ["zero", "width", "one"], ["xs"]),
    helper.make_node("Range", ["zero", "height", "one"], ["ys"]),
    helper.make_node("Reshape", ["xs", "row_form"], ["xs4"]),
    helper.make_node("Reshape", ["ys", "column_form"], ["ys4"]),
    helper.make_node("Add", ["xs4", "ys4"], ["slope"]),
    helper.make_node("Cast", ["slope"], ["slope_float"], to=TensorProto.FLOAT),
    helper.make_node("Mul", ["slope_float", "tilt"], ["slight"]),
    helper.make_node("Sub", ["share", "slight"], ["tilted"]),
    *pool("MaxPool", "tilted", "highest"),
    helper.make_node("GreaterOrEqual", ["tilted", "highest"], ["peak"]),
    helper.make_node("Cast", ["peak"], ["peak_float"], to=TensorProto.FLOAT),
    helper.make_node("Mul", ["share", "peak_float"], ["scores"]),
    helper.make_node("Reshape", ["scores", "flat"], ["every"]),
    helper.make_node("TopK", ["every", "found"], ["best", "where"], axis=1),
    helper.make_node("Mul", ["height", "width"], ["plane"]),
    helper.make_node("Div", ["where", "plane"], ["class"]),
    helper.make_node("Mod", ["where", "plane"], ["inside"]),
    helper.make_node("Div", ["inside", "width"], ["y"]),
    helper.make_node("Mod", ["inside", "width"], ["x"]),
    *(
        helper.make_node("Cast", [name], [f"{name}_float"], to=TensorProto.FLOAT)
        for name in ("x", "y", "class")
    ),
    helper.make_node("Add", ["x_float", "middle"], ["cx"]),
    helper.make_node("Add", ["y_float", "middle"], ["cy"]),
    helper.make_node("Sub", ["cx", "half"], ["x1"]),
    helper.make_node("Sub", ["cy", "half"], ["y1"]),
    helper.make_node("Add", ["cx", "half"], ["x2"]),
    helper.make_node("Add", ["cy", "half"], ["y2"]),
    *(
        helper.make_node("Unsqueeze", [name, "last"], [f"{name}_column"])
        for name in ("x1", "y1", "x2", "y2", "best", "class_float")
    ),
    helper.make_node(
        "Concat",
        [f"{name}_column" for name in ("x1", "y1", "x2", "y2", "best", "class_float")],
        ["output0"],
        axis=2,
    ),
]
CONSTANTS |= {"axis": np.array([1], np.int64), "two": np.array(2), "three": np.array(3)}


if __name__ == "__main__":
    write("squares", NODES, CONSTANTS, FOUND, METADATA | {"names": str(dict(enumerate(NAMES)))})
