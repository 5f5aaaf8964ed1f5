"""Objects followed through a video, a stream that breaks off, and pictures of no video."""

from pathlib import Path

import numpy as np

from yolov10 import Detections
from yolov10.prediction.following import followed
from yolov10.prediction.found import Found
from yolov10.prediction.picture import Picture
from yolov10.prediction.video import Footage, Moment, camera_or_stream

FOOTAGE = Footage(camera_or_stream("0"), 25.0, 1, live=True, drops=False)


def found(xs, number, seconds, absences=0, footage=FOOTAGE):
    """A frame with boxes of 20 pixels at the places `xs`."""
    x = np.array(xs, np.float32)
    boxes = np.column_stack([x, 0 * x, x + 20, 0 * x + 20])
    detections = Detections(
        boxes, np.full(len(xs), 0.9, np.float32), np.zeros(len(xs), np.int64), ["a"], "0", number, 640, 480
    )
    moment = Moment(footage, number, seconds, absences)
    return Found(Picture("0", lambda: None, Path("0"), moment), np.zeros((480, 640, 3), np.uint8), detections)


def tracks(results):
    """Frame number, and object numbers by the x of their box."""
    return [
        (
            one.detections.frame,
            dict(zip(one.detections.boxes[:, 0].tolist(), one.detections.tracks.tolist(), strict=True)),
        )
        for one in followed(results, confidence=0.25)
    ]


def test_after_an_absence_what_stood_still_keeps_its_number_and_what_moved_is_another_object():
    before = [found([100, 300 + 4 * n], n, n / 25) for n in range(10)]
    after = [found([100, 336 + 4 * n], 10 + n, 10 + n / 25, absences=1) for n in range(3)]
    *_, (frame, last) = tracks([*before, *after])
    assert frame == 12
    assert last == {100: 1, 344: 3}


def test_after_an_absence_of_a_moment_everything_keeps_its_number():
    before = [found([100, 300 + 4 * n], n, n / 25) for n in range(10)]
    after = [found([100, 348 + 4 * n], 10 + n, 0.48 + n / 25, absences=1) for n in range(3)]
    *_, (_, last) = tracks([*before, *after])
    assert last == {100: 1, 356: 2}


def test_a_slow_looker_at_a_sender_that_waits_loses_nobody():
    results = [found([300 + 4 * n], n, 3.0 * n) for n in range(10)]  # seconds are when we took them
    assert [numbers for _, numbers in tracks(results)] == [{300 + 4 * n: 1} for n in range(10)]


def test_each_video_begins_with_number_1_and_a_clock_of_its_own():
    other = Footage(camera_or_stream("1"), 25.0, 1, live=True, drops=False)
    first = [found([100], n, 100 * n, absences=n) for n in range(3)]
    second = [found([100], n, n / 25, footage=other) for n in range(3)]
    assert tracks([*first, *second])[3:] == [(n, {100: 1}) for n in range(3)]
