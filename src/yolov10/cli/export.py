"""`yolov10 export`: a network as a file that runs elsewhere."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from yolov10.cli.options import Common, argument, option
from yolov10.export.run import export


@dataclass(frozen=True)
class Options(Common):
    """Turn a network into a file that runs elsewhere, and verify that it detects the same.

    MODEL is a native .safetensors or a foreign .pt. The file is compared with the network it came from in
    every installed runtime that reads it: row by row, and below fp32 by average precision on the data of
    --calibration. One that differs is not kept.
    """

    model: Path = argument("weights to export", metavar="MODEL")
    format: Literal["onnx", "openvino"] = option("form of the file", "onnx", group="File")
    output: Path | None = option("file to write; beside MODEL unless given", group="File", metavar="FILE")
    precision: Literal["fp32", "fp16", "bf16", "int8"] = option(
        "what the network computes in", "fp32", group="File"
    )
    head: Literal["top-k", "raw"] = option(
        "rows of detections, or all anchors for runtimes without top-k", "top-k", group="File"
    )
    input: Literal["float32", "uint8", "uint8-bgr"] = option(
        "[N, 3, H, W] RGB 0..1, or bytes [N, H, W, 3] RGB or BGR", "float32", group="File"
    )
    image_size: str | None = option(
        "take pictures of this size only (640, HEIGHTxWIDTH); any unless given", group="File", metavar="SIZE"
    )
    batch: int | None = option("take so many pictures only; any unless given", group="File", metavar="N")
    calibration: Path | None = option(
        "data set that every precision but fp32 is measured on", group="Calibration", metavar="DATA"
    )
    images: Path | None = option("folder of the pictures of a COCO JSON", group="Calibration", metavar="DIR")


def run(options: Options) -> int:
    """Export, and say how it was verified and where it is."""

    def say(line: str) -> None:
        if not options.quiet:
            print(line, file=sys.stderr)

    path = export(
        options.model,
        options.format,
        output=options.output,
        precision=options.precision,
        head=options.head,
        input=options.input,
        image_size=options.image_size,
        batch=options.batch,
        calibration=options.calibration,
        images=options.images,
        say=say,
    )
    say(f"wrote {path}")
    return 0
