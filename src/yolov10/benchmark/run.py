"""`benchmark`: from a model to the figures of every runtime, as plain data."""

import importlib.metadata
import os
import platform
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import yolov10
from yolov10 import images
from yolov10.architecture import layers
from yolov10.benchmark.cases import Case, Timed, cases, open_case
from yolov10.benchmark.memory import peak_megabytes
from yolov10.benchmark.peak import OPERATIONS, convolution
from yolov10.benchmark.timing import WARM_UP, Spread, in_turns
from yolov10.formulas import total_cost
from yolov10.letterbox import Frame, letterbox
from yolov10.model_card import ModelCard
from yolov10.model_names import SAMPLES
from yolov10.opencv import cv2
from yolov10.prediction.ahead import fit_and_read
from yolov10.prediction.detector import Detector
from yolov10.runtimes.onnx_runtime import OnnxRuntime
from yolov10.runtimes.open import PACKAGES, RuntimeChoice
from yolov10.runtimes.runtime import Precision, Runtime

PICTURE_SIZE = (1280, 720)
"""Of the picture that stands in where none is given."""
GRAIN = 3
"""Standard deviation of its noise: without any, a JPEG is decoded sooner than a camera's."""
BATCH = 8

LIBRARIES = ("numpy", "opencv-python-headless", *PACKAGES.values())


def benchmark(
    model: str | os.PathLike[str],
    *,
    picture: str | os.PathLike[str] | None = None,
    image_size: str | None = None,
    runtimes: tuple[RuntimeChoice, ...] = (),
    precisions: tuple[Precision, ...] = (),
    threads: int | None = None,
    rounds: int = 30,
    memory: bool = True,
    cache: bool = True,
    progress: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Measure a model on this machine's CPU: plain data, ready for JSON.

    picture: a file, by default a photograph saved as a JPEG of 1280×720. The cases take turns, so that all
    see the same machine. Each has "read" (file to pixels), "letterbox" (pixels to network input), "infer",
    "rest" (a whole call without infer) and "total" as {"median", "low", "high"} in milliseconds, "batch" the
    same of infer a picture in batches of 8, "share" of the convolution peak, and "megabytes".
    """
    wanted = cases(model, runtimes, precisions)
    with tempfile.TemporaryDirectory() as folder:
        path = (
            Path(picture) if picture is not None else photograph(Path(folder, "picture.jpg"), *PICTURE_SIZE)
        )
        detectors = {case: open_case(model, case, image_size, threads, cache) for case in wanted}
        some = next(iter(detectors.values()))
        pixels, frame = fit_and_read(images.open_file(path), some.image_size, full_decode=False)
        together = np.repeat(letterbox(pixels, frame)[None], BATCH, axis=0)
        timed = {case: Timed(detector.runtime) for case, detector in detectors.items()}
        for case, detector in detectors.items():
            detector.runtime = timed[case]
        milliseconds = _milliseconds(
            detectors, timed, path, pixels, frame, together, threads, rounds, progress
        )
        megabytes = {
            case: peak_megabytes(model, case.runtime, case.precision, path, image_size, threads)
            if memory
            else None
            for case in wanted
        }
    peak = (
        OPERATIONS
        / min(Spread.of(milliseconds[name]).median for name in milliseconds if name in _PEAKS)
        / 1e6
    )
    operations = _operations(some.runtime.card, frame)
    return {
        "machine": _machine(threads),
        "versions": {"yolov10": yolov10.__version__} | _versions(),
        "model": Path(model).name,
        "scale": some.runtime.card.scale,
        "source": [frame.source_width, frame.source_height],
        "input": [frame.width, frame.height],
        "rounds": rounds,
        "peak_gflops": round(peak, 2),
        "cases": [
            {"runtime": case.runtime, "precision": _computes_in(case, timed[case].runtime)}
            | _figures(case, milliseconds, operations, peak, megabytes[case])
            for case in wanted
        ],
    }


_PEAKS = {"peak onnx": "onnx", "peak openvino": "openvino"}


def _milliseconds(
    detectors: dict[Case, Detector],
    timed: dict[Case, Timed],
    path: Path,
    pixels: NDArray[np.uint8],
    frame: Frame,
    together: NDArray[np.uint8],
    threads: int | None,
    rounds: int,
    progress: Callable[[], None] | None,
) -> dict[str, list[float]]:
    """Of everything that is measured, by name, round by round."""
    some = next(iter(detectors.values()))
    canvas = np.empty((frame.height, frame.width, 3), np.uint8)
    peaks = {name: runtime for name, runtime in _PEAKS.items() if _version(PACKAGES[runtime])}  # type: ignore[index]
    steps: dict[str, Callable[[], object]] = {
        "read": lambda: fit_and_read(images.open_file(path), some.image_size, full_decode=False),
        "letterbox": partial(letterbox, pixels, frame, canvas),
        **{name: convolution(runtime, threads) for name, runtime in peaks.items()},
        **{f"total {case.name}": partial(detector, path) for case, detector in detectors.items()},
        **{f"batch {case.name}": partial(one.runtime, together) for case, one in timed.items()},
    }
    milliseconds = in_turns(steps, rounds, progress)
    for case, one in timed.items():
        milliseconds[f"infer {case.name}"] = one.milliseconds[WARM_UP:]
    return milliseconds


def _computes_in(case: Case, runtime: Runtime) -> str:
    """What float numbers are computed in; ONNX Runtime runs a file as it is."""
    is_half = isinstance(runtime, OnnxRuntime) and runtime.form.precision == "fp16"
    return "fp16" if is_half else case.precision


def _figures(
    case: Case,
    milliseconds: dict[str, list[float]],
    operations: int | None,
    peak: float,
    megabytes: float | None,
) -> dict[str, Any]:
    total, infer = (milliseconds[f"{what} {case.name}"] for what in ("total", "infer"))
    rest = [whole - part for whole, part in zip(total, infer, strict=True)]
    spreads = {
        "read": milliseconds["read"],
        "letterbox": milliseconds["letterbox"],
        "infer": infer,
        "rest": rest,
        "total": total,
        "batch": [one / BATCH for one in milliseconds[f"batch {case.name}"]],
    }
    share = None if operations is None else operations / Spread.of(infer).median / 1e6 / peak
    return {
        **{name: Spread.of(values).to_dict() for name, values in spreads.items()},
        "share": None if share is None else round(share, 4),
        "megabytes": None if megabytes is None else round(megabytes, 1),
    }


def _operations(card: ModelCard, frame: Frame) -> int | None:
    """2 · MACs of the convolutions on one input; None for a file that does not say its scale."""
    if not card.scale:
        return None
    rows = layers(card.scale, len(card.names))
    return total_cost(rows, frame.height, frame.width, fused=True, one2many=False).operations


def photograph(path: Path, width: int, height: int) -> Path:
    """A JPEG of a size, made of a picture that comes with the package, with the grain of a camera."""
    small = images.read(min(SAMPLES.glob("*.jpg")))
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    grain = np.random.default_rng(0).normal(0, GRAIN, large.shape)
    return images.write(path, np.clip(large + grain, 0, 255).astype(np.uint8))


def _machine(threads: int | None) -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": threads or os.cpu_count(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        line = next((line for line in info.read_text().splitlines() if line.startswith("model name")), "")
        return line.partition(":")[2].strip() or platform.machine()
    return platform.processor() or platform.machine()


def _versions() -> dict[str, str]:
    return {library: version for library in LIBRARIES if (version := _version(library))}


def _version(library: str) -> str | None:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return None
