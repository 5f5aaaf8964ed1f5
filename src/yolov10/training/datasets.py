"""The pictures to learn from and those to validate on."""

from yolov10.data.dataset import Dataset, open_dataset
from yolov10.errors import UserError, WrongValueError
from yolov10.evaluation.coco import require_library
from yolov10.training.config import TrainConfig
from yolov10.training.reporter import Reporter


def open_training(config: TrainConfig, reporter: Reporter) -> Dataset:
    """Open the data set to learn from. Raises UserError when there is none, or nothing is labelled in it."""
    if config.data is None:
        raise UserError("no data set: give a data.yaml, a COCO JSON with --images, or a Pascal VOC folder")
    dataset = open_dataset(config.data, "train", images=config.images)
    _report(dataset, reporter)
    _require_boxes(dataset, "to learn from")
    return dataset


def open_validation(config: TrainConfig, training: Dataset, reporter: Reporter) -> Dataset | None:
    """Open the pictures to validate on, or none where that is not wanted. Raises UserError."""
    if config.validate_every == 0:
        return None
    require_library()
    if config.validation is not None:
        dataset = open_dataset(config.validation, "val", images=config.validation_images)
    elif config.validation_images is not None:
        raise WrongValueError("--validation-images goes with --validation FILE")
    elif training.category_ids is not None:  # a COCO JSON, which is all one split
        raise UserError(
            f"{config.data} has no val split: give --validation FILE, with --validation-images DIR "
            "where its pictures are not beside it, or --validate-every 0"
        )
    else:
        assert config.data is not None
        dataset = open_dataset(config.data, "val")
    _report(dataset, reporter)
    if dataset.names != training.names:
        raise UserError(f"{dataset.source} has other classes than {training.source}: {dataset.names}")
    _require_boxes(dataset, "to find")
    return dataset


def _require_boxes(dataset: Dataset, purpose: str) -> None:
    """Raise UserError where nothing is labelled but crowds, which teach nothing."""
    if not any((~sample.crowd).any() for sample in dataset.samples):
        first = f"; the first of {len(dataset.faults)} faults: {dataset.faults[0]}" if dataset.faults else ""
        raise UserError(f"{dataset.source}: no picture of {dataset.split!r} has a box {purpose}{first}")


def _report(dataset: Dataset, reporter: Reporter) -> None:
    """Say what there is, and warn of the first faults."""
    boxes = sum(len(sample.classes) for sample in dataset.samples)
    reporter.say(
        f"{dataset.split}: {len(dataset.samples):,} pictures, {boxes:,} boxes, {len(dataset.names)} classes"
    )
    for line in dataset.fault_lines():
        reporter.warn(line)
