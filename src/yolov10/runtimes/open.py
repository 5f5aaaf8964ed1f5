"""From a model the user names to a runtime that runs it."""

import os
from pathlib import Path
from typing import Literal

from yolov10.errors import UserError, require
from yolov10.runtimes.runtime import Precision, Runtime

Choice = Literal["auto", "torch", "onnx"]


def open_runtime(
    model: str | os.PathLike[str],
    *,
    runtime: Choice = "auto",
    device: str = "auto",
    precision: Precision = "fp32",
    threads: int | None = None,
) -> Runtime:
    """The runtime for a `.safetensors`, `.onnx`, foreign `.pt` or Hugging Face folder.

    `threads` counts CPU threads, all cores unless given. Raises UserError: no such file, not a model, a
    runtime that cannot run it, or one that is not installed.
    """
    path = Path(model)
    if not path.exists():
        raise UserError(f"no model {str(model)!r}: give a .safetensors, .onnx or .pt file")
    if path.suffix == ".onnx":
        if runtime == "torch":
            raise UserError(f"{path}: torch cannot run an ONNX file; leave --runtime out")
        if precision != "fp32":
            raise UserError(
                f"{path}: an ONNX file runs in the precision it was exported with; leave --precision out"
            )
        return _open_onnx(path, device, threads)
    if runtime == "onnx":
        raise UserError(f"{path}: ONNX Runtime runs .onnx files; leave --runtime out")
    return _open_torch(path, device, precision, threads)


def _open_onnx(path: Path, device: str, threads: int | None) -> Runtime:
    from yolov10.runtimes.onnx_runtime import OnnxRuntime

    return OnnxRuntime(path, device, threads)


def _open_torch(path: Path, device: str, precision: Precision, threads: int | None) -> Runtime:
    torch = require("torch", install="open-yolov10[train]", purpose=f"running {path.name}")
    from yolov10.runtimes.torch_runtime import TorchRuntime
    from yolov10.weights.networks import open_network

    if threads is not None:
        torch.set_num_threads(threads)
    return TorchRuntime(open_network(path), device, precision)
