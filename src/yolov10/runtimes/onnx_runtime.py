"""ONNX files, and weights made into one, through ONNX Runtime."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from yolov10.errors import UserError
from yolov10.runtimes.exported import describe, detect, refusal

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

TYPES = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(uint8)": "uint8"}


class OnnxRuntime:
    """Runs an ONNX file of the contract, section 4: [N, 3, H, W] → [N, K, 6].

    contents: the bytes of the file, where `path` holds something else that they were made from.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        device: str = "auto",
        threads: int | None = None,
        contents: bytes | None = None,
    ) -> None:
        self.session = _open(path, contents, device, threads)
        try:  # each name is decoded when it is asked for, so all are asked for here
            inputs, outputs = self.session.get_inputs(), self.session.get_outputs()
            metadata = self.session.get_modelmeta().custom_metadata_map
            self.input = inputs[0].name if inputs else ""
            self.outputs = [one.name for one in outputs]
            takes, gives = [one.shape for one in inputs], [one.shape for one in outputs]
        except UnicodeDecodeError:
            raise refusal(path, "ONNX Runtime", "its texts are not UTF-8") from None
        input_type = TYPES.get(inputs[0].type, inputs[0].type) if inputs else "nothing"
        self.card, self.form = describe(path, metadata, input_type, takes, gives)

    @property
    def fixed_shape(self) -> tuple[int, int] | None:
        """Height and width when the file takes no other, else None."""
        return self.form.sides

    @property
    def gains_together(self) -> bool:
        """As `Runtime` says; not on a CPU (docs/performance.md)."""
        first: str = self.session.get_providers()[0]
        return first != "CPUExecutionProvider"

    def __call__(
        self, images: NDArray[np.float32], classes: Sequence[int] | None = None
    ) -> NDArray[np.float32]:
        """As `Runtime` says; other `classes` are left out after the file's top-k, if it has one."""
        return detect(self._run, self.form, images, classes)

    def _run(self, images: NDArray[Any]) -> NDArray[Any]:
        output: NDArray[Any] = self.session.run(self.outputs, {self.input: images})[0]
        return output


def _open(
    path: str | os.PathLike[str], contents: bytes | None, device: str, threads: int | None
) -> "InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what it has to say arrives as an exception
    options.intra_op_num_threads = threads or 0
    providers = _providers(onnxruntime.get_available_providers(), device)
    # It would print that it tries again on the CPU, which on the CPU is the same once more.
    again = providers != ["CPUExecutionProvider"]
    try:
        return onnxruntime.InferenceSession(
            contents or os.fspath(path), options, providers=providers, enable_fallback=again
        )
    except Exception as fault:
        # Its faults share no base class; a name that is not UTF-8 breaks its own message.
        own = type(fault).__module__.startswith("onnxruntime")
        if not own and not isinstance(fault, UnicodeDecodeError):
            raise
        raise refusal(path, "ONNX Runtime", fault) from None


def _providers(available: list[str], device: str) -> list[str]:
    if device == "auto":
        return [name for name in ("CUDAExecutionProvider", "CPUExecutionProvider") if name in available]
    if device == "cpu":
        return ["CPUExecutionProvider"]
    if device.startswith("cuda") and "CUDAExecutionProvider" in available:
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]
    raise UserError(f"device {device!r} is not available in ONNX Runtime here: --device cpu works everywhere")
