"""ONNX files, and weights made into one, through ONNX Runtime."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from yolov10.errors import UserError
from yolov10.runtimes.exported import describe, detect, refusal
from yolov10.runtimes.runtime import Images, check_classes

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
        self.path = path
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
        """As `Runtime` says; not on a CPU (docs/performance.md), unless the file takes several anyway."""
        first: str = self.session.get_providers()[0]
        return first != "CPUExecutionProvider" or (self.form.batch or 1) > 1

    def __call__(self, images: Images, classes: Sequence[int] | None = None) -> NDArray[np.float32]:
        """As `Runtime` says; other `classes` are left out after the file's top-k, if it has one."""
        check_classes(classes or [], self.card)
        return detect(self._run, self.form, images, classes)

    def _run(self, images: NDArray[Any]) -> NDArray[Any]:
        with _refusing(self.path):
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
    with _refusing(path):
        return onnxruntime.InferenceSession(
            contents or _as_taken(path), options, providers=providers, enable_fallback=again
        )


@contextmanager
def _refusing(path: str | os.PathLike[str]) -> Iterator[None]:
    """Raise a UserError naming the file for what ONNX Runtime raises: its faults share no base class."""
    try:
        yield
    except Exception as fault:
        own = type(fault).__module__.startswith("onnxruntime")
        if not own and not isinstance(fault, UnicodeDecodeError):  # a text that breaks its own message
            raise
        raise refusal(path, "ONNX Runtime", fault) from None


def _as_taken(path: str | os.PathLike[str]) -> str | bytes:
    """The name of the file, or, where that is no Unicode, which ONNX Runtime wants, its bytes."""
    name = os.fspath(path)
    try:
        name.encode()
    except UnicodeEncodeError:
        return Path(path).read_bytes()
    return name


def _providers(available: list[str], device: str) -> list[str | tuple[str, dict[str, str]]]:
    if device == "auto":
        return [name for name in ("CUDAExecutionProvider", "CPUExecutionProvider") if name in available]
    if device == "cpu":
        return ["CPUExecutionProvider"]
    if device.startswith("cuda") and "CUDAExecutionProvider" in available:
        number = device.partition(":")[2] or "0"
        return [("CUDAExecutionProvider", {"device_id": number}), "CPUExecutionProvider"]
    raise UserError(f"device {device!r} is not available in ONNX Runtime here: --device cpu works everywhere")
