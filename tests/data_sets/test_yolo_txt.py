from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yolov10.data.rows import to_sample
from yolov10.data.yolo_txt import label_paths, parse

FILE = Path("labels/a.txt")


def read(text: str | bytes, size=(640, 480), num_classes=3):
    labels = parse(FILE, text if isinstance(text, bytes) else text.encode(), num_classes, *size)
    return to_sample(Path("images/a.jpg"), size, "a", labels)


def test_a_box_row_becomes_pixels():
    sample, faults = read("1 0.5 0.25 0.25 0.5\n2 0.5 0.5 1 1\n")
    assert faults == []
    np.testing.assert_array_equal(sample.boxes, np.float32([[240, 0, 400, 240], [0, 0, 640, 480]]))
    np.testing.assert_array_equal(sample.classes, [1, 2])
    np.testing.assert_array_equal(sample.areas, [160 * 240, 640 * 480])
    assert (sample.boxes.dtype, sample.classes.dtype, sample.areas.dtype) == ("float32", "int64", "float64")
    assert sample.polygons is None
    assert not sample.crowd.any()


@pytest.mark.parametrize("text", ["", "\n\n", "  \r\n"])
def test_an_empty_file_is_background(text):
    sample, faults = read(text)
    assert faults == []
    assert sample.boxes.shape == (0, 4)
    assert sample.classes.shape == sample.crowd.shape == sample.areas.shape == (0,)


def test_line_endings_tabs_a_byte_order_mark_and_whole_classes_written_as_floats_do_no_harm():
    sample, faults = read(b"\xef\xbb\xbf1.0\t0.5 0.5 0.5 0.5\r\n\r\n2 0.5 0.5 0.25 0.25 \r\n")
    assert faults == []
    np.testing.assert_array_equal(sample.classes, [1, 2])


def test_a_row_of_more_than_six_fields_makes_outlines_whose_extremes_are_the_box():
    sample, faults = read("0 0.1 0.5 0.5 0.25 0.9 0.75\n1 0 0 1 0 1 1 0 1\n")
    assert faults == []
    np.testing.assert_allclose(sample.boxes, [[64, 120, 576, 360], [0, 0, 640, 480]], rtol=1e-6)
    np.testing.assert_allclose(sample.polygons[0], [[64, 240], [320, 120], [576, 360]], rtol=1e-6)
    assert [p.shape for p in sample.polygons] == [(3, 2), (4, 2)]


def test_a_box_row_among_outlines_stays_a_box_and_gets_its_corners():
    sample, faults = read("0 0.1 0.5 0.5 0.25 0.9 0.75\n1 0.5 0.5 0.5 0.5\n")
    assert faults == []
    np.testing.assert_array_equal(sample.boxes[1], [160, 120, 480, 360])
    np.testing.assert_array_equal(sample.polygons[1], [[160, 120], [480, 120], [480, 360], [160, 360]])


@pytest.mark.parametrize(
    ("row", "kind", "says"),
    [
        ("7 0.5 0.5 0.1 0.1", "class", "class 7, but the data set has 3 classes"),
        ("3 0.5 0.5 0.1 0.1", "class", "class 3, but the data set has 3 classes"),
        ("-1 0.5 0.5 0.1 0.1", "class", "class -1 is not a whole number"),
        ("1.5 0.5 0.5 0.1 0.1", "class", "class 1.5 is not a whole number"),
        ("nan 0.5 0.5 0.1 0.1", "class", "class nan is not a whole number"),
        ("1e999 0.5 0.5 0.1 0.1", "class", "class inf is not a whole number"),
        ("1 0.5 0.5 0.1", "malformed", "4 fields: a box has five"),
        ("1 0.5 0.5 0.1 0.1 0.9", "malformed", "6 fields: a box has five"),
        ("1", "malformed", "1 fields"),
        ("cat 0.5 0.5 0.1 0.1", "malformed", "'cat' is not a number"),
        ("1 0.5 0,5 0.1 0.1", "malformed", "'0,5' is not a number"),
        ("1 0.5 nan 0.1 0.1", "malformed", "not a finite number"),
        ("1 0.5 inf 0.1 0.1", "malformed", "not a finite number"),
        ("1 320 240 100 50", "outside", "320 looks like pixels"),
        ("1 0.5 1.2 0.1 0.1", "outside", "does not lie in the 640x480 picture"),
        ("1 0.5 0.5 1.5 0.1", "outside", "does not lie in the 640x480 picture"),
        ("1 0.5 0.5 -0.1 0.1", "outside", "does not lie in the 640x480 picture"),
        ("1 0.5 0.5 0 0.1", "no area", "has no area"),
        ("1 0.5 0.5 0.1 0.000001", "no area", "has no area"),
        ("0 0.5 0.5 0.2 0.2", "duplicate", "the same class and box as line 1"),
    ],
)
def test_a_faulty_row_is_dropped_and_named_with_file_and_line(row, kind, says):
    sample, (fault,) = read(f"0 0.5 0.5 0.2 0.2\n\n{row}\n2 0.5 0.5 0.2 0.2\n")
    assert (fault.kind, fault.line) == (kind, 3)
    assert str(fault).startswith(f"{FILE}:3: ")
    assert says in fault.what
    np.testing.assert_array_equal(sample.classes, [0, 2])


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("0 0.1 0.1 0.2 0.2 0.3", "6 fields: an outline"),
        ("0 0.1 0.1 0.2 0.2 0.3 0.3 0.4", "8 fields: an outline"),
        ("0 0.1 0.1 0.2 nan 0.3 0.3", "not a finite number"),
        ("0 0.1 0.1 0.2 0.1 0.3 0.1", "no area"),
    ],
)
def test_a_faulty_outline_is_dropped_and_named(row, says):
    sample, (fault,) = read(f"0 0.1 0.5 0.5 0.25 0.9 0.75\n{row}\n")
    assert fault.line == 2
    assert says in fault.what
    assert len(sample.polygons) == 1


