"""AP against pycocotools, which defines it."""

import numpy as np
import pytest
from conftest import DATA
from evaluation.oracle import pycocotools
from evaluation.worlds import rows, sample, world
from hypothesis import given
from hypothesis import strategies as st

from yolov10.data import open_dataset
from yolov10.evaluation.coco import IOU_50, IOU_75, LARGE, MEDIUM, SMALL, average_precision


def figures(average):
    return [
        average.mean(),
        average.mean(iou=IOU_50),
        average.mean(iou=IOU_75),
        *(average.mean(area=area) for area in (SMALL, MEDIUM, LARGE)),
        average.mean_recall(),
    ]


def assert_equals_pycocotools(samples, found, classes):
    average = average_precision(samples, found, [f"class{index}" for index in range(classes)])
    precision, recall, printed = pycocotools(samples, found, classes)
    np.testing.assert_allclose(np.nan_to_num(average.precision, nan=-1), precision, rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.nan_to_num(average.recall, nan=-1), recall, rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        np.nan_to_num(figures(average), nan=-1), printed[[0, 1, 2, 3, 4, 5, 8]], atol=1e-12
    )


@given(
    seed=st.integers(0, 2**32 - 1),
    pictures=st.integers(1, 6),
    classes=st.integers(1, 3),
    most_boxes=st.sampled_from([0, 3, 25]),
    found=st.sampled_from([(0, 0), (0, 12), (250, 300)]),
    crowds=st.sampled_from([0.0, 0.3, 1.0]),
    digits=st.sampled_from([1, 5]),
    grid=st.sampled_from([1, 16, 64]),
    masks=st.booleans(),
)
def test_every_figure_equals_pycocotools(seed, pictures, **kind):
    """Crowds, ties of scores and overlaps, areas of masks, more than 100 detections, none, no boxes."""
    samples, found = world(np.random.default_rng(seed), pictures=pictures, **kind)
    assert_equals_pycocotools(samples, found, kind["classes"])


def test_real_boxes_equal_pycocotools():
    dataset = open_dataset(DATA / "bccd" / "data.yaml", "train")
    rng = np.random.default_rng(5)
    found = []
    for one in dataset.samples:
        boxes = np.repeat(one.boxes, 3, axis=0)
        boxes += rng.normal(0, 6, boxes.shape).round().astype(np.float32)
        kinds = np.repeat(one.classes, 3)
        kinds[rng.random(len(kinds)) < 0.1] = 1
        found.append(rows(*np.column_stack([boxes, rng.random(len(boxes)).round(2), kinds])))
    assert_equals_pycocotools(dataset.samples, found, 3)
    assert 0.1 < average_precision(dataset.samples, found, dataset.names).mean() < 0.9


def test_a_class_without_boxes_counts_for_nothing():
    samples = [sample([[0, 0, 50, 50]], [0])]
    found = [rows((0, 0, 50, 50, 0.9, 0), (100, 100, 200, 200, 0.95, 1))]
    average = average_precision(samples, found, ["there", "nowhere"])
    assert average.mean() == pytest.approx(1)
    assert average.of_class(0) == pytest.approx(1)
    assert np.isnan(average.of_class(1))
    assert np.isnan(average.mean(area=SMALL))


def test_nothing_found_is_zero():
    average = average_precision([sample([[0, 0, 50, 50]], [0])], [rows()], ["there"])
    assert (average.mean(), average.mean_recall()) == (0, 0)


def test_the_library_says_nothing(capfd):
    average_precision([sample([[0, 0, 50, 50]], [0])], [rows((0, 0, 50, 50, 0.9, 0))], ["there"])
    assert capfd.readouterr() == ("", "")
