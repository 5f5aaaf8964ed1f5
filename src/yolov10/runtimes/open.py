"""From a model the user names to a runtime that runs it."""

import contextlib
import importlib.util
import os
import platform
import re
import sys
from pathlib import Path
from typing import Literal, get_args

from yolov10.bounds import check_if_given
from yolov10.errors import UserError, WrongValueError, require
from yolov10.model_names import exported_file, fetched, weights_file
from yolov10.runtimes.runtime import Precision, Runtime

RuntimeChoice = Literal["auto", "torch", "onnx", "openvino"]


def open_runtime(
    model: str | os.PathLike[str],
    *,
    runtime: RuntimeChoice = "auto",
    device: str = "auto",
    precision: Precision | None = None,
    threads: int | None = None,
    cache: bool = True,
) -> Runtime:
    """The runtime for a `.safetensors`, `.onnx`, OpenVINO `.xml`, foreign `.pt`, a folder of one, or `cells`.

    `auto` is the fastest that is installed, for the file and the device. `precision` is the one that the file
    declares unless given, else float32. `threads` counts CPU threads, all cores unless given; torch's belong
    to the process, so they are set for each call, and calls that set them take turns. `cache` keeps what
    OpenVINO compiled in the disk cache. Raises UserError: no such file, not a model, an unknown precision or
    device, a runtime that cannot run the file, or one that is not installed.
    """
    if precision is not None and precision not in get_args(Precision):
        raise WrongValueError(f"no precision {precision!r}: choose {', '.join(get_args(Precision))}")
    check_if_given("threads", threads, 1, 4096)
    if not (isinstance(device, str) and re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", device)):
        raise WrongValueError(f"no device {device!r}: choose auto, cpu, cuda, cuda:N or mps")
    wants_torch = runtime == "torch" or device not in ("auto", "cpu")
    path = file_of(weights_file(model) if wants_torch else exported_file(model))
    able = EXPORTED.get(path.suffix, WEIGHTS)
    if runtime not in ("auto", *able):
        raise UserError(
            f"{path}: {runtime} cannot run this file; leave --runtime out or choose {' or '.join(able)}"
        )
    match _fastest(able, device, precision) if runtime == "auto" else runtime:
        case "onnx":
            return _open_onnx(path, device, precision, threads)
        case "openvino":
            return _open_openvino(path, device, precision, threads, cache)
        case _:
            return _open_torch(path, device, precision or "fp32", threads)


EXPORTED: dict[str, tuple[RuntimeChoice, ...]] = {".onnx": ("openvino", "onnx"), ".xml": ("openvino",)}
"""Runtimes for an exported file by its suffix, the fastest on a CPU first."""
WEIGHTS: tuple[RuntimeChoice, ...] = ("openvino", "onnx", "torch")
"""Those for everything else, which is weights."""


PACKAGES: dict[RuntimeChoice, str] = {"openvino": "openvino", "onnx": "onnxruntime", "torch": "torch"}
"""The package that a runtime comes with."""


def installed_runtimes(path: Path) -> list[RuntimeChoice]:
    """The runtimes that are installed and run a model file."""
    return [name for name in EXPORTED.get(path.suffix, WEIGHTS) if _is_installed(PACKAGES[name])]


def _fastest(able: tuple[RuntimeChoice, ...], device: str, precision: Precision | None) -> RuntimeChoice:
    """The fastest that is installed and can do what is asked for; where none can, the one that says why."""
    if device not in ("auto", "cpu") or (device == "auto" and _has_gpu()):
        if "torch" in able and _is_installed("torch"):
            return "torch"
        if "torch" not in able and "onnx" in able and _onnx_has_gpu():
            return "onnx"
    on_cpu = device in ("auto", "cpu")
    can: dict[RuntimeChoice, bool] = {
        "openvino": on_cpu and _is_x86() and _is_installed("openvino"),
        "onnx": on_cpu and precision in (None, "fp32"),
        "torch": True,
    }
    return next((one for one in able if can[one]), able[-1])


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _is_x86() -> bool:
    return platform.machine().lower() in ("x86_64", "amd64")


def _has_gpu() -> bool:
    """Whether it is worth loading torch to ask it: that takes longer than finding a few objects."""
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    return _has_driver() and not _torch_is_for_cpu()


def _has_driver() -> bool:
    if sys.platform == "win32":
        return Path(os.environ.get("SYSTEMROOT", "C:\\Windows"), "System32", "nvcuda.dll").exists()
    return Path("/dev/nvidiactl").exists() or Path("/dev/dxg").exists() or Path("/dev/kfd").exists()


def _torch_is_for_cpu() -> bool:
    import importlib.metadata  # late: it takes longer than looking for a driver

    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version("torch").endswith("+cpu")
    return False


def _onnx_has_gpu() -> bool:
    import onnxruntime

    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


def file_of(path: Path) -> Path:
    """The path, or of a folder with a single OpenVINO model that model.

    Raises UserError: there is none, or there are several and no weights.
    """
    if not path.exists():
        kinds = "a .safetensors, .onnx, .xml or .pt file that is there, or cells"
        raise UserError(f"no model {str(path)!r}: give {kinds}{fetched(path)}")
    models = sorted(path.glob("*.xml")) if path.is_dir() else []
    if len(models) > 1 and not (path / "model.safetensors").is_file():
        raise UserError(f"{path}: several models ({', '.join(one.name for one in models)}): name one of them")
    return models[0] if len(models) == 1 else path


def _open_onnx(path: Path, device: str, precision: Precision | None, threads: int | None) -> Runtime:
    if precision not in (None, "fp32"):
        raise UserError(
            f"{path}: ONNX Runtime runs a file in the precision it was exported with; leave --precision out"
        )
    if path.suffix in EXPORTED:
        from yolov10.runtimes.onnx_runtime import OnnxRuntime

        runtime = OnnxRuntime(path, device, threads)
        if precision is not None and runtime.form.precision == "fp16":
            raise UserError(
                f"{path}: ONNX Runtime runs it in fp16, as it was exported; leave --precision out"
            )
        return runtime
    from yolov10.runtimes.weights_runtime import WeightsOnOnnx

    return WeightsOnOnnx(path, device, threads)


def _open_openvino(
    path: Path, device: str, precision: Precision | None, threads: int | None, cache: bool
) -> Runtime:
    if path.suffix in EXPORTED:
        from yolov10.runtimes.openvino_runtime import OpenvinoRuntime

        return OpenvinoRuntime(path, device, precision, threads, cache)
    from yolov10.runtimes.weights_runtime import WeightsOnOpenvino

    return WeightsOnOpenvino(path, device, precision, threads, cache)


def _open_torch(path: Path, device: str, precision: Precision, threads: int | None) -> Runtime:
    require("torch", install="open-yolov10[train]", purpose=f"running {path.name} with torch")
    from yolov10.runtimes.torch_runtime import TorchRuntime
    from yolov10.weights.networks import open_network

    return TorchRuntime(open_network(path), device, precision, threads)
