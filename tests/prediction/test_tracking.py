"""Following objects, beside another ByteTrack on stored sequences; and one rule at a time."""

import sys

import numpy as np
import pytest
from prediction.drawn_video import EASY
from prediction.mot_metrics import score
from prediction.sequences import CONFIDENCE, FIGURES, PATIENCE, sequence

from yolov10 import Detections
from yolov10.errors import MissingExtraError
from yolov10.prediction.tracking import UNSURE, Tracker


def followed(found):
    tracker = Tracker(confidence=CONFIDENCE, patience=PATIENCE)
    tracked = [tracker.update(frame) for frame in found]
    return [(frame.tracks.tolist(), frame.boxes) for frame in tracked]


@pytest.mark.parametrize("name", FIGURES)
class TestBesideAnotherByteTrack:
    def test_our_measures_judge_its_tracks_as_its_own_do(self, name):
        own = sequence(name)
        judged = score(own.truth, own.reference)
        assert judged.mota == pytest.approx(FIGURES[name]["MOTA"], abs=1e-6)
        assert judged.idf1 == pytest.approx(FIGURES[name]["IDF1"], abs=1e-6)
        assert judged.switches == FIGURES[name]["switches"]

    def test_our_tracks_are_as_good(self, name):
        own, reference = sequence(name), FIGURES[name]
        judged = score(own.truth, followed(own.found))
        print(f"{name}: MOTA {judged.mota:.4f} IDF1 {judged.idf1:.4f}, reference {reference}")
        assert abs(judged.mota - reference["MOTA"]) <= 0.01
        assert abs(judged.idf1 - reference["IDF1"]) <= 0.01
        assert judged.switches <= reference["switches"]


def test_no_switch_where_nothing_hides_anything():
    for name, frames in (("lanes", None), ("drawn", EASY)):
        own = sequence(name)
        judged = score(own.truth[:frames], followed(own.found[:frames]))
        assert judged.switches == 0
        assert judged.idf1 > 0.99


def frame(*objects, number=None):
    """Detections from (x, score) or (x, score, class): boxes of 20 pixels in a row."""
    rows = sorted(((*one, 0)[:3] for one in objects), key=lambda row: -row[1])
    x, scores, classes = (np.array([row[i] for row in rows], np.float32) for i in range(3))
    boxes = np.column_stack([x, 0 * x, x + 20, 0 * x + 20]).astype(np.float32).reshape(-1, 4)
    return Detections(boxes, scores, classes.astype(np.int64), ["a", "b"], "s", number, 640, 480)


def numbers(tracker, *objects, number=None):
    """Object numbers by the x of their box."""
    tracked = tracker.update(frame(*objects, number=number))
    return dict(zip(tracked.boxes[:, 0].tolist(), tracked.tracks.tolist(), strict=True))


def test_numbers_begin_with_1_and_stay():
    tracker = Tracker()
    assert numbers(tracker, (100, 0.9), (300, 0.8)) == {100: 1, 300: 2}
    assert numbers(tracker, (104, 0.7), (297, 0.9)) == {104: 1, 297: 2}


def test_detections_keep_their_order_and_everything_else():
    tracker = Tracker()
    tracker.update(frame((300, 0.9), (100, 0.5), (200, 0.7), number=3))
    tracked = tracker.update(frame((300, 0.5), (100, 0.9), (200, 0.7), number=4))
    assert tracked.boxes[:, 0].tolist() == [100, 200, 300]
    assert tracked.tracks.dtype == np.int64
    assert (tracked.frame, tracked.source, tracked.width, tracked.names) == (4, "s", 640, ["a", "b"])


def test_one_glimpse_is_no_object():
    tracker = Tracker()
    numbers(tracker, (100, 0.9))
    assert numbers(tracker, (100, 0.9), (300, 0.9)) == {100: 1}
    assert numbers(tracker, (100, 0.9)) == {100: 1}
    assert numbers(tracker, (100, 0.9), (300, 0.9)) == {100: 1}
    assert numbers(tracker, (100, 0.9), (300, 0.9)) == {100: 1, 300: 2}


def test_unsure_detections_begin_nothing_but_continue_what_was_sure():
    tracker = Tracker(confidence=0.5)
    assert numbers(tracker, (100, 0.9), (300, 0.4)) == {100: 1}
    assert numbers(tracker, (102, 0.2), (300, 0.4)) == {102: 1}
    assert numbers(tracker, (104, UNSURE)) == {}
    assert numbers(tracker, (106, 0.9)) == {106: 1}


def test_a_sure_detection_wins_over_a_nearer_unsure_one():
    tracker = Tracker(confidence=0.5)
    numbers(tracker, (100, 0.9))
    assert numbers(tracker, (100, 0.4), (108, 0.9)) == {108: 1}


@pytest.mark.parametrize("gap,same", [(5, True), (6, False)])
def test_out_of_sight_an_object_is_waited_for_as_long_as_patience_lasts(gap, same):
    tracker = Tracker(patience=5)
    for _ in range(3):
        numbers(tracker, (100, 0.9), (300, 0.9))
    for _ in range(gap):
        numbers(tracker, (300, 0.9))
    numbers(tracker, (100, 0.9), (300, 0.9))
    assert numbers(tracker, (100, 0.9), (300, 0.9)) == {100: 1 if same else 3, 300: 2}


def test_skipped_frames_are_told_by_their_numbers():
    tracker = Tracker()
    for number in (0, 1, 2, 3, 4, 5, 9, 10, 14):
        expected = {100 + 6 * number: 1}  # by more than its width, from 5 to 9
        assert numbers(tracker, (100 + 6 * number, 0.9), number=number) == expected


def test_a_box_of_another_class_is_the_same_object_only_when_none_of_its_own_is_there():
    tracker = Tracker()
    numbers(tracker, (100, 0.9, 0), (112, 0.9, 1))
    assert numbers(tracker, (104, 0.9, 1), (108, 0.9, 0)) == {108: 1, 104: 2}  # they passed each other
    tracker = Tracker()
    numbers(tracker, (100, 0.9, 0))
    assert numbers(tracker, (101, 0.9, 1)) == {101: 1}


def test_empty_frames():
    tracker = Tracker()
    assert numbers(tracker) == {}
    numbers(tracker, (100, 0.9))
    assert numbers(tracker) == {}
    assert numbers(tracker, (100, 0.9)) == {}  # gone before it counted
    assert numbers(tracker, (100, 0.9)) == {100: 1}


def test_what_it_remembers_is_bounded():
    tracker = Tracker(patience=10)
    rng = np.random.default_rng(0)
    for number in range(500):
        tracker.update(frame(*((float(x), 0.9) for x in rng.uniform(0, 600, 5)), number=number))
    assert len(tracker.tracks) < 100


def test_without_scipy_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(MissingExtraError, match=r"following objects needs scipy.*open-yolov10\[track\]"):
        Tracker()
