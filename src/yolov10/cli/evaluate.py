"""`yolov10 evaluate`: COCO's figures of a model on a data set."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from yolov10.cli.model_options import ModelOptions
from yolov10.cli.options import argument, option
from yolov10.cli.progress import Progress
from yolov10.cli.tables import console, plain_table
from yolov10.data.dataset import open_dataset
from yolov10.evaluation.run import evaluate
from yolov10.files import check_file_target, write_atomic

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class Options(ModelOptions):
    """Measure a model on labelled pictures.

    DATA is a data.yaml, a COCO JSON (with --images) or a Pascal VOC folder. AP is COCO's; precision and
    recall are those at the confidence of the best mean F1, which is reported, never written into the model.
    """

    data: Path = argument("data set", metavar="DATA")
    split: str = option("part of the data set", "val", group="Data", metavar="NAME")
    images: Path | None = option("folder of the pictures of a COCO JSON", group="Data", metavar="DIR")
    batch: int = option("pictures run together; changes no figure", 8, group="Evaluation", metavar="N")
    protocol: Literal["predict", "published"] = option(
        "letterbox as predict does, or with the validation shapes of the YOLOv10 authors",
        "predict",
        group="Evaluation",
    )
    head: Literal["one2one", "one2many", "both"] = option(
        "one2many: the training head with NMS, for comparison; both: each, and the gap between them",
        "one2one",
        group="Evaluation",
    )
    output: Path | None = option("folder for plots", group="Results", metavar="DIR")
    json: Path | None = option("file for the figures as JSON", group="Results", metavar="FILE")


def run(options: Options) -> int:
    """Evaluate, print the table, write what was asked for."""
    check_file_target(options.json)
    dataset = open_dataset(options.data, options.split, images=options.images)
    total = len(dataset.samples) * (2 if options.head == "both" else 1)
    with Progress("evaluating", total, "pictures", quiet=options.quiet) as progress:
        for line in dataset.fault_lines():
            progress.warn(line)
        result = evaluate(
            options.model,
            dataset,
            image_size=options.image_size,
            batch=options.batch,
            device=options.device,
            runtime=options.runtime,
            precision=options.precision,
            threads=options.threads,
            cache=not options.no_cache,
            protocol=options.protocol,
            head=options.head,
            output=options.output,
            progress=progress.advance,
            warn=progress.warn,
        )
    _print_tables(result, "one-to-many" if options.head == "one2many" else "one-to-one")
    if options.json is not None:
        text = json.dumps(result, ensure_ascii=False, indent=1, allow_nan=False)
        write_atomic(options.json, (text + "\n").encode())
    if options.output is not None:
        progress.say(f"plots are in {options.output}")
    return 0


OVERALL = ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR100")
PER_CLASS = ("boxes", "AP", "AP50", "precision", "recall")


def _print_tables(result: dict[str, Any], head: str) -> None:
    heads = {head: result}
    if "one2many" in result:
        heads["one-to-many"] = result["one2many"]
    milliseconds = ", ".join(f"{name} {value:.1f}" for name, value in result["milliseconds"].items())
    lines = [
        f"{result['images']} images; precision and recall at IoU 0.5 and confidence {result['threshold']:g}, "
        "that of the best mean F1",
        f"duplicates above it: {result['duplicates']:.1%}; milliseconds an image: {milliseconds}",
    ]
    if "gap" in result:
        lines.append(
            f"AP of the one-to-many head with NMS, less that of the one-to-one: {result['gap']:+.4f}"
        )
    console().print(_overall(heads), _classes(result), *lines, sep="\n")


def _overall(heads: dict[str, dict[str, Any]]) -> "Table":
    table = plain_table("head", *OVERALL, text=("head",))
    for name, result in heads.items():
        table.add_row(name, *(_number(result[key]) for key in OVERALL))
    return table


def _classes(result: dict[str, Any]) -> "Table":
    table = plain_table("class", *PER_CLASS, text=("class",))
    for name, figures in result["per_class"].items():
        table.add_row(name, *(_number(figures[key]) for key in PER_CLASS))
    return table


def _number(value: float | None) -> str:
    """Figures to three digits, counts whole, and a dash for what does not exist."""
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"
