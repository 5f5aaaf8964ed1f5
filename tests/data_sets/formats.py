"""Samples written as files in each of the three formats; `Splits` names the samples of each split."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from yolov10.data import Sample

Splits = Mapping[str, list[Sample]]


def write_yolo(root: Path, names: list[str], splits: Splits) -> Path:
    """Write a data.yaml with `images` and `labels`; returns it."""
    for split, samples in splits.items():
        (root / "labels" / split).mkdir(parents=True)
        copy_pictures(samples, root / "images" / split)
        for sample in samples:
            rows = []
            for index, box in zip(sample.classes, sample.boxes.astype(float), strict=True):
                size = np.array([sample.width, sample.height])
                centre, sides = (box[:2] + box[2:]) / 2 / size, (box[2:] - box[:2]) / size
                rows.append(" ".join([str(index), *(f"{value:.8f}" for value in [*centre, *sides])]))
            (root / "labels" / split / f"{sample.path.stem}.txt").write_text("\n".join(rows))
    places = "".join(f"{split}: images/{split}\n" for split in splits)
    (root / "data.yaml").write_text(f"{places}names: {json.dumps(names)}\n")
    return root / "data.yaml"


def write_coco(root: Path, names: list[str], splits: Splits) -> Path:
    """Write a JSON a split, beside a folder `images` of all pictures; returns the first."""
    root.mkdir()
    for split, samples in splits.items():
        copy_pictures(samples, root / "images")
        (root / f"{split}.json").write_text(json.dumps(coco(names, samples)))
    return root / f"{next(iter(splits))}.json"


def coco(names: list[str], samples: list[Sample]) -> dict:
    images, annotations = [], []
    for image_id, sample in enumerate(samples, 1):
        size = {"width": sample.width, "height": sample.height}
        images.append({"id": image_id, "file_name": sample.path.name} | size)
        for index, (x1, y1, x2, y2) in zip(sample.classes, sample.boxes.tolist(), strict=True):
            place = {
                "image_id": image_id,
                "category_id": int(index) * 3 + 1,
                "bbox": [x1, y1, x2 - x1, y2 - y1],
            }
            annotations.append({"id": len(annotations), "iscrowd": 0} | place)
    categories = [{"id": index * 3 + 1, "name": name} for index, name in enumerate(names)]
    return {"images": images, "annotations": annotations, "categories": categories}


def write_voc(root: Path, names: list[str], splits: Splits) -> Path:
    """Write a Pascal VOC folder; returns it."""
    for folder in ("Annotations", "ImageSets/Main"):
        (root / folder).mkdir(parents=True)
    for split, samples in splits.items():
        copy_pictures(samples, root / "JPEGImages")
        for sample in samples:
            xml = root / "Annotations" / f"{sample.path.stem}.xml"
            xml.write_text(voc(names, sample))
        stems = "\n".join(sample.path.stem for sample in samples)
        (root / "ImageSets/Main" / f"{split}.txt").write_text(stems)
    (root / "classes.txt").write_text("\n".join(names))
    return root


def voc(names: list[str], sample: Sample) -> str:
    objects = ""
    for index, box in zip(sample.classes, sample.boxes.tolist(), strict=True):
        edges = (
            f"<{edge}>{v}</{edge}>" for edge, v in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
        )
        objects += f"<object><name>{escape(names[index])}</name><bndbox>{''.join(edges)}</bndbox></object>"
    size = f"<size><width>{sample.width}</width><height>{sample.height}</height><depth>3</depth></size>"
    return f"<annotation><filename>other.png</filename>{size}{objects}</annotation>"


def copy_pictures(samples: list[Sample], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for sample in samples:
        shutil.copy(sample.path, folder)
