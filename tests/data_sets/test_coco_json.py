import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yolov10.data import coco_json, open_dataset, open_splits
from yolov10.data.coco_json import join
from yolov10.errors import UserError

CATEGORIES = [{"id": 90, "name": "toothbrush"}, {"id": 1, "name": "person"}, {"id": 13, "name": "stop sign"}]


@pytest.fixture
def coco(tmp_path, paint):
    """Write a COCO JSON of the pictures a.png and b.png (64x48), which lie in photos/."""
    for name in "ab":
        paint(tmp_path / f"photos/{name}.png")

    def write(*annotations: dict, **changes: object) -> Path:
        images = [{"id": 7, "file_name": "b.png"}, {"id": 3, "file_name": "a.png", "width": 64, "height": 48}]
        document = {"images": images, "annotations": list(annotations), "categories": CATEGORIES} | changes
        (tmp_path / "some.file").write_text(json.dumps(document))
        return tmp_path / "some.file"

    return write


def box(bbox=(8, 6, 20, 10), **changes):
    return {"id": 1, "image_id": 7, "category_id": 13, "bbox": list(bbox)} | changes


def open_it(data: Path):
    return open_dataset(data, images=data.parent / "photos")


def test_classes_are_the_categories_in_the_order_of_their_ids(coco):
    data = open_it(coco(box(), box(category_id=90, image_id=3)))
    assert data.names == ["person", "stop sign", "toothbrush"]
    assert data.category_ids == [1, 13, 90]
    assert [sample.image_id for sample in data.samples] == [7, 3]
    np.testing.assert_array_equal(data.samples[0].classes, [1])
    np.testing.assert_array_equal(data.samples[1].classes, [2])
    np.testing.assert_array_equal(data.samples[0].boxes, [[8, 6, 28, 16]])
    assert data.samples[0].polygons is None
    assert data.faults == []


def test_it_is_one_split_that_answers_to_any_name(coco):
    data = coco(box())
    assert len(open_dataset(data, "val", images=data.parent / "photos").samples) == 2
    assert list(open_splits(data, images=data.parent / "photos")) == ["some"]


def test_pictures_beside_the_file_need_no_images_folder(coco):
    data = coco(box())
    inside = data.rename(data.parent / "photos/annotations.json")
    assert len(open_dataset(inside).samples) == 2


def test_the_stated_area_is_kept_and_a_missing_one_is_the_boxs(coco):
    data = open_it(coco(box(area=77.5), box(bbox=(0, 0, 5, 6), area=0), box(bbox=(0, 0, 4, 6))))
    np.testing.assert_array_equal(data.samples[0].areas, [77.5, 30, 24])


def test_a_crowd_given_by_run_lengths_is_kept_as_its_box(coco):
    mask = {"counts": [0, 5, 100], "size": [48, 64]}
    sample = open_it(coco(box(iscrowd=1, segmentation=mask), box(iscrowd=0))).samples[0]
    np.testing.assert_array_equal(sample.crowd, [True, False])
    assert sample.polygons is None


def test_an_outline_is_read_and_a_box_beside_it_gets_its_corners(coco):
    triangle = [8, 6, 28, 6, 28, 16]
    sample = open_it(coco(box(segmentation=[triangle]), box(bbox=(0, 0, 2, 3), segmentation=[]))).samples[0]
    np.testing.assert_array_equal(sample.polygons[0], [[8, 6], [28, 6], [28, 16]])
    np.testing.assert_array_equal(sample.polygons[1], [[0, 0], [2, 0], [2, 3], [0, 3]])


