import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yolov10.data import dataset, open_dataset
from yolov10.errors import UserError

BOX = "0 0.25 0.25 0.5 0.5"


def test_labels_of_a_picture_that_exif_turns_are_those_of_the_upright_one(yolo, paint):
    data = yolo({"a": BOX})
    paint(data.parent / "images/b.jpg", (64, 48), orientation=6)
    (data.parent / "labels/b.txt").write_text(BOX)
    upright, turned = open_dataset(data).samples
    assert (upright.width, upright.height) == (64, 48)
    assert (turned.width, turned.height) == (48, 64)
    np.testing.assert_array_equal(turned.boxes, [[0, 0, 24, 32]])


def test_a_picture_without_a_label_file_is_background_and_listed(yolo):
    data = open_dataset(yolo({"a": BOX, "b": None, "c": ""}))
    assert [len(sample.boxes) for sample in data.samples] == [1, 0, 0]
    assert [path.stem for path in data.unlabelled] == ["b"]
    assert data.faults == []


def test_labels_beside_the_pictures_are_found_and_those_in_labels_win(yolo):
    data = yolo({"a": BOX, "b": None})
    (data.parent / "images/a.txt").write_text("1 0.5 0.5 0.1 0.1")
    (data.parent / "images/b.txt").write_text("2 0.5 0.5 0.1 0.1")
    assert [sample.classes.tolist() for sample in open_dataset(data).samples] == [[0], [2]]


def test_no_label_file_at_all_is_a_fault_because_the_folder_must_be_elsewhere(yolo):
    data = open_dataset(yolo({"a": None, "b": None}))
    assert [fault.kind for fault in data.faults] == ["label file"]
    assert "no picture of train has a label file" in data.faults[0].what


