"""What is measured: a model in each runtime and precision that this machine can run it in."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from yolov10.errors import UserError
from yolov10.prediction.detector import Detector
from yolov10.runtimes.open import RuntimeChoice, file_of, installed_runtimes
from yolov10.runtimes.runtime import Around, Images, Precision, Runtime


@dataclass(frozen=True)
class Case:
    """A runtime and the precision it runs a float file in."""

    runtime: RuntimeChoice
    precision: Precision

    @property
    def name(self) -> str:
        """As tables show it."""
        return f"{self.runtime} {self.precision}"


def cases(
    model: str | os.PathLike[str], runtimes: tuple[RuntimeChoice, ...], precisions: tuple[Precision, ...]
) -> list[Case]:
    """Those of the runtimes that are installed and run the model. Raises UserError where none does."""
    path = Path(model)
    installed = installed_runtimes(file_of(path) if path.is_dir() else path)
    chosen = [runtime for runtime in installed if not runtimes or runtime in runtimes]
    if not chosen:
        others = f"; leave --runtime out or choose {' or '.join(installed)}" if installed else ""
        raise UserError(f"{model}: none of the runtimes asked for is installed and runs it{others}")
    found = [
        Case(runtime, precision)
        for runtime in chosen
        for precision in get_args(Precision)
        if precision in (precisions or ("fp32", "bf16"))
        and (runtime != "onnx" or precision == "fp32")  # it runs a file as it is
    ]
    if not found:
        raise UserError(
            f"{model}: ONNX Runtime runs a file in the precision it was exported with; leave --precision out"
        )
    return found


def open_case(
    model: str | os.PathLike[str], case: Case, image_size: str | None, threads: int | None, cache: bool
) -> Detector:
    """The detector of a case, on the CPU."""
    return Detector(
        model,
        runtime=case.runtime,
        precision=None if case.runtime == "onnx" else case.precision,
        image_size=image_size,
        device="cpu",
        threads=threads,
        cache=cache,
    )


class Timed(Around):
    """A runtime, and how long each of its calls took."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self.milliseconds: list[float] = []

    def __call__(self, images: Images, classes: Sequence[int] | None = None) -> NDArray[np.float32]:
        """As the runtime itself."""
        start = time.perf_counter()
        rows = self.runtime(images, classes)
        self.milliseconds.append(1000 * (time.perf_counter() - start))
        return rows