def test_an_object_in_parts_has_one_outline_that_covers_the_same_pixels(coco):
    parts = [[2, 2, 12, 2, 12, 12, 2, 12], [30, 30, 40, 30, 40, 44], [30, 5, 45, 5, 45, 20, 30, 20]]
    sample = open_it(coco(box((2, 2, 43, 42), segmentation=parts))).samples[0]
    (outline,) = sample.polygons
    apart, joined = np.zeros((2, 48, 64), np.uint8)
    for part in parts:
        cv2.fillPoly(apart, [np.int32(part).reshape(-1, 2)], 1)
    cv2.fillPoly(joined, [outline.astype(np.int32)], 1)
    bridges = joined & ~apart & 1
    assert not (apart & ~joined).any()
    assert bridges.sum() < 40  # fillPoly draws the edge of an outline, so of the bridges too: one pixel wide
    np.testing.assert_array_equal([*outline.min(axis=0), *outline.max(axis=0)], [2, 2, 45, 44])


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=3, max_size=6), min_size=1)
)
def test_joined_parts_enclose_the_sum_of_their_signed_areas(parts):
    def signed_area(outline):
        x, y = np.asarray(outline, float).T
        return (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2

    joined = join([np.array(part, float) for part in parts])
    assert signed_area(joined) == pytest.approx(sum(map(signed_area, parts)), abs=1e-6)
    assert {tuple(point) for point in joined} == {point for part in parts for point in part}


@pytest.mark.parametrize(
    ("annotation", "kind", "says"),
    [
        (box(category_id=2), "class", "category_id 2 is none of the categories"),
        (box(category_id="13"), "class", "category_id '13' is none"),
        (box(category_id=[13]), "class", "category_id [13] is none"),
        (box(bbox=(1, 2, 3)), "malformed", "bbox must be x y width height"),
        (box(bbox="wide"), "malformed", "bbox must be x y width height, not ['w', 'i', 'd', 'e']"),
        (box(bbox=(1, 2, 10**400, 4)), "malformed", "bbox must be x y width height"),
        (box(bbox=(1, 2, float("nan"), 4)), "malformed", "not a finite number"),
        (box(bbox=(1, 2, float("inf"), 4)), "malformed", "not a finite number"),
        ({"id": 1, "image_id": 7, "category_id": 13}, "malformed", "bbox must be x y width height, not None"),
        (box(bbox=(1, 2, 0, 4)), "no area", "has no area"),
        (box(bbox=(100, 2, 5, 4)), "outside", "does not lie in the 64x48 picture"),
        (box(image_id=99), "malformed", "belongs to no image: image_id 99"),
        (box(image_id=[1]), "malformed", "belongs to no image: image_id [1]"),
        (box(bbox=(1, 1, 5, 5), id=9), "duplicate", "annotation 9 of b.png: the same class and box as"),
    ],
)
def test_a_faulty_annotation_is_dropped_and_named(coco, annotation, kind, says):
    path = coco(box((1, 1, 5, 5)), annotation, box((2, 2, 5, 5)))
    data = open_it(path)
    (fault,) = data.faults
    assert (fault.kind, fault.path) == (kind, path)
    assert says in fault.what
    assert "annotation" in fault.what
    assert len(data.samples[0].boxes) == 2


@pytest.mark.parametrize("outline", [[[1, 2, 3, 4]], [[1, 2, 3, 4, 5, 6, 7]], [[1, 2, 3, 4, 5, "6"]], [3, 4]])
def test_a_segmentation_that_is_no_polygon_costs_the_outline_only(coco, outline):
    data = open_it(coco(box(segmentation=outline)))
    assert [fault.kind for fault in data.faults] == ["outline"]
    assert len(data.samples[0].boxes) == 1
    assert data.samples[0].polygons is None


def test_absent_pictures_are_named_and_the_others_used(coco):
    data = open_it(coco(images=[{"id": 1, "file_name": "gone.png"}, {"id": 2, "file_name": "a.png"}]))
    assert [sample.image_id for sample in data.samples] == [2]
    assert [(fault.kind, fault.path.name) for fault in data.faults] == [("missing picture", "gone.png")]


def test_a_second_picture_of_the_same_id_and_one_without_a_name_are_left_out_and_named(coco):
    images = [{"id": 1, "file_name": "a.png"}, {"id": 1, "file_name": "b.png"}, {"id": 5}]
    data = open_it(coco(images=images))
    assert [sample.path.name for sample in data.samples] == ["a.png"]
    assert [fault.kind for fault in data.faults] == ["listed twice", "malformed"]


def test_a_size_that_is_not_the_upright_pictures_is_named(coco):
    images = [{"id": 7, "file_name": "b.png", "width": 48, "height": 64}]
    data = open_it(coco(box(), images=images))
    assert [fault.kind for fault in data.faults] == ["wrong size"]
    assert "b.png is 64x48 when upright, not 48x64" in data.faults[0].what
    assert len(data.samples[0].boxes) == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"images": None}, "has no list of images"),
        ({"annotations": {}}, "has no list of annotations"),
        ({"categories": [3]}, "has no list of categories"),
        ({"categories": []}, "has no categories"),
        ({"categories": [{"id": "1", "name": "x"}]}, "needs a whole-number id and a name"),
        ({"categories": [{"id": 1}]}, "needs a whole-number id and a name"),
        ({"categories": [{"id": 1, "name": "x"}, {"id": 1, "name": "y"}]}, "two categories have the same id"),
        ({"images": []}, "no picture of split 'train' can be used; it lists none"),
        ({"images": [{"id": 1, "file_name": "c.png"}]}, "such as c.png: name their folder by --images"),
    ],
)
def test_a_json_that_is_no_coco_set_is_one_line_that_names_it(coco, changes, says):
    path = coco(**changes)
    with pytest.raises(UserError) as error:
        open_it(path)
    assert says in str(error.value)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"{", "is no valid JSON"),
        (b"[]", "is a JSON list"),
        (b'{"images": [' + b"[" * 100_000, "nested too deeply"),
        (b'{"images": ' + b"9" * 10_000 + b"}", "is no valid JSON"),
        (b'{"images": "\xff\xfe"}', "is no UTF-8 text"),
    ],
)
def test_garbage_is_one_line_that_names_the_file(tmp_path, text, says):
    path = tmp_path / "a.json"
    path.write_bytes(text)
    with pytest.raises(UserError, match=says) as error:
        open_dataset(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_too_large_to_hold_is_refused_before_it_is_parsed(tmp_path, monkeypatch):
    monkeypatch.setattr(coco_json, "MAX_JSON", 1000)
    path = tmp_path / "huge.json"
    path.write_text("{" * 1001)
    with pytest.raises(UserError, match=r"huge\.json is 1,001 bytes: too large"):
        open_dataset(path)


def test_a_wrong_images_folder_is_named(coco):
    with pytest.raises(UserError, match="no folder nowhere: --images"):
        open_dataset(coco(box()), images="nowhere")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just(7),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=8,
)
keys = st.sampled_from(
    ["id", "image_id", "category_id", "bbox", "segmentation", "iscrowd", "area", "file_name"]
)


