"""`yolov10 data check`: faults and statistics of a data set."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from yolov10.cli.options import Common, argument, option
from yolov10.cli.progress import Progress
from yolov10.cli.tables import console, plain_table
from yolov10.data.dataset import open_splits
from yolov10.data.report import Report, SplitReport, check
from yolov10.printable import printable_json

if TYPE_CHECKING:
    from rich.table import Table

SHOWN = 20
"""Faults and likenesses printed of each kind; --json has all."""


@dataclass(frozen=True)
class Options(Common):
    """Check a data set: every label row and every picture of every split.

    DATA is a data.yaml, a COCO JSON (with --images) or a Pascal VOC folder. Exit code 1 when there are
    faults: rows or pictures that training would drop or mend. Likenesses are told, and are no faults.
    """

    data: Path = argument("data set", metavar="DATA")
    images: Path | None = option("folder of the pictures of a COCO JSON", group="Data", metavar="DIR")
    json: bool = option("print the whole report as JSON", False, group="Results")


def run(options: Options) -> int:
    """Print the report; 1 when there are faults."""
    splits = open_splits(options.data, images=options.images)
    total = sum(len(dataset.samples) for dataset in splits.values())
    with Progress("checking", total, "pictures", quiet=options.quiet) as progress:
        report = check(splits, progress=progress.advance)
    if options.json:
        print(printable_json(json.dumps(report.to_dict(), ensure_ascii=False, indent=1)))
    else:
        _print(report)
    return 1 if report.has_faults else 0


def _print(report: Report) -> None:
    out = console()
    out.print(_counts(report), _classes(report))
    faults = [str(fault) for split in report.splits.values() for fault in split.faults]
    twice = [
        f"{pair.path}: two boxes of {pair.name} overlap by {pair.iou:.2f}"
        for split in report.splits.values()
        for pair in split.overlaps
    ]
    same = [" = ".join(f"{path} ({split})" for split, path in group) for group in report.duplicates]
    alike = [
        f"{twins.first[1]} ({twins.first[0]}) ~ {twins.second[1]} ({twins.second[0]})"
        for twins in report.near_duplicates
    ]
    for title, lines in (
        ("Faults", faults),
        ("Boxed twice, perhaps", twice),
        ("The same picture", same),
        ("Nearly the same picture in two splits", alike),
    ):
        if lines:
            out.print(f"\n{title}: {len(lines)}", style="bold")
            out.print("\n".join(lines[:SHOWN]))
            if len(lines) > SHOWN:
                out.print(f"… and {len(lines) - SHOWN} more: --json names all")
    out.print("\nno faults" if not faults else "", style="bold")


def _counts(report: Report) -> "Table":
    rows: dict[str, Callable[[SplitReport], str]] = {
        "pictures": lambda split: f"{split.pictures:,}",
        "without boxes": lambda split: f"{split.background:,}",
        "of these without a label file": lambda split: f"{split.unlabelled:,}",
        "boxes": lambda split: f"{split.boxes:,}",
        "crowds": lambda split: f"{split.crowds:,}",
        "boxes a picture (least, mean, most)": _spread,
        "small, under 32² pixels": lambda split: f"{split.small:,}",
        "medium": lambda split: f"{split.medium:,}",
        "large, from 96² pixels": lambda split: f"{split.large:,}",
        "faults": lambda split: f"{len(split.faults):,}",
    }
    table = plain_table("", *report.splits, text=("",))
    for name, cell in rows.items():
        table.add_row(name, *(cell(split) for split in report.splits.values()))
    return table


def _classes(report: Report) -> "Table":
    table = plain_table(
        "class",
        *(f"{split} boxes" for split in report.splits),
        *(f"{split} pictures" for split in report.splits),
        text=("class",),
    )
    for name in next(iter(report.splits.values())).classes:
        counts = [split.classes[name] for split in report.splits.values()]
        table.add_row(
            name, *(f"{count.boxes:,}" for count in counts), *(f"{count.pictures:,}" for count in counts)
        )
    return table


def _spread(split: SplitReport) -> str:
    least, mean, most = split.boxes_per_picture
    return f"{least}, {mean:.1f}, {most}"
