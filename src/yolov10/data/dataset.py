"""One way to open a data set, whichever of the three formats it is in."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from yolov10.data import coco_json, data_yaml, voc_xml
from yolov10.data.faults import Fault
from yolov10.data.rows import to_sample
from yolov10.data.sample import Sample
from yolov10.data.source import Entry, Source, is_file
from yolov10.errors import UserError, did_you_mean
from yolov10.images import MAX_PIXELS, read_size

MIN_PICTURE_SIDE = 10
"""Pixels; smaller pictures are not used (spec 5.1)."""

FAULTS_NAMED = 3
"""Faults that are named where a data set is used; `data check` names all."""

CHUNK = 64
"""Pictures that a thread takes at a time; one by one, handing over costs as much as reading."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """One split of a data set: its usable pictures, and what was wrong with the rest."""

    source: Path
    split: str
    names: list[str]
    samples: list[Sample]
    """In the order of the listing, or of the paths where a folder is the split."""
    faults: list[Fault]
    unlabelled: list[Path]
    """Pictures without a label file, which are among `samples` as background."""
    category_ids: list[int] | None = None
    """COCO's id of each class, where the data set has them."""

    def fault_lines(self) -> Iterator[str]:
        """The first faults, and where the rest is told."""
        yield from map(str, self.faults[:FAULTS_NAMED])
        if (more := len(self.faults) - FAULTS_NAMED) > 0:
            images = "" if self.category_ids is None else " (and --images, if needed)"
            yield f"{more} more faults in {self.split}; yolov10 data check {self.source}{images} names them"


def open_dataset(data: str | Path, split: str = "train", *, images: str | Path | None = None) -> Dataset:
    """Open one split of a `data.yaml`, a COCO JSON (pictures below `images`) or a Pascal VOC folder.

    A COCO JSON has no splits: all of it is opened, whatever `split` says. Label files are read; of the
    pictures, only what tells their size. Faulty rows are dropped and pictures that cannot be used are left
    out; both are in `faults`. Raises UserError, naming the cure, when DATA is no data set or no picture of
    the split can be used.
    """
    return _read(_open_source(Path(data), images), split)


def open_splits(data: str | Path, *, images: str | Path | None = None) -> dict[str, Dataset]:
    """Open all splits by name, as `open_dataset` opens one; a COCO JSON's is called after the file.

    A split of which nothing can be used has no samples and a fault. Raises UserError when all are so.
    """
    source = _open_source(Path(data), images)
    datasets = {}
    for split in source.splits:
        try:
            datasets[split] = _read(source, split)
        except UserError as error:
            fault = Fault.of(error, source.path, "missing split")
            datasets[split] = Dataset(source.path, split, source.names, [], [fault], [], source.category_ids)
    if not any(dataset.samples for dataset in datasets.values()):
        raise UserError(str(datasets[source.splits[0]].faults[0]))
    return datasets


def _open_source(data: Path, images: str | Path | None) -> Source:
    """Tell the formats apart by what is there, not by its name."""
    try:
        if not data.exists():
            near = did_you_mean(data.name, (entry.name for entry in data.parent.glob("*")))
            raise UserError(f"no data set {data}{near}")
        if data.is_file():
            with data.open("rb") as file:
                start = file.read(1000).removeprefix(b"\xef\xbb\xbf").lstrip()
            if start.startswith((b"{", b"[")):
                return coco_json.open_source(data, None if images is None else Path(images))
        if images is not None:
            raise UserError(f"--images goes with a COCO JSON, and {data} is none")
        return data_yaml.open_source(data) if data.is_file() else voc_xml.open_source(data)
    except OSError as fault:
        raise UserError(f"cannot read {data}: {fault.strerror or fault}") from None


class _Read(NamedTuple):
    """What became of one entry."""

    sample: Sample | None
    faults: list[Fault]
    labelled: bool = True


def _read(source: Source, split: str) -> Dataset:
    """Look at every picture of a split and read its labels."""
    entries, faults = source.list_entries(split)
    samples, unlabelled = [], []
    chunks = [entries[start : start + CHUNK] for start in range(0, len(entries), CHUNK)]
    with ThreadPoolExecutor() as pool:  # on a network disk the time goes into waiting for files
        for sample, found, labelled in chain.from_iterable(pool.map(_read_entries, chunks)):
            faults += found
            if sample:
                samples.append(sample)
                unlabelled += [] if labelled else [sample.path]
    if not samples:
        reason = f"the first of {len(faults)} faults: {faults[0]}" if faults else "it lists none"
        raise UserError(f"{source.path}: no picture of split {split!r} can be used; {reason}")
    if len(unlabelled) == len(samples):
        what = f"no picture of {split} has a label file; those of images/a.jpg are in labels/a.txt"
        faults.append(Fault(source.path, None, "label file", what))
    return Dataset(source.path, split, source.names, samples, faults, unlabelled, source.category_ids)


def _read_entries(entries: list[Entry]) -> list[_Read]:
    return [_read_entry(entry) for entry in entries]


def _read_entry(entry: Entry) -> _Read:
    """Make the sample of one listed picture, or none and the fault that costs it."""
    picture = entry.picture
    if not is_file(picture):
        return _Read(None, [Fault(picture, None, "missing picture", "there is no such picture")])
    try:
        width, height = read_size(picture)
    except UserError as fault:
        return _Read(None, [Fault.of(fault, picture, "unreadable picture")])
    if width * height > MAX_PIXELS:
        what = f"{width}x{height}: more than {MAX_PIXELS:,} pixels"
        return _Read(None, [Fault(picture, None, "unreadable picture", what)])
    if min(width, height) < MIN_PICTURE_SIDE:
        what = f"{width}x{height}: a side under {MIN_PICTURE_SIDE} pixels"
        return _Read(None, [Fault(picture, None, "tiny picture", what)])
    try:
        labels = entry.read_labels(width, height)
    except UserError as fault:
        return _Read(None, [Fault(picture, None, "label file", f"labels that cannot be read: {fault}")])
    sample, faults = to_sample(picture, (width, height), entry.image_id, labels)
    return _Read(sample, faults, labels.file is not None)
