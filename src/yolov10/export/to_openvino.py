"""`--format openvino`: an `.xml` and, beside it, the `.bin` with its numbers."""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from yolov10.errors import UserError
from yolov10.export.plan import Plan, Write
from yolov10.graph.network import onnx_model
from yolov10.silence import import_openvino

SUFFIX = ".xml"


def make_openvino(plan: Plan) -> Write:
    """The network as OpenVINO's own format, in the plan's form and precision.

    Below fp32, float numbers are stored as float16. The precision is a declaration that the runtime follows:
    OpenVINO stores graphs, not how they are computed.
    """
    openvino = import_openvino("export to OpenVINO")
    model = openvino.Core().read_model(onnx_model(plan.weights, plan.form, {}))
    if plan.precision == "int8":
        from yolov10.export.quantize import quantized

        _merge_activations(openvino, model)
        model = quantized(plan, model)

    def write(path: Path, metadata: Mapping[str, str]) -> None:
        for key, value in metadata.items():
            model.set_rt_info(value, ["framework", key])  # where it puts the metadata of an ONNX file
        try:
            openvino.save_model(model, path, compress_to_fp16=plan.precision != "fp32")
        except RuntimeError as fault:  # "iostream error", whatever the reason
            path.with_suffix(".probe").write_bytes(bytes(PROBE))
            raise UserError(f"cannot write {path.name}: {str(fault).splitlines()[-1][:120]}") from None

    return write


def _merge_activations(openvino: ModuleType, model: Any) -> None:  # noqa: ANN401 - a model of OpenVINO
    """Make y · sigmoid(y) one operator, in place.

    OpenVINO does so itself when it compiles. But NNCF would quantize the inputs of the product, and then the
    activation is no longer computed along with its convolution: int8 would take as long as bfloat16.
    """
    for product in model.get_ordered_ops():
        if product.get_type_name() != "Multiply":
            continue
        y, gate = (product.input_value(i) for i in range(2))
        if gate.get_node().get_type_name() == "Sigmoid" and gate.get_node().input_value(0) == y:
            merged = openvino.opset13.swish(y)
            merged.set_friendly_name(product.get_friendly_name())
            openvino.utils.replace_node(product, merged)


PROBE = 1 << 20
"""Bytes to be written where OpenVINO could not write: Python's OSError says why, a full disk for one."""
