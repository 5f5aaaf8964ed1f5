"""`yolov10 data show`: a sheet of labelled pictures."""

import sys
from dataclasses import dataclass
from pathlib import Path

from yolov10 import images
from yolov10.cli.options import Common, argument, option
from yolov10.data.dataset import open_dataset
from yolov10.data.sheet import sample_sheet
from yolov10.errors import WrongValueError


@dataclass(frozen=True)
class Options(Common):
    """Draw a sheet of labelled pictures.

    DATA is a data.yaml, a COCO JSON (with --images) or a Pascal VOC folder.
    """

    data: Path = argument("data set", metavar="DATA")
    output: Path = option("picture to write, .jpg or .png", ..., group="Results", metavar="FILE")
    split: str = option("part of the data set", "train", group="Data", metavar="NAME")
    images: Path | None = option("folder of the pictures of a COCO JSON", group="Data", metavar="DIR")
    count: int = option("pictures on the sheet", 16, group="Data", metavar="N")
    seed: int = option("draws other pictures", 0, group="Data", metavar="N")


def run(options: Options) -> int:
    """Draw and save the sheet."""
    if not 1 <= options.count <= 400:
        raise WrongValueError(f"--count {options.count} is not between 1 and 400")
    dataset = open_dataset(options.data, options.split, images=options.images)
    for line in dataset.fault_lines():
        print(f"warning: {line}", file=sys.stderr)
    images.write(options.output, sample_sheet(dataset, options.count, seed=abs(options.seed)))
    if not options.quiet:
        print(
            f"{min(options.count, len(dataset.samples))} pictures of {options.split} in {options.output}",
            file=sys.stderr,
        )
    return 0
