"""`--format onnx`: one file."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from yolov10.errors import require
from yolov10.export.plan import Plan, Write
from yolov10.graph.network import onnx_model

SUFFIX = ".onnx"


def make_onnx(plan: Plan) -> Write:
    """The network as ONNX, in the plan's form and precision.

    fp16 computes in float16 but for boxes and scores. bf16 is a declaration: the numbers are float32, and a
    runtime that can (OpenVINO) runs them in bfloat16.
    """
    if plan.precision == "int8":
        return _quantized(plan)
    form = replace(plan.form, half=plan.precision == "fp16")

    def write(path: Path, metadata: Mapping[str, str]) -> None:
        path.write_bytes(onnx_model(plan.weights, form, metadata))

    return write


def _quantized(plan: Plan) -> Write:
    from yolov10.export.quantize import quantized

    onnx = require("onnx", install="open-yolov10[export]", purpose="int8 in ONNX")
    model = quantized(plan, onnx.load_from_string(onnx_model(plan.weights, plan.form, {})))
    _make_unsigned(model.graph, onnx)

    def write(path: Path, metadata: Mapping[str, str]) -> None:
        onnx.helper.set_model_props(model, metadata)
        path.write_bytes(model.SerializeToString())

    return write


def _make_unsigned(graph: Any, onnx: ModuleType) -> None:  # noqa: ANN401 - onnx.GraphProto
    """Activations as uint8 instead of int8: the same steps, counted from 0 instead of −128.

    OpenVINO 2026.4 computes wrong boxes from signed activations whose zero point is not 0; unsigned is also
    what x86 processors multiply.
    """
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type not in ("QuantizeLinear", "DequantizeLinear") or node.input[0] in tensors:
            continue  # a weight
        zero = tensors[node.input[2]]  # shared by the two nodes of an activation
        if zero.data_type == onnx.TensorProto.INT8:
            values = onnx.numpy_helper.to_array(zero).astype(np.int16) + 128
            zero.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.uint8), zero.name))
    del graph.value_info[:]  # the types in between were told there