@given(st.lists(st.dictionaries(keys, values).map(lambda changes: box() | changes), max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_annotation_makes_the_reader_raise(coco, annotations):
    data = open_it(coco(*annotations))
    x1, y1, x2, y2 = np.concatenate([sample.boxes for sample in data.samples]).T
    assert ((x1 >= 0) & (y1 >= 0) & (x2 <= 64) & (y2 <= 48) & (x2 > x1) & (y2 > y1)).all()


def test_an_outline_of_very_many_points_in_parts_is_left_out_and_named(coco):
    """Two parts of fifty thousand points, a file of a megabyte, took forty gigabytes to join."""
    parts = [[number % 60 for number in range(6000)] for _ in range(2)]
    data = open_it(coco(box(segmentation=parts)))
    (fault,) = data.faults
    assert fault.kind == "outline"
    assert "its segmentation of 6,000 points in 2 parts is left out; the box is kept" in fault.what
    assert data.samples[0].polygons is None
    assert len(data.samples[0].boxes) == 1


@pytest.mark.parametrize(
    "outline",
    [
        [0, 0, 0, 0, 0, 0],  # a placeholder
        [0.1, 0.1, 0.5, 0.1, 0.5, 0.4],  # in shares of the picture
        [30, 30, 50, 30, 50, 40, 30, 40],  # of another place
    ],
)
def test_a_segmentation_that_contradicts_its_bbox_is_left_out_and_named(coco, outline):
    data = open_it(coco(box(segmentation=[outline])))
    assert data.samples[0].polygons is None
    np.testing.assert_array_equal(data.samples[0].boxes, [[8, 6, 28, 16]])
    (fault,) = data.faults
    assert fault.kind == "outline"
    assert "elsewhere than its bbox" in fault.what


def test_a_category_that_nothing_is_of_does_not_stand_against_its_namesake(coco):
    """As Roboflow exports projects of one class: category 0 is the project."""
    names = [{"id": 0, "name": "cell"}, {"id": 1, "name": "cell"}]
    data = open_it(coco(box(category_id=1), categories=names))
    assert (data.names, data.category_ids) == (["cell"], [1])
    assert open_it(coco(categories=names, annotations=[])).category_ids == [0]
    with pytest.raises(UserError, match="classes 0 and 1 are both 'cell'"):
        open_it(coco(box(category_id=1), box(id=2, category_id=0), categories=names))


@pytest.mark.parametrize("bbox", [(-1, -1, 66, 50), (-5, 3, 80, 20)])
def test_a_box_that_reaches_over_both_edges_is_clipped_like_one_that_reaches_over_one(coco, bbox):
    data = open_it(coco(box(bbox)))
    assert [fault.kind for fault in data.faults] == ["clipped"]
    assert data.samples[0].boxes[0, 0] == 0
    assert data.samples[0].boxes[0, 2] == 64
