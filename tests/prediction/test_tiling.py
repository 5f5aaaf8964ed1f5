"""Tiles: they cover the picture, and what they find is each object once."""

import numpy as np
import pytest
from conftest import DATA
from hypothesis import given
from hypothesis import strategies as st
from prediction.components import component_detector
from prediction.drawn_scenes import draw_scene, right

from yolov10 import Detections
from yolov10.boxes import intersections, iou
from yolov10.prediction.tiling import AT_ONCE, OVERLAP, merge, tiles

TOY = DATA / "models" / "toy.onnx"
sides = st.integers(1, 3000)


@given(sides, sides, st.integers(32, 1500))
def test_tiles_cover_the_picture_and_an_object_up_to_the_overlap_lies_whole_in_one(width, height, size):
    first, *rest = tiles(width, height, size).tolist()
    assert first == [0, 0, width, height]
    assert (rest == []) == (width <= size and height <= size)
    rng = np.random.default_rng(0)
    largest = round(OVERLAP * size)
    for _ in range(20):
        w, h = min(rng.integers(1, largest + 1), width), min(rng.integers(1, largest + 1), height)
        x, y = rng.integers(0, width - w + 1), rng.integers(0, height - h + 1)
        assert any(x1 <= x and y1 <= y and x + w <= x2 and y + h <= y2 for x1, y1, x2, y2 in rest or [first])
    assert all(x2 - x1 == min(size, width) and y2 - y1 == min(size, height) for x1, y1, x2, y2 in rest)


def detections(boxes, classes=None, scores=None):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(
        boxes=boxes,
        scores=np.full(len(boxes), 0.9, np.float32) if scores is None else np.array(scores, np.float32),
        classes=np.zeros(len(boxes), np.int64) if classes is None else np.array(classes),
        names=["a", "b", "c"],
        source="s",
        width=1000,
        height=800,
    )


def looked_at(truth, classes, windows, rng, least=0.3, jitter=1.5):
    """What a good detector says of each window: the objects of which it shows a part, to a pixel or so."""
    found = []
    for x1, y1, x2, y2 in windows:
        seen = truth.clip([x1, y1, x1, y1], [x2, y2, x2, y2])
        part = (seen[:, 2:] - seen[:, :2]).prod(axis=1) / (truth[:, 2:] - truth[:, :2]).prod(axis=1)
        shown = part >= least
        boxes = (seen[shown] + rng.uniform(-jitter, jitter, (shown.sum(), 4))).clip(
            [x1, y1, x1, y1], [x2, y2, x2, y2]
        )
        scores = (part[shown] * rng.uniform(0.7, 1, shown.sum())).round(3)
        found.append(detections(boxes - [x1, y1, x1, y1], classes[shown], scores))
    return found


def scattered(rng, count, width, height, least, most):
    """Boxes of all sizes that keep some pixels from each other."""
    boxes = []
    for _ in range(count):
        w, h = np.exp(rng.uniform(np.log(least), np.log(most), 2)).clip(max=[width, height])
        x, y = rng.uniform(0, width - w), rng.uniform(0, height - h)
        if (
            not boxes
            or not intersections(np.array([[x - 4, y - 4, x + w + 4, y + h + 4]]), np.array(boxes)).any()
        ):
            boxes.append([x, y, x + w, y + h])
    return np.array(boxes)


@given(st.integers(0, 2**32 - 1), st.integers(100, 400))
def test_every_object_is_found_once_wherever_the_seams_lie(seed, size):
    rng = np.random.default_rng(seed)
    truth = scattered(rng, 80, 1000, 800, 10, 500)
    classes = rng.integers(0, 3, len(truth))
    windows = tiles(1000, 800, size)
    merged = merge(windows, looked_at(truth, classes, windows, rng))
    matched = (iou(merged.boxes, truth) > 0.5) & (merged.classes[:, None] == classes)
    assert (matched.sum(axis=0) == 1).all()
    assert len(merged) == len(truth)
    assert (np.diff(merged.scores) <= 0).all()
    assert (merged.boxes >= 0).all() and (merged.boxes <= [1000, 800, 1000, 800]).all()


WINDOWS = np.array([[0, 0, 180, 100], [0, 0, 100, 100], [80, 0, 180, 100]])


def merged_boxes(whole, left, right, **more):
    found = merge(WINDOWS, [detections(whole), detections(left, **more), detections(right, **more)])
    return found.boxes.astype(int).tolist()


