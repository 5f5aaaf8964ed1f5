"""ONNX files and OpenVINO's own `.xml` through OpenVINO, on the CPU."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yolov10.errors import UserError
from yolov10.runtimes.exported import check_form, fixed_sides, in_steps, keep_classes, read_card
from yolov10.runtimes.runtime import Precision
from yolov10.silence import import_openvino

PRECISIONS = {"fp32": "f32", "bf16": "bf16", "fp16": "f16"}


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
        self.card = read_card(path, _metadata(model))
        self.fixed_batch = inputs[0][0]
        self.fixed_shape = fixed_sides(inputs[0])

    def __call__(
        self, images: NDArray[np.float32], classes: Sequence[int] | None = None
    ) -> NDArray[np.float32]:
        """As `Runtime` says; other `classes` are left out after the file's top-k."""
        parts = [self.model(part)[0] for part in in_steps(images, self.fixed_batch)]
        return keep_classes(np.concatenate(parts).astype(np.float32, copy=False), classes)


def _metadata(model: "openvino.Model") -> dict[str, str]:  # type: ignore[name-defined]  # noqa: F821
    """The entries of an ONNX file's metadata, which OpenVINO keeps under this name."""
    entries = model.rt_info["framework"] if model.has_rt_info("framework") else {}
    return {key: str(value.value) for key, value in entries.items()}


def _sides(port: "openvino.Output") -> list[object]:  # type: ignore[name-defined]  # noqa: F821
    return [side.get_length() if side.is_static else None for side in port.partial_shape]
