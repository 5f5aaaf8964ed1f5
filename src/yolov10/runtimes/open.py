"""From a model the user names to a runtime that runs it."""

import os
from pathlib import Path
from typing import Literal, get_args

from yolov10.errors import UserError, require
from yolov10.model_names import exported_file, weights_file
from yolov10.runtimes.runtime import Precision, Runtime

RuntimeChoice = Literal["auto", "torch", "onnx", "openvino"]


def open_runtime(
    model: str | os.PathLike[str],
    *,
    runtime: RuntimeChoice = "auto",
    device: str = "auto",
    precision: Precision = "fp32",
    threads: int | None = None,
) -> Runtime:
    """The runtime for a `.safetensors`, `.onnx`, OpenVINO `.xml`, foreign `.pt`, a folder of one, or `cells`.

    `threads` counts CPU threads, all cores unless given; torch's belong to the process, so they are set for
    each call, and calls that set them take turns. Raises UserError: no such file, not a model, an unknown
    precision or device, a runtime that cannot run the file, or one that is not installed.
    """
    if precision not in get_args(Precision):
        raise UserError(f"no precision {precision!r}: choose {', '.join(get_args(Precision))}")
    if not isinstance(device, str):
        raise UserError(f"no device {device!r}: choose auto, cpu, cuda, cuda:N or mps")
    wants_torch = runtime == "torch" or device not in ("auto", "cpu")
    path = _file_of(weights_file(model) if wants_torch else exported_file(model))
    able = _ABLE.get(path.suffix, ("torch",))
    chosen = able[0] if runtime == "auto" else runtime
    if chosen not in able:
        raise UserError(
            f"{path}: {chosen} cannot run this file; leave --runtime out or choose {' or '.join(able)}"
        )
    match chosen:
        case "onnx":
            return _open_onnx(path, device, precision, threads)
        case "openvino":
            from yolov10.runtimes.openvino_runtime import OpenvinoRuntime

            return OpenvinoRuntime(path, device, precision, threads)
        case _:
            return _open_torch(path, device, precision, threads)


_ABLE: dict[str, tuple[str, ...]] = {".onnx": ("onnx", "openvino"), ".xml": ("openvino",)}
"""Runtimes for an exported file, by its suffix; everything else is weights, for torch."""


def _file_of(path: Path) -> Path:
    """The path, or of a folder with a single OpenVINO model that model."""
    if not path.exists():
        raise UserError(f"no model {str(path)!r}: give a .safetensors, .onnx, .xml or .pt file, or cells")
    models = sorted(path.glob("*.xml")) if path.is_dir() else []
    return models[0] if len(models) == 1 else path


def _open_onnx(path: Path, device: str, precision: Precision, threads: int | None) -> Runtime:
    from yolov10.runtimes.onnx_runtime import OnnxRuntime

    if precision != "fp32":
        raise UserError(
            f"{path}: ONNX Runtime runs a file in the precision it was exported with; leave --precision out"
        )
    return OnnxRuntime(path, device, threads)


def _open_torch(path: Path, device: str, precision: Precision, threads: int | None) -> Runtime:
    require("torch", install="open-yolov10[train]", purpose=f"running {path.name}")
    from yolov10.runtimes.torch_runtime import TorchRuntime
    from yolov10.weights.networks import open_network

    return TorchRuntime(open_network(path), device, precision, threads)