class TestMerge:
    def test_an_object_that_both_tiles_show_whole_is_one(self):
        assert merged_boxes([], [[82, 10, 94, 22]], [[3, 11, 15, 22]]) == [[82, 10, 94, 22]]

    def test_an_object_that_one_tile_cuts_is_as_the_other_shows_it(self):
        assert merged_boxes([], [[92, 10, 100, 22]], [[12, 10, 25, 22]]) == [[92, 10, 105, 22]]

    def test_an_object_that_every_window_cuts_is_put_together(self):
        assert merged_boxes([], [[40, 10, 100, 60]], [[0, 11, 70, 60]]) == [[40, 10, 150, 60]]

    def test_pieces_within_an_object_seen_whole_are_part_of_it(self):
        assert merged_boxes([[40, 10, 150, 60]], [[50, 12, 100, 30]], [[0, 40, 60, 60]]) == [
            [40, 10, 150, 60]
        ]

    def test_neighbours_stay_two_and_each_is_joined_with_its_own_view(self):
        left = [[82, 10, 92, 22], [85, 10, 95, 22]]  # nearly one upon the other
        right = [[2, 10, 12, 22], [5, 10, 15, 22]]
        found = merge(
            WINDOWS,
            [detections([]), detections(left, scores=[0.9, 0.5]), detections(right, scores=[0.5, 0.9])],
        )
        assert sorted(found.boxes.tolist()) == left
        assert found.scores.tolist() == [np.float32(0.9)] * 2

    def test_a_box_that_one_tile_gives_twice_is_one_object_as_the_surer_says(self):
        found = merge(
            WINDOWS,
            [
                detections([]),
                detections([[82, 10, 94, 22], [82, 10.5, 94, 22]], scores=[0.9, 0.7]),
                detections([[2.5, 10, 14, 22], [2, 10, 14, 22.5]], scores=[0.8, 0.6]),
            ],
        )
        assert found.boxes.tolist() == [[82, 10, 94, 22]]
        assert found.scores.tolist() == [np.float32(0.9)]

    def test_boxes_of_one_tile_that_differ_or_are_of_two_classes_stay_two(self):
        pair = [[10, 10, 30, 30], [12.5, 10, 32.5, 30]]  # they share 0.78
        assert len(merge(WINDOWS, [detections([]), detections(pair), detections([])])) == 2
        pair[1][0], pair[1][2] = 12, 32  # 0.82
        assert len(merge(WINDOWS, [detections([]), detections(pair), detections([])])) == 1
        two_classes = detections(pair, classes=[0, 1])
        assert len(merge(WINDOWS, [detections([]), two_classes, detections([])])) == 2

    def test_what_is_not_cut_into_tiles_stays_as_the_network_says(self):
        pair = detections([[10, 10, 30, 30], [10, 10, 30, 30]])
        assert merge(WINDOWS[:1], [pair]) is pair

    def test_objects_of_two_classes_stay_two(self):
        found = merge(
            WINDOWS,
            [detections([]), detections([[82, 10, 94, 22]]), detections([[2, 10, 14, 22]], classes=[1])],
        )
        assert sorted(found.classes.tolist()) == [0, 1]

    def test_an_uncut_box_wins_over_a_surer_one_that_was_cut_and_keeps_its_score(self):
        found = merge(
            WINDOWS,
            [
                detections([]),
                detections([[92, 10, 100, 22]], scores=[0.9]),
                detections([[12, 10, 25, 22]], scores=[0.4]),
            ],
        )
        assert found.boxes.tolist() == [[92, 10, 105, 22]]
        assert found.scores.tolist() == [np.float32(0.9)]

    def test_nothing_found(self):
        assert len(merge(WINDOWS, [detections([])] * 3)) == 0


def test_a_picture_no_larger_than_a_tile_is_looked_at_once():
    detector = component_detector(TOY, tile=640, image_size=320)
    detector(np.zeros((480, 640, 3), np.uint8))
    assert detector.runtime.batches == [(1, 256, 320, 3)]


def test_tiles_run_in_batches():
    detector = component_detector(TOY, tile=320, image_size=320)
    detector(np.zeros((900, 1200, 3), np.uint8))
    assert sum(batch for batch, *_ in detector.runtime.batches) == 1 + 4 * 5
    assert {shape[1:] for shape in detector.runtime.batches} == {(256, 320, 3), (320, 320, 3)}
    assert max(batch for batch, *_ in detector.runtime.batches) <= AT_ONCE


@pytest.fixture(scope="module")
def scene():
    return draw_scene(np.random.default_rng(0), 4000, [12] * 600 + [30] * 100 + [120] * 30 + [700] * 4)


def test_objects_of_12_pixels_on_4000_are_found_with_tiles_and_hardly_without(scene):
    picture, boxes, classes, diameters = scene
    small = diameters == 12
    whole = right(component_detector(TOY, image_size=640)(picture), boxes, classes)
    tiled = right(component_detector(TOY, image_size=640, tile=640)(picture), boxes, classes)
    recall, without = tiled.any(axis=0)[small].mean(), whole.any(axis=0)[small].mean()
    assert recall >= 0.98
    assert recall >= 3 * without
    assert tiled.any(axis=0)[~small].all()  # large ones too, some larger than a tile
    duplicates = (tiled.sum(axis=0) - 1).clip(min=0).sum()
    assert duplicates <= 0.01 * len(boxes)
    assert len(tiled) - tiled.any(axis=1).sum() <= 0.01 * len(boxes)  # no pieces either


def test_tiles_that_are_scaled_find_no_object_twice_either(scene):
    picture, boxes, classes, _ = scene
    found = right(component_detector(TOY, image_size=640, tile=777)(picture), boxes, classes)
    assert (found.sum(axis=0) <= 1).mean() >= 0.99
    assert len(found) - found.any(axis=1).sum() <= 0.01 * len(boxes)


def test_max_detections_holds_for_the_picture_and_not_for_each_tile(scene):
    picture, _, _, _ = scene
    every = component_detector(TOY, image_size=640, tile=640)(picture)
    assert len(every) > 300  # what one look gives at most
    for most in (5, 500):
        few = component_detector(TOY, image_size=640, tile=640, max_detections=most)(picture)
        np.testing.assert_array_equal(few.boxes, every.boxes[:most])
        np.testing.assert_array_equal(few.scores, every.scores[:most])
        np.testing.assert_array_equal(few.classes, every.classes[:most])
