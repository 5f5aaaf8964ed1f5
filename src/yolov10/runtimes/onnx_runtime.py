"""ONNX files through ONNX Runtime."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yolov10.errors import UserError
from yolov10.model_card import ModelCard


class OnnxRuntime:
    """Runs an ONNX file that ends in top-k: [N, 3, H, W] → [N, K, 6] (contract, section 4)."""

    def __init__(
        self, path: str | os.PathLike[str], device: str = "auto", threads: int | None = None
    ) -> None:
        import onnxruntime

        if not Path(path).is_file():
            raise UserError(f"{path}: no such file")
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what it has to say arrives as an exception
        options.intra_op_num_threads = threads or 0
        try:
            self.session = onnxruntime.InferenceSession(
                os.fspath(path), options, providers=_providers(onnxruntime.get_available_providers(), device)
            )
        except Exception as fault:
            # Its faults share no base class; a name that is not UTF-8 breaks its own message.
            if not isinstance(fault, UnicodeDecodeError) and not type(fault).__module__.startswith(
                "onnxruntime"
            ):
                raise
            reason = str(fault).splitlines()[0][:120]
            raise UserError(f"{path}: not an ONNX file that can be run ({reason})") from None
        self.card = _card(path, self.session.get_modelmeta().custom_metadata_map)
        inputs, outputs = self.session.get_inputs(), self.session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1 or len(outputs[0].shape) != 3 or outputs[0].shape[2] != 6:
            raise UserError(f"{path}: not a YOLOv10 detector: one output [N, K, 6] is needed")
        self.input = inputs[0].name
        height, width = inputs[0].shape[2:] if len(inputs[0].shape) == 4 else (None, None)
        self.fixed_shape = (height, width) if isinstance(height, int) and isinstance(width, int) else None
        self.fixed_batch = inputs[0].shape[0] if isinstance(inputs[0].shape[0], int) else None

    def __call__(
        self, images: NDArray[np.float32], classes: Sequence[int] | None = None
    ) -> NDArray[np.float32]:
        """As `Runtime` says; the file's top-k comes first, rows of other `classes` then get the score 0."""
        step = self.fixed_batch or len(images)
        parts = [
            self.session.run(None, {self.input: images[start : start + step]})[0]
            for start in range(0, len(images), step)
        ]
        rows: NDArray[np.float32] = np.concatenate(parts).astype(np.float32, copy=False)
        if classes is not None:
            rows[~np.isin(rows[..., 5], classes), 4] = 0
        return rows


def _providers(available: list[str], device: str) -> list[str]:
    if device == "auto":
        return [name for name in ("CUDAExecutionProvider", "CPUExecutionProvider") if name in available]
    if device == "cpu":
        return ["CPUExecutionProvider"]
    if device.startswith("cuda") and "CUDAExecutionProvider" in available:
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]
    raise UserError(f"device {device!r} is not available in ONNX Runtime here: --device cpu works everywhere")


def _card(path: str | os.PathLike[str], metadata: dict[str, str]) -> ModelCard:
    try:
        return ModelCard.from_onnx(metadata)
    except UserError as fault:
        raise UserError(f"{path}: {fault}") from None