def test_pictures_that_cannot_be_used_are_named_once_and_left_out(yolo, paint):
    data = yolo({"a": BOX})
    images = data.parent / "images"
    (images / "b.jpg").write_bytes(b"<html>404</html>")
    (images / "c.png").write_bytes(b"")
    paint(images / "d.png", (9, 200))
    whole = paint(images / "e.png").read_bytes()
    (images / "e.png").write_bytes(whole[: len(whole) // 2])
    (data.parent / "list.txt").write_text("\n".join(["gone.jpg", *map(str, images.iterdir())]))
    data.write_text("train: list.txt\nnc: 1")
    found = open_dataset(data)
    assert [sample.image_id for sample in found.samples] == ["a"]
    assert sorted((fault.path.name, fault.kind) for fault in found.faults) == [
        ("b.jpg", "unreadable picture"),
        ("c.png", "unreadable picture"),
        ("d.png", "tiny picture"),
        ("e.png", "unreadable picture"),
        ("gone.jpg", "missing picture"),
    ]
    for fault in found.faults:
        assert str(fault).count(fault.path.name) == 1


def test_a_picture_too_large_to_decode_is_left_out_before_training_meets_it(yolo, paint, monkeypatch):
    monkeypatch.setattr(dataset, "MAX_PIXELS", 64 * 48)
    data = yolo({"a": BOX})
    paint(data.parent / "images/b.png", (64, 49))
    found = open_dataset(data)
    assert [sample.image_id for sample in found.samples] == ["a"]
    assert [str(fault) for fault in found.faults] == [
        f"{data.parent / 'images' / 'b.png'}: 64x49: more than 3,072 pixels"
    ]


def test_a_label_file_that_cannot_be_read_does_not_make_its_picture_background(yolo):
    data = yolo({"a": BOX, "b": None})
    (data.parent / "labels/b.txt").mkdir()
    found = open_dataset(data)
    assert [sample.image_id for sample in found.samples] == ["a"]
    (fault,) = found.faults
    assert (fault.kind, fault.path.name) == ("label file", "b.png")
    assert f"labels that cannot be read: {data.parent / 'labels' / 'b.txt'}" in fault.what


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="no such device here")
def test_labels_that_are_a_device_without_end_are_not_read(yolo):
    """A link to /dev/zero among the labels filled the memory; one to a pipe waited forever."""
    data = yolo({"a": "0 0.5 0.5 0.2 0.2", "b": "0 0.5 0.5 0.2 0.2"})
    (label,) = data.parent.rglob("b.txt")
    label.unlink()
    label.symlink_to("/dev/null")
    dataset = open_dataset(data)
    assert [sample.path.stem for sample in dataset.samples] == ["a"]
    (fault,) = dataset.faults
    assert "b.txt is no file" in str(fault)


def test_a_data_set_of_which_nothing_can_be_used_says_why(yolo):
    data = yolo({"a": BOX})
    (data.parent / "images/a.png").write_bytes(b"no picture")
    with pytest.raises(UserError, match=r"no picture of split 'train' can be used; .*a\.png: "):
        open_dataset(data)


def test_data_that_is_not_there_is_named_with_the_nearest(yolo):
    data = yolo({"a": BOX})
    with pytest.raises(UserError, match=r"^no data set .*data\.yml; did you mean 'data\.yaml'\?$"):
        open_dataset(data.with_suffix(".yml"))


def test_the_format_is_what_the_content_says(yolo, tmp_path):
    data = yolo({"a": BOX})
    odd = data.rename(tmp_path / "set.json")
    assert len(open_dataset(odd).samples) == 1
    with pytest.raises(UserError, match=f"did you mean {tmp_path}/set.yaml"):
        odd.rename(tmp_path / "set.yaml")
        open_dataset(tmp_path)


@pytest.mark.parametrize("what", ["data.yaml", "."])
def test_images_with_another_format_are_refused(yolo, what):
    data = yolo({"a": BOX})
    with pytest.raises(UserError, match="--images goes with a COCO JSON"):
        open_dataset(data.parent / what, images=data.parent)


@given(st.text(max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_line_of_a_list_file_raises(yolo, text):
    data = yolo({"a": BOX})
    (data.parent / "list.txt").write_text(f"images/a.png\n{text}", encoding="utf-8")
    data.write_text("train: list.txt\nnc: 1\n")
    assert open_dataset(data).samples[0].image_id == "a"


def test_nothing_of_the_data_set_is_written_to(yolo, tmp_path):
    data = yolo({"a": BOX, "b": None, "c": "7 7 7"})
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    open_dataset(data)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize(
    ("split", "images", "boxes", "per_class"),
    [("train", 205, 2804, [2381, 214, 209]), ("val", 87, 1137, [967, 87, 83])],
)
def test_the_whole_bccd_has_the_counts_of_its_readme(shared_data: Path, split, images, boxes, per_class):
    data = open_dataset(shared_data / "bccd/data.yaml", split)
    classes = np.concatenate([sample.classes for sample in data.samples])
    assert (len(data.samples), len(classes), np.bincount(classes).tolist()) == (images, boxes, per_class)
    assert data.faults == data.unlabelled == []


def test_the_whole_bccd_val_reads_the_same_from_its_coco_json(shared_data: Path):
    bccd = shared_data / "bccd"
    coco = open_dataset(bccd / "annotations_val.json", images=bccd / "images/val")
    yolo = open_dataset(bccd / "data.yaml", "val")
    assert coco.names == yolo.names
    assert coco.category_ids == [0, 1, 2]
    for one, other in zip(coco.samples, yolo.samples, strict=True):
        assert one.path == other.path
        order, other_order = (np.lexsort((*s.boxes.round().T, s.classes)) for s in (one, other))
        np.testing.assert_array_equal(one.classes[order], other.classes[other_order])
        np.testing.assert_allclose(one.boxes[order], other.boxes[other_order], rtol=0, atol=1e-5)


def test_the_subset_of_bccd_has_the_counts_of_its_label_files(bccd: Path):
    counts = {}
    for split in ("train", "val"):
        data = open_dataset(bccd / "data.yaml", split)
        assert data.faults == data.unlabelled == []
        counts |= {sample.image_id: len(sample.boxes) for sample in data.samples}
    assert sum(counts.values()) == 130
    assert counts["BloodImage_00134"] == 3
    assert counts["BloodImage_00037"] == 30


def test_the_package_loads_its_parts_when_they_are_asked_for_and_never_torch():
    code = (
        "import sys, yolov10.data as data; assert not {'numpy', 'cv2'} & set(sys.modules);"
        "[getattr(data, name) for name in data.__all__]; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
