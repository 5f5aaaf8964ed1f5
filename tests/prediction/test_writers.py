"""Every result format, read back by the library that its users have."""

import csv
import io
import json
import os

import cv2
import numpy as np
from prediction.named import files, picture

from yolov10 import Detections
from yolov10.prediction.found import Failure, Found
from yolov10.prediction.output_folder import Annotated, Yolo
from yolov10.prediction.writers import TEXT_FORMATS


def found(source="a.jpg", place=None, boxes=((10, 20, 110, 70), (0, 0, 30, 40))):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    n = len(boxes)
    detections = Detections(
        boxes=boxes,
        scores=np.linspace(0.9, 0.5, n, dtype=np.float32),
        classes=np.arange(n) % 2,
        names=["RBC", 'W,B"C'],
        source=source,
        width=200,
        height=100,
    )
    return Found(picture(source, place), np.zeros((100, 200, 3), np.uint8), detections)


FAILURE = Failure(picture("bad.jpg"), "bad.jpg: truncated")


def written(form, *results):
    stream = io.StringIO()
    writer = TEXT_FORMATS[form](stream)
    for result in results:
        writer.write(result)
    writer.close()
    return stream.getvalue()


def test_json_is_always_a_list():
    assert json.loads(written("json")) == []
    assert json.loads(written("json", found())) == [found().detections.to_dict()]
    assert json.loads(written("json", found(), FAILURE)) == [
        found().detections.to_dict(),
        {"source": "bad.jpg", "error": "bad.jpg: truncated"},
    ]


def test_jsonl_is_one_object_a_line():
    lines = written("jsonl", found(), FAILURE, found("b.jpg")).splitlines()
    assert [json.loads(line)["source"] for line in lines] == ["a.jpg", "bad.jpg", "b.jpg"]


def test_jsonl_reaches_the_reader_of_a_pipe_before_the_next_picture():
    reading, writing = os.pipe()
    os.set_blocking(reading, False)  # what is held back would be waited for without end
    with open(writing, "w") as stream, open(reading, "rb") as pipe:
        writer = TEXT_FORMATS["jsonl"](stream)
        for source in ("a.jpg", "b.jpg"):
            writer.write(found(source))
            assert json.loads(pipe.read())["source"] == source
        writer.write(FAILURE)
        assert json.loads(pipe.read())["source"] == "bad.jpg"


def test_csv_has_a_row_a_detection_and_a_row_a_failure():
    rows = list(csv.DictReader(io.StringIO(written("csv", found(), FAILURE, found("c.jpg", boxes=())))))
    assert [row["source"] for row in rows] == ["a.jpg", "a.jpg", "bad.jpg"]
    assert rows[1]["name"] == 'W,B"C'
    assert [float(rows[0][side]) for side in ("x1", "y1", "x2", "y2")] == [10, 20, 110, 70]
    assert rows[2]["error"] == "bad.jpg: truncated"
    assert not rows[2]["class"]


def test_coco_is_the_evaluators_results_list():
    results = json.loads(
        written("coco", found("x/000042.jpg"), FAILURE, found("name.jpg", boxes=[[1, 2, 4, 8]]))
    )
    assert results == [
        {"image_id": 42, "category_id": 0, "bbox": [10, 20, 100, 50], "score": 0.9},
        {"image_id": 42, "category_id": 1, "bbox": [0, 0, 30, 40], "score": 0.5},
        {"image_id": "name.jpg", "category_id": 0, "bbox": [1, 2, 3, 6], "score": 0.9},
    ]
    assert json.loads(written("coco")) == []


def test_coco_tells_two_pictures_of_one_name_apart():
    results = json.loads(written("coco", found("x/a.jpg"), found("y/a.jpg"), found("y/a.png")))
    assert [one["image_id"] for one in results] == [*["x/a.jpg"] * 2, *["y/a.jpg"] * 2, *["y/a.png"] * 2]


def test_yolo_writes_normalised_rows_and_an_empty_file_for_nothing(tmp_path):
    writer = Yolo(tmp_path)
    for result in (found("s/a.jpg", place="s/a.jpg"), FAILURE, found("b.jpg", boxes=())):
        writer.write(result)
    rows = np.loadtxt(tmp_path / "s" / "a.txt")
    np.testing.assert_allclose(rows[0], [0, 0.3, 0.45, 0.5, 0.5, 0.9], atol=1e-5)
    assert (tmp_path / "b.txt").read_text() == ""
    assert not (tmp_path / "bad.txt").exists()


class TestAnnotated:
    def test_copies_are_pictures_with_boxes_under_their_names(self, tmp_path):
        writer = Annotated(tmp_path)
        for name in ("a.jpg", "s/a.PNG", "moving.gif"):
            writer.write(found(name, place=name))
        writer.write(FAILURE)
        assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.*")) == [
            "a.jpg",
            "moving.gif.jpg",
            "s/a.PNG",
        ]
        assert cv2.imread(str(tmp_path / "s" / "a.PNG")).max() > 100

    def test_two_pictures_of_one_name_are_both_kept(self, tmp_path):
        writer = Annotated(tmp_path)
        for source in ("x/a.jpg", "y/a.jpg", "z/a.jpg"):
            writer.write(found(source))
        assert sorted(p.name for p in tmp_path.iterdir()) == ["a-2.jpg", "a-3.jpg", "a.jpg"]


def test_labels_may_lie_beside_their_pictures(tmp_path):
    files(tmp_path, "a.jpg", "a.png")
    writer = Yolo(tmp_path)
    for name in ("a.jpg", "a.png"):
        writer.write(found(str(tmp_path / name)))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a-2.txt", "a.jpg", "a.png", "a.txt"]
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "a.png").read_bytes() == b"x"
