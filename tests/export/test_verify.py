"""The judge of an export: what it must not let pass."""

import numpy as np
import pytest
import torch

from yolov10.export.verify import MAX_BOX, MAX_SCORE, difference
from yolov10.network.head import top_detections


@pytest.fixture
def anchors():
    """[4 + 3, 500]: boxes of 30 pixels, a few sure objects among many unlikely ones."""
    rng = np.random.default_rng(0)
    boxes = np.concatenate([rng.random((2, 500)) * 300, np.full((2, 500), 30.0)])
    scores = rng.random((3, 500)) * 0.01
    scores[rng.integers(0, 3, 40), np.arange(40)] = np.linspace(0.1, 0.9, 40)
    return np.concatenate([boxes, scores]).astype(np.float32)


@pytest.fixture
def rows(anchors):
    boxes = np.concatenate([anchors[:2] - anchors[2:4] / 2, anchors[:2] + anchors[2:4] / 2])
    return top_detections(torch.from_numpy(boxes[None]), torch.from_numpy(anchors[None, 4:]))[0].numpy()


def passes(rows, anchors):
    box, score = difference(rows, anchors)
    return box <= MAX_BOX and score <= MAX_SCORE


def test_the_networks_own_rows_differ_by_nothing(rows, anchors):
    box, score = difference(rows, anchors)
    assert box < 1e-3
    assert score < 1e-6


def test_differences_are_measured(rows, anchors):
    rows[3, 0] += 0.25
    rows[5, 4] += 5e-4
    box, score = difference(rows, anchors)
    assert box == pytest.approx(0.25, abs=1e-3)
    assert score == pytest.approx(5e-4, abs=1e-5)


def moved(rows):
    rows[0, :4] += 0.6


def surer(rows):
    rows[2, 4] += 2e-3


def other_class(rows):
    rows[4, 5] = (rows[4, 5] + 1) % 3


def missing(rows):
    rows[7] = rows[299]


def repeated(rows):
    rows[7] = rows[6]


def unlikely_moved(rows):
    rows[250, :4] += 5


def no_number(rows):
    rows[:, :5] = np.nan


def no_class(rows):
    rows[0, 5] = 3


def class_no_number(rows):
    rows[0, 5] = np.nan


CHANGES = [moved, surer, other_class, missing, repeated, unlikely_moved, no_number, no_class, class_no_number]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_row_does_not_pass(change, rows, anchors):
    change(rows)
    assert not passes(rows, anchors)


def test_numbers_that_are_none_do_not_pass_where_nothing_is_found(rows, anchors):
    """On the packaged pictures most models find nothing, and the largest of 0 and NaN is 0 to Python."""
    anchors[4:] = 1e-4
    rows[:, :5] = np.nan
    assert difference(rows, anchors) == (np.inf, np.inf)


def test_rows_of_equal_score_may_swap(rows, anchors):
    anchors[4:, :40] = np.where(anchors[4:, :40] > 0.05, np.float32(0.5), anchors[4:, :40])
    rows[:40, 4] = 0.5
    rows[:40] = rows[39::-1]
    assert passes(rows, anchors)


def test_two_equal_anchors_are_two_rows(anchors):
    anchors[:, 1] = anchors[:, 0]
    boxes = np.concatenate([anchors[:2] - anchors[2:4] / 2, anchors[:2] + anchors[2:4] / 2])
    rows = top_detections(torch.from_numpy(boxes[None]), torch.from_numpy(anchors[None, 4:]))[0].numpy()
    assert passes(rows, anchors)
