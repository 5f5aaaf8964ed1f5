"""ONNX files and OpenVINO's own `.xml` through OpenVINO, on the CPU."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yolov10.errors import UserError
from yolov10.runtimes.exported import check_form, fixed_sides, keep_classes, read_card, run_in_steps
from yolov10.runtimes.model_bytes import check_begins_and_ends
from yolov10.runtimes.runtime import Precision
from yolov10.silence import import_openvino

PRECISIONS = {"fp32": "f32", "bf16": "bf16", "fp16": "f16"}
INPUT_TYPES = ("f32", "f16")  # images are cast by OpenVINO itself


class OpenvinoRuntime:
    """Runs a file that ends in top-k: [N, 3, H, W] → [N, K, 6] (contract, section 4).

    In float32 unless another precision is asked for: OpenVINO's own choice on some CPUs is bfloat16.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        device: str = "auto",
        precision: Precision = "fp32",
        threads: int | None = None,
    ) -> None:
        if device not in ("auto", "cpu"):
            raise UserError(f"OpenVINO is run on the CPU only, not on {device!r}: leave --device out")
        check_begins_and_ends(path)
        openvino = import_openvino(f"running {Path(path).name} with OpenVINO")
        settings = {"INFERENCE_PRECISION_HINT": PRECISIONS[precision], "PERFORMANCE_HINT": "LATENCY"}
        if threads is not None:
            settings["INFERENCE_NUM_THREADS"] = str(threads)
        core = openvino.Core()
        try:
            model = core.read_model(os.fspath(path))
            self.model = core.compile_model(model, "CPU", settings)
        except (RuntimeError, UnicodeDecodeError) as fault:  # the second, from a name in the file
            reason = str(fault).strip().splitlines()[-1][:120]
            raise UserError(f"{path}: not a file that OpenVINO can run ({reason})") from None
        inputs, outputs = ([_sides(port) for port in ports] for ports in (model.inputs, model.outputs))
        check_form(path, inputs, outputs)
        if model.inputs[0].get_element_type().get_type_name() not in INPUT_TYPES:
            raise UserError(f"{path}: takes other numbers: export it with a float32 or float16 input")
        self.card = read_card(path, _metadata(model))
        self.fixed_batch = inputs[0][0]
        self.fixed_shape = fixed_sides(inputs[0])
        self.of_this_thread = threading.local()  # an infer request serves one thread at a time

    def __call__(
        self, images: NDArray[np.float32], classes: Sequence[int] | None = None
    ) -> NDArray[np.float32]:
        """As `Runtime` says; other `classes` are left out after the file's top-k."""
        return keep_classes(run_in_steps(self._run, images, self.fixed_batch), classes)

    def _run(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        if not hasattr(self.of_this_thread, "request"):
            self.of_this_thread.request = self.model.create_infer_request()
        rows: NDArray[np.float32] = self.of_this_thread.request.infer([images])[0]
        return rows


def _metadata(model: "openvino.Model") -> dict[str, str]:  # type: ignore[name-defined]  # noqa: F821
    """The entries of an ONNX file's metadata, which OpenVINO keeps under this name; no nested ones."""
    entries = model.rt_info["framework"] if model.has_rt_info("framework") else {}
    if not isinstance(entries, dict):  # one bare value
        return {}
    return {key: str(value.value) for key, value in entries.items() if not isinstance(value, dict)}


def _sides(port: "openvino.Output") -> list[object]:  # type: ignore[name-defined]  # noqa: F821
    return [side.get_length() if side.is_static else None for side in port.partial_shape]
