"""Every result format, read back by the library that its users have."""

import csv
import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from yolov10 import Detections
from yolov10.errors import UserError
from yolov10.prediction.detector import Failure, Found
from yolov10.prediction.sources import Picture
from yolov10.prediction.writers import TEXT_FORMATS, Annotated, Places, Yolo, check_output


def picture(source="a.jpg", place=None):
    return Picture(source, lambda: None, Path(place or Path(source).name))


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


def test_jsonl_appears_as_it_comes():
    stream = io.StringIO()
    writer = TEXT_FORMATS["jsonl"](stream)
    writer.write(found())
    assert stream.getvalue().endswith("\n")


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


def files(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


class TestCheckOutput:
    def test_the_picture_itself_is_never_overwritten(self, tmp_path):
        files(tmp_path, "a.jpg")
        with pytest.raises(UserError, match=r"a\.jpg would overwrite .* choose another --output"):
            check_output([picture(str(tmp_path / "a.jpg"))], tmp_path)

    @pytest.mark.parametrize("order", [["x/a.jpg", "yy/a.jpg"], ["yy/a.jpg", "x/a.jpg"]])
    def test_another_source_picture_is_never_overwritten(self, tmp_path, order):
        files(tmp_path, *order)
        with pytest.raises(UserError, match=r"yy/a\.jpg would overwrite"):
            check_output([picture(str(tmp_path / name)) for name in order], tmp_path / "yy")

    def test_a_numbered_copy_never_overwrites_a_picture(self, tmp_path):
        files(tmp_path, "x/a.jpg", "z/a.jpg", "yy/a-2.jpg")
        chosen = [picture(str(tmp_path / name)) for name in ("x/a.jpg", "z/a.jpg", "yy/a-2.jpg")]
        with pytest.raises(UserError, match=r"yy/a-2\.jpg would overwrite"):
            check_output(chosen, tmp_path / "yy")

    def test_a_copy_in_another_format_never_overwrites_a_picture(self, tmp_path):
        files(tmp_path, "a.gif", "yy/a.gif.jpg")
        chosen = [picture(str(tmp_path / "a.gif")), picture(str(tmp_path / "yy/a.gif.jpg"), "other/b.jpg")]
        with pytest.raises(UserError, match=r"a\.gif\.jpg would overwrite"):
            check_output(chosen, tmp_path / "yy")

    def test_a_linked_output_folder_is_seen_through(self, tmp_path):
        files(tmp_path, "x/a.jpg")
        (tmp_path / "link").symlink_to(tmp_path / "x")
        with pytest.raises(UserError, match="would overwrite"):
            check_output([picture(str(tmp_path / "x" / "a.jpg"))], tmp_path / "link")

    def test_copies_of_an_earlier_run_may_be_replaced(self, tmp_path):
        files(tmp_path, "a.jpg", "b.gif", "out/a.jpg", "out/b.gif.jpg")
        check_output([picture(str(tmp_path / name)) for name in ("a.jpg", "b.gif")], tmp_path / "out")

    def test_a_folder_yet_to_be_made_and_standard_input_are_fine(self, tmp_path):
        check_output([picture(str(tmp_path / "a.jpg"))], tmp_path / "new")
        check_output([picture("-", "stdin.jpg")], tmp_path)


def test_labels_may_lie_beside_their_pictures(tmp_path):
    files(tmp_path, "a.jpg", "a.png")
    writer = Yolo(tmp_path)
    for name in ("a.jpg", "a.png"):
        writer.write(found(str(tmp_path / name)))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a-2.txt", "a.jpg", "a.png", "a.txt"]
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "a.png").read_bytes() == b"x"


class TestPlaces:
    def test_a_name_handed_out_by_number_is_not_handed_out_again(self, tmp_path):
        places = Places(tmp_path)
        taken = [places.take(Path(name)).name for name in ("a-2.jpg", "a.jpg", "a.jpg", "a-2.jpg", "a.jpg")]
        assert taken == ["a-2.jpg", "a.jpg", "a-3.jpg", "a-2-2.jpg", "a-4.jpg"]

    def test_many_pictures_of_one_name_take_no_longer_each(self, tmp_path):
        class Counted(type(tmp_path)):
            made = 0

            def with_stem(self, stem):
                Counted.made += 1
                return super().with_stem(stem)

        places = Places(tmp_path)
        assert len({places.take(Counted("a.jpg")) for _ in range(1000)}) == 1000
        assert Counted.made == 999
