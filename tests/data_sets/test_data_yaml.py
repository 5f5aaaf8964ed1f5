import os
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yolov10.data import open_dataset, open_splits
from yolov10.errors import UserError


@pytest.fixture
def yaml(tmp_path, paint):
    """Write a data.yaml beside images/{a,b}.png and images/deep/c.png, which have no labels."""
    for name in ("b", "a", "deep/c"):
        paint(tmp_path / f"images/{name}.png")

    def write(text: str, name: str = "data.yaml") -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def stems(data, split="train"):
    return [sample.image_id for sample in open_dataset(data, split).samples]


def test_a_folder_is_searched_to_the_bottom_in_the_order_of_the_paths(yaml, paint):
    paint(yaml("").parent / "images/.trash/d.png")
    paint(yaml("").parent / "images/._a.png")
    (yaml("").parent / "images/notes.md").write_text("no picture")
    assert stems(yaml("train: images\nnames: [x]")) == ["a", "b", "c"]


def test_the_paths_are_relative_to_path_and_that_to_the_yaml(yaml):
    deeper = yaml("").parent / "configs"
    deeper.mkdir()
    assert stems(yaml("path: ..\nval: images/deep\nnames: [x]", "configs/set.yaml"), "val") == ["c"]


def test_a_list_file_keeps_its_order_and_reads_dot_slash_relative_to_itself(yaml):
    root = yaml("").parent
    (root / "lists").mkdir()
    (root / "lists/train.txt").write_text(
        "images/b.png\n\n./../images/deep/c.png\r\n" + f"{root}/images/a.png"
    )
    assert stems(yaml("train: lists/train.txt\nnames: [x]")) == ["b", "c", "a"]


def test_a_split_may_be_a_list_and_a_picture_listed_twice_is_used_once(yaml):
    data = open_dataset(yaml("train: [images/deep, images]\nnames: [x]"))
    assert [sample.image_id for sample in data.samples] == ["c", "a", "b"]
    assert [(fault.kind, fault.path.name) for fault in data.faults] == [
        ("listed twice", "c.png"),
        ("label file", "data.yaml"),
    ]


def test_the_roboflow_form_of_a_path_finds_the_folder_beside_the_yaml(yaml):
    assert stems(yaml("train: ../images/deep\nnames: [x]")) == ["c"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("names: [cat, dog]", ["cat", "dog"]),
        ("names: {1: dog, 0: cat}", ["cat", "dog"]),
        ("names:\n  - no\n  - 1.10\n  - 2001-12-14\n  - null", ["no", "1.10", "2001-12-14", "null"]),
        ("nc: 2", ["class0", "class1"]),
        ("nc: 1\nnames: ['a b']\ndownload: rm -rf /", ["a b"]),
    ],
)
def test_names_are_read_as_they_are_written(yaml, text, names):
    assert open_dataset(yaml(f"train: images\n{text}")).names == names


DOUBLED = "[&n0 [x], " + ", ".join(f"&n{n} [*n{n - 1}, *n{n - 1}]" for n in range(1, 40)) + "]"
"""Aliases, each twice the one before: written out, terabytes."""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("train: images", "has no names"),
        ("train: images\nnmaes: [x]", "has no names; did you mean 'nmaes'?"),
        ("names: [x]", "has no train, val or test"),
        ("tarin: images\nnames: [x]", "has no train, val or test; did you mean 'tarin'?"),
        ("train:\nnames: [x]", "has no train, val or test"),
        ("train: images\nnames: []", "names must be a list"),
        ("train: images\nnames: x", "names must be a list"),
        ("train: images\nnames: [a, [b]]", "a class name must be a text, not a list"),
        ("train: images\nnames: [a, b, a]", "classes 0 and 2 are both 'a'"),
        ("train: images\nnames: [a, '']", "class 1 has no name"),
        ("train: images\nnames: {0: a, 2: b}", "names must be numbered from 0; 1 is missing"),
        ("train: images\nnames: [a]\nnc: 2", "nc is 2, but there are 1 names"),
        ("train: images\nnames: [a]\nnc: many", "nc must be the number of classes, not 'many'"),
        ("train: images\nnc: " + DOUBLED, "nc must be the number of classes, not a list"),
        ("train: images\nnc: 99999999999", "nc must be the number of classes"),
        ("train: {a: b}\nnames: [x]", "train must be a text, not a dict"),
        ("path: [a]\ntrain: images\nnames: [x]", "path must be a text, not a list"),
        ("train: image\nnames: [x]", "train is 'image', but there is no"),
        ("train: " + "x" * 5000 + "\nnames: [x]", "cannot read train"),
        ("train: images/a.png\nnames: [x]", "is no UTF-8 text"),
        ("train: data.yaml\nnames: [x]", "lists no picture that is there; the first would be"),
        ("train: empty\nnames: [x]", "train has no pictures in"),
        ("just a sentence", "is no data set: a data.yaml has the keys train, val and names"),
        ("", "is no data set"),
        ("a: [", "is no valid YAML"),
        ("[" * 5000, "is no valid"),
        (r'a: "\U02222222"', "is no valid YAML"),
        (r'a: "\UFFFFFFFF"', "is no valid YAML"),
        ("%YAML 1." + "9" * 5000 + "\n--- a", "is no valid YAML"),
        ("a: " + "[" * 5000, "nested too deeply"),
        ("train: !!python/object/apply:os.getcwd []\nnames: [x]", "train"),
    ],
)
def test_a_wrong_yaml_is_one_line_that_names_it_and_the_cure(yaml, text, says):
    data = yaml(text)
    (data.parent / "empty").mkdir()
    with pytest.raises(UserError) as error:
        open_dataset(data)
    assert says in str(error.value)
    assert str(data) in str(error.value) or str(data.parent / "images/a.png") in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unknown_split_names_the_nearest_and_those_there_are(yaml):
    data = yaml("train: images\nval: images/deep\nnames: [x]")
    wanted = f"{data} has no split 'valid'; did you mean 'val'? (it has train, val)"
    with pytest.raises(UserError, match=f"^{re.escape(wanted)}$"):
        open_dataset(data, "valid")


