"""`yolov10 benchmark`: how fast a model is on this machine."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from yolov10.benchmark.report import comparison, method, read_result, table
from yolov10.benchmark.run import benchmark
from yolov10.benchmark.timing import WARM_UP
from yolov10.cli.options import Common, argument, option
from yolov10.cli.progress import Progress
from yolov10.cli.tables import console, plain_table
from yolov10.errors import WrongValueError
from yolov10.files import check_file_target, write_atomic


@dataclass(frozen=True)
class Options(Common):
    """Measure the speed of a model on this machine's CPU, in every installed runtime.

    The cases take turns, so that all see the same machine; keep it idle meanwhile.
    """

    model: str = argument("model file", metavar="MODEL")
    picture: Path | None = option(
        "picture to detect in; a JPEG of 1280x720 unless given", group="Benchmark", metavar="FILE"
    )
    image_size: str | None = option(
        "long side in pixels (640), or HEIGHTxWIDTH; up to multiples of 32; the model's own unless given",
        group="Benchmark",
        metavar="SIZE",
    )
    runtime: Literal["torch", "onnx", "openvino"] | None = option(
        "this runtime only; all that are installed unless given", group="Benchmark"
    )
    precision: Literal["fp32", "bf16", "fp16"] | None = option(
        "this precision only; fp32 and bf16 unless given", group="Benchmark"
    )
    threads: int | None = option("CPU threads; all cores unless given", group="Benchmark", metavar="N")
    rounds: int = option("how often each case is measured", 30, group="Benchmark", metavar="N")
    no_cache: bool = option("compile anew and keep nothing on disk", False, group="Benchmark")
    json: Path | None = option("file for the figures as JSON", group="Results", metavar="FILE")
    compare: Path | None = option("earlier figures (--json) to compare with", group="Results", metavar="FILE")


def run(options: Options) -> int:
    """Measure, print the table, write what was asked for."""
    if options.rounds < 1:
        raise WrongValueError(f"rounds {options.rounds} is not at least 1")
    earlier = None if options.compare is None else read_result(options.compare)
    check_file_target(options.json)
    with Progress("measuring", WARM_UP + options.rounds, "rounds", quiet=options.quiet) as progress:
        result = benchmark(
            options.model,
            picture=options.picture,
            image_size=options.image_size,
            runtimes=(options.runtime,) if options.runtime else (),
            precisions=(options.precision,) if options.precision else (),
            threads=options.threads,
            rounds=options.rounds,
            cache=not options.no_cache,
            progress=progress.advance,
        )
    if options.json is not None:
        text = json.dumps(result, ensure_ascii=False, indent=1, allow_nan=False)
        write_atomic(options.json, (text + "\n").encode())
    titles, rows = table(result)
    grid = plain_table(*titles, text=titles[:2])
    for row in rows:
        grid.add_row(*row)
    console().print(grid, *method(result), sep="\n")
    if earlier is not None:
        console().print("now ÷ then:", *comparison(result, earlier), sep="\n")
    return 0