def test_an_edge_past_the_border_by_rounding_is_clipped_in_silence():
    sample, faults = read("0 0.05 0.5 0.101 0.5\n")
    assert faults == []
    assert sample.boxes[0, 0] == 0


def test_an_edge_past_the_border_by_more_is_clipped_and_named():
    sample, (fault,) = read("0 0.05 0.5 0.2 0.5\n0 0.9 0.9 0.95 0.2 1.0 0.8\n")
    assert (fault.kind, fault.line) == ("clipped", 1)
    assert sample.boxes[0, 0] == 0
    assert len(sample.boxes) == 2


def test_an_outline_is_clipped_like_its_box():
    sample, (fault,) = read("0 -0.1 0.5 0.5 0.25 0.5 0.75\n")
    assert fault.kind == "clipped"
    np.testing.assert_array_equal(sample.polygons[0].min(axis=0), sample.boxes[0, :2])
    np.testing.assert_array_equal(sample.polygons[0].max(axis=0), sample.boxes[0, 2:])


@given(st.binary())
def test_no_bytes_make_the_parser_raise_and_each_line_is_a_box_a_fault_or_blank(data):
    sample, faults = read(data)
    lines = [line for line in data.removeprefix(b"\xef\xbb\xbf").splitlines() if line.split()]
    dropped = [fault for fault in faults if fault.kind != "clipped"]
    assert len(sample.boxes) + len(dropped) == len(lines)


fields = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True).map(repr),
    st.floats(0, 1).map(repr),
    st.integers(-1, 4).map(str),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Z", "C"]), min_size=1, max_size=3),
)
rows = st.lists(st.lists(fields, min_size=4, max_size=9).map(" ".join), max_size=6)


@given(rows, st.integers(10, 5000), st.integers(10, 5000))
def test_whatever_the_rows_say_the_sample_is_sound(rows, width, height):
    sample, _ = read("\n".join(rows), (width, height))
    x1, y1, x2, y2 = sample.boxes.T
    assert ((x1 >= 0) & (y1 >= 0) & (x2 <= width) & (y2 <= height) & (x2 > x1) & (y2 > y1)).all()
    assert ((sample.classes >= 0) & (sample.classes < 3)).all()
    assert np.isfinite(sample.areas).all()
    assert len(sample.classes) == len(sample.boxes) == len(sample.crowd) == len(sample.areas)
    for polygon, box in zip(sample.polygons or (), sample.boxes, strict=False):
        np.testing.assert_allclose(polygon.min(axis=0), box[:2])
        np.testing.assert_allclose(polygon.max(axis=0), box[2:])


@pytest.mark.parametrize(
    ("picture", "labels"),
    [
        ("set/images/train/a.jpg", "set/labels/train/a.txt"),
        ("images/set/images/a.b.jpg", "images/set/labels/a.b.txt"),
        ("/images/a.jpg", "/labels/a.txt"),
        ("set/photos/images.jpg", "set/photos/images.txt"),
    ],
)
def test_labels_lie_below_labels_in_place_of_the_last_images_folder(picture, labels):
    assert label_paths(Path(picture))[0] == Path(labels)
    assert label_paths(Path(picture))[1] == Path(picture).with_suffix(".txt")