def test_all_splits_are_opened_and_one_that_is_missing_is_a_fault_of_the_others(yaml):
    splits = open_splits(yaml("train: images\nval: images/deep\ntest: gone\nnames: [x]"))
    assert {split: len(data.samples) for split, data in splits.items()} == {"train": 3, "val": 1, "test": 0}
    (fault,) = splits["test"].faults
    assert fault.kind == "missing split"
    assert "test is 'gone', but there is no" in fault.what


def test_without_any_usable_split_there_is_no_data_set(yaml):
    with pytest.raises(UserError, match="train is 'gone'"):
        open_splits(yaml("train: gone\nval: gone too\nnames: [x]"))


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["train", "names", "path", "nc", "0", "1"]), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(plain | st.binary(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_content_of_the_file_raises_anything_but_a_user_error(tmp_path, content):
    data = tmp_path / "any.yaml"
    data.write_bytes(
        content if isinstance(content, bytes) else repr(content).encode("utf-8", "surrogatepass")
    )
    with pytest.raises(UserError):
        open_dataset(data)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_folder_behind_a_link_is_searched_and_one_in_a_circle_ends(yaml, paint, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("disk2")
    paint(elsewhere / "z.png")
    root = yaml("").parent
    (root / "images/linked").symlink_to(elsewhere)
    (root / "images/deep/round").symlink_to(root / "images")
    assert stems(yaml("train: images\nnames: [x]")) == ["a", "b", "c", "z"]


def test_a_folder_that_cannot_be_read_is_named(yaml, monkeypatch):
    import yolov10.folders

    walk = os.walk

    def refusing(start, followlinks, onerror):
        yield from walk(start, followlinks=followlinks)
        onerror(PermissionError(13, "Permission denied", str(Path(start, "deep"))))

    monkeypatch.setattr(yolov10.folders.os, "walk", refusing)
    data = open_dataset(yaml("train: images\nnames: [x]"))
    assert any("deep: a folder that cannot be read" in str(fault) for fault in data.faults)


def test_pictures_of_any_suffix_are_used_or_named(yaml, paint):
    root = yaml("").parent
    jpeg = paint(root / "images/d.jpg").read_bytes()
    for suffix in ("jfif", "jpe", "heic"):
        (root / f"images/{suffix}.{suffix}").write_bytes(jpeg if suffix != "heic" else b"\0\0\0\x18ftypheic")
    data = open_dataset(yaml("train: images\nnames: [x]"))
    names = [sample.path.name for sample in data.samples]
    assert sorted(names) == ["a.png", "b.png", "c.png", "d.jpg", "jfif.jfif", "jpe.jpe"]
    assert any("heic.heic" in str(fault) and "HEIC" in str(fault) for fault in data.faults)


def test_a_path_that_is_null_is_none(yaml):
    assert stems(yaml("path: ~\ntrain: images\nnames: [x]")) == ["a", "b", "c"]


@pytest.mark.parametrize("keypoints", [".4 .4 .5 .5 .6 .6", ".4 .4 1 .5 .5 1 .6 .6 1 0 0 0"])
def test_keypoints_behind_a_box_are_not_taken_for_its_outline(yaml, keypoints):
    root = yaml("").parent
    (root / "labels").mkdir()
    (root / "labels/a.txt").write_text(f"0 .5 .5 .2 .2 {keypoints}")
    data = open_dataset(yaml("train: images\nnames: [x]\nkpt_shape: [3, 2]"))
    np.testing.assert_allclose(data.samples[0].boxes, [[25.6, 19.2, 38.4, 28.8]], atol=1e-4)
    assert data.samples[0].polygons is None


def test_labels_are_found_from_inside_the_images_folder(yaml, monkeypatch):
    root = yaml("").parent
    (root / "labels").mkdir()
    (root / "labels/a.txt").write_text("0 .5 .5 .2 .2")
    (root / "images/data.yaml").write_text("train: .\nnames: [x]")
    monkeypatch.chdir(root / "images")
    data = open_dataset("data.yaml")
    assert len(data.samples[0].boxes) == 1
