"""Matching, confusion and suppression on cases counted by hand."""

import numpy as np
import pytest
from evaluation.worlds import rows, sample, world
from hypothesis import given
from hypothesis import strategies as st

from yolov10.evaluation.matching import NONE, confusion, match, overlaps, suppress


@pytest.mark.parametrize(
    ("one", "other", "iou"),
    [  # spec 11.3
        ((0, 0, 10, 10), (5, 5, 15, 15), 0.14285714),
        ((0, 0, 10, 10), (2, 0, 12, 8), 0.55172413),
        ((0, 0, 4, 20), (0, 0, 20, 4), 0.11111111),
        ((0, 0, 10, 10), (20, 20, 30, 30), 0),
        ((10, 20, 110, 70), (30, 10, 90, 100), 0.40540540),
        ((5, 5, 5, 5), (5, 5, 5, 5), 0),
    ],
)
def test_overlap_is_intersection_over_union(one, other, iou):
    assert overlaps(np.float32([one]), np.float32([other]))[0, 0] == pytest.approx(iou, abs=1e-8)


def test_overlap_with_a_crowd_is_the_share_inside_it():
    crowd = np.array([True])
    assert overlaps(np.float32([[0, 0, 10, 10]]), np.float32([[5, 0, 100, 100]]), crowd)[0, 0] == 0.5


def test_the_surest_takes_the_box_and_its_double_is_false():
    matches = match(rows((0, 0, 9, 10, 0.9, 0), (0, 0, 10, 10, 0.8, 0)), sample([[0, 0, 10, 10]], [0]))
    assert matches.boxes.tolist() == [0, NONE]
    assert matches.right.tolist() == [True, False]


def test_a_detection_takes_the_box_it_overlaps_most_of_those_left():
    boxes = sample([[0, 0, 10, 10], [2, 0, 12, 10]], [0, 0])
    matches = match(rows((2, 0, 12, 10, 0.9, 0), (2, 0, 12, 10, 0.8, 0)), boxes)
    assert matches.boxes.tolist() == [1, 0]


def test_half_an_overlap_is_enough_and_less_is_not():
    boxes = sample([[0, 0, 10, 10]], [0])
    assert match(rows((0, 0, 10, 5, 0.9, 0)), boxes).right.tolist() == [True]
    assert match(rows((0, 0, 10, 4.9, 0.9, 0)), boxes).right.tolist() == [False]


def test_another_class_takes_nothing():
    assert match(rows((0, 0, 10, 10, 0.9, 1)), sample([[0, 0, 10, 10]], [0])).right.tolist() == [False]


def test_any_number_in_a_crowd_is_ignored_and_never_missed():
    boxes = sample([[0, 0, 100, 100], [0, 0, 10, 10]], [0, 0], crowd=[True, False])
    found = rows(
        (0, 0, 10, 10, 0.9, 0), (20, 20, 40, 40, 0.8, 0), (50, 50, 70, 70, 0.7, 0), (20, 20, 40, 40, 0.6, 1)
    )
    matches = match(found, boxes)
    assert matches.boxes.tolist() == [1, NONE, NONE, NONE]
    assert matches.ignored.tolist() == [False, True, True, False]
    assert confusion(found, boxes, matches, 0, 2).tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]


@given(seed=st.integers(0, 2**32 - 1), threshold=st.floats(0, 1))
def test_matches_above_a_confidence_are_those_of_the_surer_detections_alone(seed, threshold):
    samples, found = world(
        np.random.default_rng(seed), pictures=1, classes=2, most_boxes=12, found=(0, 40), crowds=0.2, digits=2
    )
    sure = found[0][found[0][:, 4] > threshold]
    alone, among = match(sure, samples[0]), match(found[0], samples[0])
    assert alone.boxes.tolist() == among.boxes[: len(sure)].tolist()
    assert alone.ignored.tolist() == among.ignored[: len(sure)].tolist()


def test_confusion_by_hand():
    boxes = sample([[0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10], [60, 0, 70, 10]], [0, 1, 2, 2])
    found = rows(
        (0, 0, 10, 10, 0.9, 0),  # right
        (20, 0, 30, 10, 0.8, 2),  # a 1 taken for a 2
        (40, 0, 50, 10, 0.7, 2),  # right
        (0, 50, 10, 60, 0.6, 1),  # nothing there
        (40, 0, 50, 10, 0.5, 1),  # on a box that its own class has taken
        (60, 0, 70, 10, 0.1, 2),  # not sure enough: missed
    )
    matches = match(found, boxes)
    assert confusion(found, boxes, matches, 0.3, 3).tolist() == [
        [1, 0, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 1, 1],
        [0, 2, 0, 0],
    ]
    assert confusion(found, boxes, matches, 1, 3)[:, 3].tolist() == [1, 1, 2, 0]
    empty = sample([], [])
    assert confusion(found, empty, match(found, empty), 0.3, 3)[3].tolist() == [1, 2, 2, 0]


@given(seed=st.integers(0, 2**32 - 1), threshold=st.floats(0, 1))
def test_confusion_counts_every_box_and_every_sure_detection_once(seed, threshold):
    (one,), (found,) = world(np.random.default_rng(seed), pictures=1, classes=3, most_boxes=12, found=(0, 40))
    matches = match(found, one)
    counts = confusion(found, one, matches, threshold, 3)
    sure = found[:, 4] > threshold
    assert counts[:3].sum(axis=1).tolist() == np.bincount(one.classes, minlength=3).tolist()
    assert counts[:, :3].sum(axis=0).tolist() == np.bincount(found[sure, 5].astype(int), minlength=3).tolist()
    assert counts.trace() == (sure & matches.right).sum()


def test_suppression_keeps_the_surest_of_a_class():
    found = rows(
        (0, 0, 10, 10, 0.9, 0),
        (0, 0, 10, 9, 0.8, 0),
        (0, 0, 10, 9, 0.7, 1),
        (0, 0, 10, 7, 0.6, 0),
        (0, 0, 10, 6, 0.5, 0),
    )
    # The fourth overlaps the first by 0.7 exactly, which is not more, and takes the fifth with it.
    assert suppress(found, 0.7).tolist() == [0, 2, 3]
    assert suppress(found, 0.7, limit=2).tolist() == [0, 2]
    assert suppress(rows(), 0.7).tolist() == []
