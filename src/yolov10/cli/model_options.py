"""The options of every command that runs a model."""

from dataclasses import dataclass
from typing import Literal

from yolov10.cli.options import Common, option
from yolov10.runtimes.open import open_runtime
from yolov10.runtimes.runtime import Runtime

MODEL_HELP = (
    ".safetensors, .onnx, OpenVINO .xml or foreign .pt file; or cells, which comes with the package; "
    "or yolov10n to yolov10x, which download fetches"
)


@dataclass(frozen=True)
class RunOptions(Common):
    """What runs a model, and how."""

    device: str = option("auto, cpu, cuda, cuda:N or mps", "auto", group="Model", metavar="NAME")
    runtime: Literal["auto", "torch", "onnx", "openvino"] = option(
        "what runs the model", "auto", group="Model"
    )
    precision: Literal["fp32", "bf16", "fp16"] | None = option(
        "how a float file is run; as the file declares, else fp32, unless given", group="Model"
    )
    threads: int | None = option("CPU threads; all cores unless given", group="Model", metavar="N")
    no_cache: bool = option("compile anew and keep nothing on disk", False, group="Model")
    image_size: str | None = option(
        "long side (640) or HEIGHTxWIDTH (384x640) in pixels, up to multiples of 32; by default the model's",
        group="Model",
        metavar="SIZE",
    )

    def open(self, model: str) -> Runtime:
        """The runtime for a model, as these options say. Raises UserError as `open_runtime` does."""
        return open_runtime(
            model,
            runtime=self.runtime,
            device=self.device,
            precision=self.precision,
            threads=self.threads,
            cache=not self.no_cache,
        )


@dataclass(frozen=True)
class ModelOptions(RunOptions):
    """Which model, and what runs it."""

    model: str = option(MODEL_HELP, ..., group="Model", metavar="FILE")
