"""Detections as a user holds them, and drawn."""

import json
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from yolov10 import Detections
from yolov10.errors import MissingExtraError, UserError


def detections(**changes):
    values = {
        "boxes": np.array([[10, 20, 110.12345, 70], [0, 0, 30, 40]], np.float32),
        "scores": np.array([0.912345678, 0.25], np.float32),
        "classes": np.array([1, 0]),
        "names": ["적혈구", "WBC", "Platelets"],
        "source": "a.jpg",
        "width": 200,
        "height": 100,
    }
    return Detections(**(values | changes))


def test_to_dict_is_the_contracts_json():
    found = json.loads(json.dumps(detections().to_dict()))
    assert found == {
        "source": "a.jpg",
        "frame": None,
        "width": 200,
        "height": 100,
        "detections": [
            {"class": 1, "name": "WBC", "confidence": 0.91235, "box": [10.0, 20.0, 110.123, 70.0]},
            {"class": 0, "name": "적혈구", "confidence": 0.25, "box": [0.0, 0.0, 30.0, 40.0]},
        ],
    }


def test_the_number_of_a_followed_object_stands_in_the_json_and_in_the_drawing():
    followed = detections(tracks=np.array([7, 12]))
    found = json.loads(json.dumps(followed.to_dict()))["detections"]
    assert [one["track"] for one in found] == [7, 12]
    assert list(found[0]) == ["class", "name", "confidence", "box", "track"]
    image = np.full((100, 200, 3), 200, np.uint8)
    assert not np.array_equal(followed.draw(image), detections().draw(image))


def test_counts_by_class_in_class_order():
    assert detections().counts() == {"적혈구": 1, "WBC": 1}
    assert len(detections()) == 2


def test_nothing_found():
    empty = detections(
        boxes=np.zeros((0, 4), np.float32), scores=np.zeros(0, np.float32), classes=np.zeros(0, int)
    )
    assert empty.to_dict()["detections"] == []
    image = np.zeros((100, 200, 3), np.uint8)
    assert np.array_equal(empty.draw(image), image)


def test_draw_leaves_the_picture_alone_and_marks_a_copy():
    image = np.full((100, 200, 3), 200, np.uint8)
    drawn = detections().draw(image)
    assert (image == 200).all()
    assert drawn.shape == image.shape
    edge = drawn[45, 10]  # left side of the first box
    assert edge.tolist() != [200, 200, 200]
    assert (drawn[60:70, 150:] == 200).all()  # away from boxes and labels


def test_a_label_in_korean_is_not_question_marks():
    image = np.full((200, 300, 3), 255, np.uint8)
    one = np.array([[100, 100, 200, 180]], np.float32)
    drawn = [
        detections(boxes=one, scores=np.array([0.5], np.float32), classes=np.array([0]), names=[name]).draw(
            image
        )
        for name in ("적혈구", "백혈구", "???")
    ]
    assert not np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (2000, 3), (40, 40)])
def test_draws_on_pictures_of_any_shape(size):
    image = np.zeros((*size, 3), np.uint8)
    box = np.array([[0, 0, size[1], size[0]]], np.float32)
    found = detections(
        boxes=box, scores=np.ones(1, np.float32), classes=np.array([25]), names=["x" * 30] * 26
    )
    assert found.draw(image).shape == image.shape


def test_small_objects_of_a_large_picture_are_not_hidden_by_their_labels():
    corners = np.stack(np.meshgrid(np.arange(100, 3900, 200), np.arange(100, 3900, 200)), -1).reshape(-1, 2)
    found = detections(
        boxes=np.concatenate([corners, corners + 12], axis=1).astype(np.float32),
        scores=np.full(len(corners), 0.5, np.float32),
        classes=np.zeros(len(corners), np.int64),
    )
    image = np.full((4000, 4000, 3), 200, np.uint8)
    drawn = found.draw(image)
    assert all((drawn[y + 3 : y + 10, x + 3 : x + 10] == 200).all() for x, y in corners)
    assert (drawn != image).any(axis=2).mean() < 0.05
    alone = detections(boxes=np.array([[100, 500, 1400, 2500]] * 2, np.float32)).draw(image)
    assert (alone[360:500, 100:110] != 200).all(axis=2).mean() > 0.5  # a large object's are as ever


@pytest.mark.parametrize("image", [np.zeros((4, 4, 3), np.float32), np.zeros(4, np.uint8), "a.jpg", None])
def test_draw_refuses_what_is_no_picture(image):
    with pytest.raises(UserError, match="picture"):
        detections().draw(image)


def test_to_supervision_without_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "supervision", None)
    with pytest.raises(MissingExtraError, match="pip install 'supervision'"):
        detections().to_supervision()


def test_to_supervision_carries_boxes_scores_classes_and_names(monkeypatch):
    monkeypatch.setitem(sys.modules, "supervision", SimpleNamespace(Detections=SimpleNamespace))
    found = detections().to_supervision()
    assert found.xyxy.shape == (2, 4)
    assert found.confidence.tolist() == pytest.approx([0.912345678, 0.25])
    assert found.class_id.tolist() == [1, 0]
    assert found.data["class_name"].tolist() == ["WBC", "적혈구"]
    assert found.tracker_id is None
    assert detections(tracks=np.array([7, 12])).to_supervision().tracker_id.tolist() == [7, 12]


def test_some_of_the_objects_keep_all_that_is_known_of_them():
    found = Detections(
        boxes=np.arange(12, dtype=np.float32).reshape(3, 4),
        scores=np.array([0.9, 0.8, 0.7], np.float32),
        classes=np.array([2, 0, 1]),
        names=["a", "b", "c"],
        source="x",
        frame=4,
        width=30,
        height=20,
        tracks=np.array([7, 8, 9]),
    )
    for chosen in (slice(1, None), [1, 2], np.array([False, True, True])):
        some = found[chosen]
        assert [some.boxes[0, 0], *some.scores.round(1), *some.classes, *some.tracks] == pytest.approx(
            [4, 0.8, 0.7, 0, 1, 8, 9]
        )
        assert (some.names, some.source, some.frame, some.width, some.height) == (
            ["a", "b", "c"],
            "x",
            4,
            30,
            20,
        )
    assert replace(found, tracks=None)[:1].tracks is None


def test_to_iterate_is_to_see_each_object_alone():
    found = detections()
    assert [(len(one), one.scores.tolist()) for one in found] == [(1, [score]) for score in found.scores]
    assert found[-1].to_dict()["detections"] == found.to_dict()["detections"][-1:]
    assert found[np.int64(0)].boxes.shape == (1, 4)
    with pytest.raises(IndexError):
        found[len(found)]


@pytest.mark.parametrize("chosen", [[], (), np.array([])])
def test_no_indices_choose_nothing(chosen):
    assert len(detections()[chosen]) == 0


def test_a_tuple_of_indices_is_several_objects():
    found = detections()
    assert found[(1, 0)].scores.tolist() == found.scores[[1, 0]].tolist()


def test_classes_of_one_name_are_counted_together():
    found = replace(detections(), names=["a", "a", "b"], classes=np.array([0, 1, 2])[: len(detections())])
    assert sum(found.counts().values()) == len(found)
