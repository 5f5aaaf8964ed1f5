"""The options of every command that runs a model."""

from dataclasses import dataclass
from typing import Literal

from yolov10.cli.options import Common, option


@dataclass(frozen=True)
class ModelOptions(Common):
    """Which model, and what runs it."""

    model: str = option(
        ".safetensors, .onnx, OpenVINO .xml or foreign .pt file; or cells: comes with the package",
        ...,
        group="Model",
        metavar="FILE",
    )
    device: str = option("auto, cpu, cuda, cuda:N or mps", "auto", group="Model", metavar="NAME")
    runtime: Literal["auto", "torch", "onnx", "openvino"] = option(
        "what runs the model", "auto", group="Model"
    )
    precision: Literal["fp32", "bf16", "fp16"] = option("how a float file is run", "fp32", group="Model")
    threads: int | None = option("CPU threads; all cores unless given", group="Model", metavar="N")
    image_size: str | None = option(
        "long side in pixels (640), or HEIGHTxWIDTH exactly (384x640); the model's own unless given",
        group="Model",
        metavar="SIZE",
    )
