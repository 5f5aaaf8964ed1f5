"""What is to be exported, and in which form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from yolov10.data.dataset import Dataset, open_splits
from yolov10.errors import UserError
from yolov10.graph.network import Form
from yolov10.image_size import ImageSize, round_up
from yolov10.weights.native import Weights

Precision = Literal["fp32", "fp16", "bf16", "int8"]

Write = Callable[[Path, Mapping[str, str]], None]
"""Writes the made model to a path, with these entries as its metadata."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """Labelled pictures of a model's own kind."""

    statistics: Dataset
    """Those that int8 takes the ranges of its numbers from."""
    validation: Dataset
    """Those that the average precision is measured on."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A network, and the file it is to become."""

    weights: Weights
    form: Form
    precision: Precision
    calibration: Calibration | None

    @property
    def image_size(self) -> ImageSize:
        """What pictures are fitted to: the file's fixed sides, else the network's own long side."""
        return self.form.sides or round_up(self.weights.card.image_size)

    def metadata(self, verified: str) -> dict[str, str]:
        """The entries of the file (contract, section 4)."""
        entries = self.weights.card.to_onnx() | {"precision": self.precision, "verified": verified}
        if self.form.sides is not None:
            entries["imgsz"] = str(list(self.form.sides))
        if self.form.batch is not None:
            entries["batch"] = str(self.form.batch)
        if self.form.input != "float32":
            entries["channels"] = "BGR" if self.form.input == "uint8-bgr" else "RGB"
        return entries


def open_calibration(data: Path, images: Path | None) -> Calibration:
    """The splits `train` and `val` where there are both, else the only one for both ends.

    Raises UserError: no data set, or none of its pictures can be used.
    """
    splits = {name: split for name, split in open_splits(data, images=images).items() if split.samples}
    some = next(iter(splits.values()))
    validation = splits.get("val", some)
    if all(sample.crowd.all() for sample in validation.samples):
        raise UserError(f"{data}: its pictures have no boxes to measure a lower precision by")
    return Calibration(splits.get("train", some), validation)
