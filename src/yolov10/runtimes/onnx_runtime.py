"""ONNX files through ONNX Runtime."""

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from yolov10.errors import UserError
from yolov10.runtimes.exported import check_form, fixed_sides, keep_classes, read_card, run_in_steps

INPUT_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}


class OnnxRuntime:
    """Runs an ONNX file that ends in top-k: [N, 3, H, W] → [N, K, 6] (contract, section 4)."""

    def __init__(
        self, path: str | os.PathLike[str], device: str = "auto", threads: int | None = None
    ) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what it has to say arrives as an exception
        options.intra_op_num_threads = threads or 0
        providers = _providers(onnxruntime.get_available_providers(), device)
        try:
            self.session = onnxruntime.InferenceSession(os.fspath(path), options, providers=providers)
        except Exception as fault:
            # Its faults share no base class; a name that is not UTF-8 breaks its own message.
            own = type(fault).__module__.startswith("onnxruntime")
            if not own and not isinstance(fault, UnicodeDecodeError):
                raise
            reason = str(fault).splitlines()[0][:120]
            raise UserError(f"{path}: not an ONNX file that can be run ({reason})") from None
        inputs, outputs = self.session.get_inputs(), self.session.get_outputs()
        check_form(path, [one.shape for one in inputs], [one.shape for one in outputs])
        self.card = read_card(path, self.session.get_modelmeta().custom_metadata_map)
        if inputs[0].type not in INPUT_TYPES:
            raise UserError(f"{path}: takes {inputs[0].type}: export it with a float32 or float16 input")
        self.input = inputs[0].name
        self.input_type = INPUT_TYPES[inputs[0].type]
        self.fixed_batch = inputs[0].shape[0]
        self.fixed_shape = fixed_sides(inputs[0].shape)

    def __call__(
        self, images: NDArray[np.float32], classes: Sequence[int] | None = None
    ) -> NDArray[np.float32]:
        """As `Runtime` says; other `classes` are left out after the file's top-k."""
        return keep_classes(run_in_steps(self._run, images, self.fixed_batch), classes)

    def _run(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        rows: NDArray[np.float32] = self.session.run(
            None, {self.input: images.astype(self.input_type, copy=False)}
        )[0]
        return rows


def _providers(available: list[str], device: str) -> list[str]:
    if device == "auto":
        return [name for name in ("CUDAExecutionProvider", "CPUExecutionProvider") if name in available]
    if device == "cpu":
        return ["CPUExecutionProvider"]
    if device.startswith("cuda") and "CUDAExecutionProvider" in available:
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]
    raise UserError(f"device {device!r} is not available in ONNX Runtime here: --device cpu works everywhere")
