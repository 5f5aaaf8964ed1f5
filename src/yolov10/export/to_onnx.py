"""`--format onnx`: one file."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

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

    def write(path: Path, metadata: Mapping[str, str]) -> None:
        onnx.helper.set_model_props(model, metadata)
        path.write_bytes(model.SerializeToString())

    return write
