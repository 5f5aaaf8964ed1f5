"""One set of labels written in the three formats must read as the same samples."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pytest

from yolov10.data import Dataset, Sample, open_dataset


def write_yolo(root: Path, names: list[str], samples: list[Sample]) -> Dataset:
    (root / "labels").mkdir(parents=True)
    shutil.copytree(samples[0].path.parent, root / "images")
    for sample in samples:
        rows = []
        for index, box in zip(sample.classes, sample.boxes.astype(float), strict=True):
            size = np.array([sample.width, sample.height])
            centre, sides = (box[:2] + box[2:]) / 2 / size, (box[2:] - box[:2]) / size
            rows.append(" ".join([str(index), *(f"{value:.8f}" for value in [*centre, *sides])]))
        (root / "labels" / f"{sample.path.stem}.txt").write_text("\n".join(rows))
    (root / "data.yaml").write_text(f"val: images\nnames: {json.dumps(names)}\n")
    return open_dataset(root / "data.yaml", "val")


def write_coco(root: Path, names: list[str], samples: list[Sample]) -> Dataset:
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
    root.mkdir()
    path = root / "annotations.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return open_dataset(path, "val", images=samples[0].path.parent)


def write_voc(root: Path, names: list[str], samples: list[Sample]) -> Dataset:
    for folder in ("Annotations", "ImageSets/Main"):
        (root / folder).mkdir(parents=True)
    shutil.copytree(samples[0].path.parent, root / "JPEGImages")
    for sample in samples:
        objects = ""
        for index, box in zip(sample.classes, sample.boxes.tolist(), strict=True):
            edges = (
                f"<{edge}>{v}</{edge}>" for edge, v in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
            )
            objects += (
                f"<object><name>{escape(names[index])}</name><bndbox>{''.join(edges)}</bndbox></object>"
            )
        size = f"<size><width>{sample.width}</width><height>{sample.height}</height><depth>3</depth></size>"
        xml = root / "Annotations" / f"{sample.path.stem}.xml"
        xml.write_text(f"<annotation><filename>other.png</filename>{size}{objects}</annotation>")
    (root / "ImageSets/Main/val.txt").write_text("\n".join(sample.path.stem for sample in samples))
    (root / "classes.txt").write_text("\n".join(names))
    return open_dataset(root, "val")


Write = Callable[[Path, list[str], list[Sample]], Dataset]


@pytest.mark.parametrize("write", [write_yolo, write_coco, write_voc])
def test_the_same_labels_in_any_format_are_the_same_samples(tmp_path: Path, bccd: Path, write: Write):
    source = open_dataset(bccd / "data.yaml", "val")
    names = ["red & white", "w", "<platelet>"]
    found = write(tmp_path / "set", names, source.samples)
    assert found.names == names
    assert found.faults == source.faults == []
    assert len(found.samples) == len(source.samples) == 3
    for one, other in zip(source.samples, found.samples, strict=True):
        assert one.path.name == other.path.name
        assert (one.width, one.height) == (other.width, other.height)
        assert one.polygons is other.polygons is None
        np.testing.assert_array_equal(one.classes, other.classes)
        np.testing.assert_array_equal(one.crowd, other.crowd)
        # eight decimals of 640 pixels, as YOLO rows carry them
        np.testing.assert_allclose(one.boxes, other.boxes, rtol=0, atol=1e-5)
        np.testing.assert_allclose(one.areas, other.areas, rtol=1e-5)
