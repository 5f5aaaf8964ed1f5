import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from yolov10.data import open_dataset, open_splits
from yolov10.errors import UserError

OBJECT = (
    "<object><name>{}</name><difficult>{}</difficult><bndbox>"
    "<xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"
)


def thing(name="cat", edges=(1, 2, 33, 24), difficult=0):
    return OBJECT.format(name, difficult, *edges)


@pytest.fixture
def voc(tmp_path, paint):
    """Make a VOC folder from {stem: the inside of its annotation, or None for no XML}, all in train."""
    root = tmp_path / "voc"

    def make(**pictures: str | None) -> Path:
        for folder in ("JPEGImages", "Annotations", "ImageSets/Main"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        for stem, inside in pictures.items():
            paint(root / f"JPEGImages/{stem}.jpg")
            if inside is not None:
                (root / f"Annotations/{stem}.xml").write_text(f"<annotation>{inside}</annotation>")
        (root / "ImageSets/Main/train.txt").write_text("\n".join(pictures))
        return root

    return make


def test_edges_are_taken_as_they_stand(voc):
    data = open_dataset(voc(a=thing(edges=(1, 2, "33.5", 24))))
    np.testing.assert_array_equal(data.samples[0].boxes, [[1, 2, 33.5, 24]])
    assert data.samples[0].image_id == "a"
    assert data.samples[0].polygons is None
    assert data.faults == []


def test_without_a_list_of_classes_they_are_all_names_in_all_splits_sorted(voc):
    folder = voc(a=thing("dog"), b=thing("zebra") + thing("cat", (1, 2, 8, 9)))
    (folder / "ImageSets/Main/val.txt").write_text("a\n")
    data = open_splits(folder)
    assert data["train"].names == data["val"].names == ["cat", "dog", "zebra"]
    np.testing.assert_array_equal(data["val"].samples[0].classes, [1])


def test_a_list_of_classes_gives_their_order_and_a_name_not_in_it_is_a_fault(voc):
    folder = voc(a=thing("dog") + thing("cat"))
    (folder / "classes.txt").write_text("zebra\ndog\n")
    data = open_dataset(folder)
    assert data.names == ["zebra", "dog"]
    np.testing.assert_array_equal(data.samples[0].classes, [1])
    (fault,) = data.faults
    assert str(fault) == f"{folder}/Annotations/a.xml: object 2 (cat): is none of the 2 classes"


def test_a_difficult_object_is_a_crowd(voc):
    sample = open_dataset(voc(a=thing() + thing("dog", difficult=1))).samples[0]
    np.testing.assert_array_equal(sample.crowd, [False, True])


def test_the_split_files_decide_and_the_nearest_name_is_offered(voc):
    folder = voc(a=thing(), b=thing())
    (folder / "ImageSets/Main/val.txt").write_text("b\n\nb\ngone\n")
    data = open_dataset(folder, "val")
    assert [sample.image_id for sample in data.samples] == ["b"]
    assert [(fault.kind, fault.line) for fault in data.faults] == [
        ("listed twice", 3),
        ("missing picture", None),
    ]
    with pytest.raises(UserError, match=r"has no split 'vall'; did you mean 'val'\? \(it has train, val\)"):
        open_dataset(folder, "vall")


def test_a_picture_without_an_annotation_is_background(voc):
    data = open_dataset(voc(a=thing(), b=None))
    assert [len(sample.boxes) for sample in data.samples] == [1, 0]
    assert [path.name for path in data.unlabelled] == ["b.jpg"]


@pytest.mark.parametrize(
    ("edges", "kind", "says"),
    [
        ((1, 2, "wide", 24), "malformed", "bndbox needs the numbers xmin ymin xmax ymax, not '1 2 wide 24'"),
        ((1, 2, "", 24), "malformed", "bndbox needs the numbers"),
        ((1, 2, "nan", 24), "malformed", "not a finite number"),
        ((33, 2, 33, 24), "no area", "has no area"),
        ((33, 2, 1, 24), "outside", "does not lie in the 64x48 picture"),
        ((1, 2, 200, 24), "outside", "does not lie in the 64x48 picture"),
        ((20, 2, 66, 24), "clipped", "reaches outside"),
    ],
)
def test_faulty_edges_are_named_by_file_and_object(voc, edges, kind, says):
    folder = voc(a=thing() + thing("dog", edges))
    (fault,) = open_dataset(folder).faults
    assert fault.kind == kind
    assert str(fault).startswith(f"{folder}/Annotations/a.xml: object 2 (dog): ")
    assert says in fault.what


def test_a_size_that_is_not_the_upright_pictures_is_named_and_an_unknown_one_is_not(voc):
    size = "<size><width>{}</width><height>{}</height></size>"
    data = open_dataset(
        voc(a=size.format(48, 64) + thing(), b=size.format(0, 0) + thing(), c=size.format(64, 48))
    )
    assert [(fault.kind, fault.path.name) for fault in data.faults] == [("wrong size", "a.xml")]


BOMB = (
    '<?xml version="1.0"{}?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<annotation><object><name>&b;</name></object></annotation>"
)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (BOMB.format("").encode(), "DOCTYPE"),
        (BOMB.format(' encoding="utf-16"').encode("utf-16"), "DOCTYPE"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><annotation/>', "DOCTYPE"),
        (b"<annotation><object>", "no valid XML"),
        (b"", "no valid XML"),
        (b'<?xml version="1.0" encoding="martian"?><a/>', "no valid XML"),
        (b'<?xml version="1.0" encoding="big5"?><a/>', "no valid XML"),
    ],
)
def test_an_xml_that_cannot_be_read_costs_its_picture_and_is_named(voc, content, says):
    folder = voc(a="", b=thing())
    (folder / "Annotations/a.xml").write_bytes(content)
    data = open_dataset(folder)
    assert [sample.image_id for sample in data.samples] == ["b"]
    (fault,) = data.faults
    assert fault.kind == "label file"
    assert f"{folder}/Annotations/a.xml" in str(fault)
    assert says in str(fault)


