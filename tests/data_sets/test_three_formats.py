"""One set of labels written in the three formats must read as the same samples."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from data_sets.formats import Splits, write_coco, write_voc, write_yolo

from yolov10.data import open_dataset

Write = Callable[[Path, list[str], Splits], Path]


@pytest.mark.parametrize("write", [write_yolo, write_coco, write_voc])
def test_the_same_labels_in_any_format_are_the_same_samples(tmp_path: Path, bccd: Path, write: Write):
    source = open_dataset(bccd / "data.yaml", "val")
    names = ["red & white", "w", "<platelet>"]
    path = write(tmp_path / "set", names, {"val": source.samples})
    found = open_dataset(path, "val", images=path.parent / "images" if path.suffix == ".json" else None)
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
