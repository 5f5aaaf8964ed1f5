"""`evaluate`: from a model and a data set to COCO's figures and what a person wants beside them."""

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from yolov10.bounds import check_between
from yolov10.data.dataset import Dataset, open_dataset
from yolov10.data.sample import Sample
from yolov10.errors import UserError, WrongValueError
from yolov10.evaluation.classes import class_map
from yolov10.evaluation.coco import require_library
from yolov10.evaluation.inference import find_all
from yolov10.evaluation.report import assess, figure, to_dict
from yolov10.evaluation.shapes import Shapes, evaluation_size, plan
from yolov10.image_size import ImageSize
from yolov10.model_names import weights_file
from yolov10.runtimes.open import EXPORTED, RuntimeChoice, file_of, open_runtime
from yolov10.runtimes.runtime import Precision, Runtime

Heads = Literal["one2one", "one2many", "both"]


def evaluate(
    model: str | os.PathLike[str],
    data: str | os.PathLike[str] | Dataset,
    split: str = "val",
    *,
    images: str | os.PathLike[str] | None = None,
    image_size: ImageSize | str | None = None,
    batch: int = 8,
    device: str = "auto",
    runtime: RuntimeChoice = "auto",
    precision: Precision | None = None,
    threads: int | None = None,
    cache: bool = True,
    protocol: Shapes = "predict",
    head: Heads = "one2one",
    output: str | os.PathLike[str] | None = None,
    progress: Callable[[], None] | None = None,
    warn: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Measure a model file on one split of a data set, as `evaluate_runtime` says.

    data: a `data.yaml`, a COCO JSON with its pictures below `images`, a Pascal VOC folder, or an opened one.
    head: "one2many" measures the training head with NMS instead, for comparison; "both" adds its result under
    "one2many" and how much higher its AP is under "gap".
    model, device, runtime, precision, threads, cache: as `Detector` takes them. Raises UserError.
    """
    require_library()
    if head not in get_args(Heads):
        raise WrongValueError(f"no head {head!r}: choose {', '.join(get_args(Heads))}")
    warn = warn or _warn
    if not isinstance(data, Dataset):
        data = open_dataset(Path(data), split, images=None if images is None else Path(images))
        if data.faults:
            warn(f"{data.source}: {len(data.faults)} faults, the first of them {data.faults[0]}")
    if head != "one2one":
        model = file_of(weights_file(model))  # an exported file has one head
        if runtime == "auto" and Path(model).suffix not in EXPORTED:
            runtime = "torch"
    own = open_runtime(
        model, runtime=runtime, device=device, precision=precision, threads=threads, cache=cache
    )

    def measured(
        runtime: Runtime, output: str | os.PathLike[str] | None, warn: Callable[[str], None] = warn
    ) -> dict[str, Any]:
        return evaluate_runtime(
            runtime,
            data,
            image_size=image_size,
            batch=batch,
            protocol=protocol,
            output=output,
            progress=progress,
            warn=warn,
        )

    if head == "one2one":
        return measured(own, output)
    from yolov10.evaluation.one2many import open_one2many

    other = open_one2many(model, own)
    if head == "one2many":
        return measured(other, output)
    one2one = measured(own, output)
    one2many = measured(other, None, _do_nothing)  # it would be told the same again
    return one2one | {"one2many": one2many, "gap": figure(one2many["AP"] - one2one["AP"])}


def evaluate_runtime(
    runtime: Runtime,
    dataset: Dataset,
    *,
    image_size: ImageSize | str | None = None,
    batch: int = 8,
    protocol: Shapes = "predict",
    output: str | os.PathLike[str] | None = None,
    progress: Callable[[], None] | None = None,
    warn: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Measure anything that detects on a data set; this is validation during training, too.

    protocol: "predict" letterboxes as prediction does, "published" as the authors validated (spec 5.7).
    output: a folder for plots. progress: called after each picture. warn: told what is left out, by default
    as a Python warning. `batch` pictures run together; the figures do not depend on it.

    Returns plain data, ready for JSON; what does not exist (the AP of a class without boxes) is None:
    AP, AP50, AP75, AP_small, AP_medium, AP_large, AR100: COCO's, 0 to 1, all 300 rows of each picture given.
    images: pictures that were read. threshold: the confidence of the best mean F1.
    per_class: by name AP, AP50, boxes to find, and at `threshold` and IoU 0.5 precision and recall.
    duplicates: share of the detections above `threshold` that overlap a surer one of their class by IoU 0.7.
    milliseconds: a picture, of waiting for pixels, of the network and of all the counting.
    Raises UserError for a data set without pictures or boxes, or without the model's classes.
    """
    check_between("batch", batch, 1, 4096)
    if protocol not in get_args(Shapes):
        raise WrongValueError(f"no protocol {protocol!r}: choose {', '.join(get_args(Shapes))}")
    require_library()
    _require_boxes(dataset, dataset.samples)
    warn = warn or _warn
    size = evaluation_size(image_size, runtime.fixed_shape, runtime.card.image_size, protocol)
    classes = class_map(runtime.card.names, dataset.names, warn)
    batches = plan([(sample.width, sample.height) for sample in dataset.samples], size, protocol, batch)
    findings = find_all(
        runtime, dataset.samples, batches, classes, progress=progress or _do_nothing, warn=warn
    )
    _require_boxes(dataset, findings.samples)
    evaluation = assess(findings, dataset.names)
    if output is not None:
        from yolov10.evaluation.plots import write_plots

        write_plots(Path(output), evaluation)
    return to_dict(evaluation)


def _require_boxes(dataset: Dataset, samples: Sequence[Sample]) -> None:
    """Raise UserError where there is nothing to measure against."""
    if all(sample.crowd.all() for sample in samples):
        lacking = "box to find" if samples else "picture to evaluate on"
        fault = f"; the first of {len(dataset.faults)} faults: {dataset.faults[0]}" if dataset.faults else ""
        raise UserError(f"{dataset.source}: split {dataset.split!r} has no {lacking}{fault}")


def _warn(line: str) -> None:
    warnings.warn(line, stacklevel=3)


def _do_nothing(*_: object) -> None:
    pass