@given(st.binary(max_size=80))
@example(b"<a>" * 100_000 + b"</a>" * 100_000)
@example(b"<object/>")
@example(b"<annotation><object/><object><bndbox/></object></annotation>")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_make_the_reader_raise(voc, content):
    folder = voc(a="", b=thing())
    (folder / "Annotations/a.xml").write_bytes(content)
    data = open_dataset(folder)
    assert data.samples[-1].image_id == "b"


def test_a_folder_that_is_no_voc_set_says_what_was_meant(voc, tmp_path):
    folder = voc(a=thing()).rename(tmp_path / "VOC2012")
    (folder / "ImageSets/Main/train.txt").unlink()
    with pytest.raises(UserError, match=r"has no ImageSets/Main/train\.txt: list the names"):
        open_dataset(folder)
    with pytest.raises(UserError, match=f"is no data set itself; did you mean {re.escape(str(folder))}"):
        open_dataset(folder.parent)
    with pytest.raises(UserError, match="is no data set: a Pascal VOC folder has JPEGImages and Annotations"):
        open_dataset(folder / "JPEGImages")
    with pytest.raises(UserError, match="has no classes"):
        open_dataset(voc(a=""))


@pytest.mark.parametrize(
    "outside", ['<annotation xmlns="http://x">{}</annotation>', "<all><annotation>{}</annotation></all>"]
)
def test_an_xml_that_is_no_annotation_does_not_pass_for_background(voc, outside):
    folder = voc(a=thing(), b=thing())
    (folder / "Annotations/a.xml").write_text(outside.format(thing()))
    data = open_dataset(folder)
    assert [sample.image_id for sample in data.samples] == ["b"]
    assert "no VOC annotation" in str(data.faults[0])
