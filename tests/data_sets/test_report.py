import json
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from yolov10.data import check, open_dataset, open_splits, twins
from yolov10.data.overlaps import overlaps
from yolov10.data.twins import Look


def test_bccds_known_faults_are_found(bccd: Path):
    report = check(open_splits(bccd / "data.yaml"))
    doubled = [(split, one.path.stem[-5:]) for split, part in report.splits.items() for one in part.overlaps]
    assert doubled == [("train", "00013"), ("train", "00020"), ("val", "00104"), ("val", "00331")]
    (twins,) = report.near_duplicates
    assert [(split, path.stem[-5:]) for split, path in (twins.first, twins.second)] == [
        ("train", "00038"),
        ("val", "00037"),
    ]
    assert twins.similarity > 0.98
    assert report.duplicates == []
    assert not report.has_faults


def test_the_whole_bccd_has_the_statistics_and_faults_of_its_readme_and_no_other(shared_data: Path):
    report = check(open_splits(shared_data / "bccd/data.yaml"))
    train, val = report.splits["train"], report.splits["val"]
    assert (train.small, train.medium, train.large) == (23, 855, 1926)
    assert (val.small, val.medium, val.large) == (9, 374, 754)
    assert train.boxes_per_picture == (1, pytest.approx(2804 / 205), 28)
    assert {name: one.boxes for name, one in val.classes.items()} == {"RBC": 967, "WBC": 87, "Platelets": 83}
    assert [one.path.stem[-5:] for one in train.overlaps] == ["00013", "00020", "00100", "00251", "00403"]
    assert [one.path.stem[-5:] for one in val.overlaps] == ["00104", "00331"]
    assert [(twins.first[1].stem[-5:], twins.second[1].stem[-5:]) for twins in report.near_duplicates] == [
        ("00038", "00037")
    ]
    assert report.duplicates == []
    assert not report.has_faults


def test_photographs_of_the_same_things_on_both_sides_are_no_near_duplicates(shared_data: Path):
    report = check(open_splits(shared_data / "microcontrollers/data.yaml"))
    assert report.near_duplicates == []
    assert report.duplicates == []


@pytest.fixture
def faulty(bccd: Path, tmp_path: Path, paint) -> Path:
    """A data set with one of each kind of trouble."""
    cells = next((bccd / "images/train").iterdir()).read_bytes()
    paint(tmp_path / "images/train/plain.png")
    paint(tmp_path / "images/val/plain.png", shade=200)
    (tmp_path / "images/train/cells.jpg").write_bytes(cells)
    (tmp_path / "images/val/same.jpg").write_bytes(cells)
    torn = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    torn.save(tmp_path / "images/train/torn.jpg")
    damaged = bytearray((tmp_path / "images/train/torn.jpg").read_bytes())
    (tmp_path / "images/train/torn.jpg").write_bytes(damaged[: len(damaged) // 2])
    (tmp_path / "labels/train").mkdir(parents=True)
    (tmp_path / "labels/train/cells.txt").write_text(
        "0 .5 .5 .5 .5\n0 .5 .5 .5 .5\n0 .5 .5 .51 .5\n9 .5 .5 .1 .1"
    )
    (tmp_path / "data.yaml").write_text("train: images/train\nval: images/val\ntest: gone\nnames: [a, b]")
    return tmp_path / "data.yaml"


def test_the_report_of_a_faulty_set(faulty):
    report = check(open_splits(faulty))
    train = report.splits["train"]
    assert (train.pictures, train.boxes, train.background, train.unlabelled) == (2, 2, 1, 1)
    assert {name: (one.boxes, one.pictures) for name, one in train.classes.items()} == {
        "a": (2, 1),
        "b": (0, 0),
    }
    assert train.faults_by_kind == {"unreadable picture": 1, "class": 1, "duplicate": 1}
    assert Counter(fault.kind for fault in train.faults) == train.faults_by_kind
    assert [round(one.iou, 2) for one in train.overlaps] == [0.98]
    assert [[(split, path.name) for split, path in group] for group in report.duplicates] == [
        [("train", "cells.jpg"), ("val", "same.jpg")]
    ]
    assert report.near_duplicates == []  # the same bytes are said once; plain pictures resemble none
    assert report.splits["test"].pictures == report.splits["test"].boxes == 0
    assert report.splits["test"].faults_by_kind == {"missing split": 1}
    assert report.has_faults


def test_the_report_is_json(faulty):
    report = check(open_splits(faulty))
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain == report.to_dict()
    assert set(plain) == {"splits", "duplicates", "near_duplicates"}
    assert plain["splits"]["train"]["classes"]["a"] == {"boxes": 2, "pictures": 1}
    fault = plain["splits"]["train"]["faults"][0]
    assert set(fault) == {"path", "line", "kind", "what"}
    assert plain["duplicates"] == [
        [
            ["train", str(faulty.parent / "images/train/cells.jpg")],
            ["val", str(faulty.parent / "images/val/same.jpg")],
        ]
    ]


def test_a_picture_whose_pixels_are_damaged_is_found_by_decoding(yolo):
    """Its header and its end are in order, so that opening the data set could not tell."""
    data = yolo({"a": "", "b": ""})
    picture = data.parent / "images/b.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)).save(picture)
    whole = picture.read_bytes()
    start = whole.index(b"IDAT") - 4
    length = int.from_bytes(whole[start : start + 4])
    body = b"IDAT" + b"\x78\x9c" + b"\x99" * (length - 2)
    chunk = whole[start : start + 4] + body + zlib.crc32(body).to_bytes(4)
    picture.write_bytes(whole[:start] + chunk + whole[start + 12 + length :])
    datasets = {"train": open_dataset(data)}
    assert datasets["train"].faults == []
    (fault,) = check(datasets).splits["train"].faults
    assert (fault.kind, fault.path) == ("unreadable picture", picture)


def test_a_darker_smaller_and_coarser_copy_is_a_near_duplicate(bccd: Path, tmp_path: Path):
    source = next((bccd / "images/train").iterdir())
    for split in ("train", "val"):
        (tmp_path / "images" / split).mkdir(parents=True)
    (tmp_path / "images/train/a.jpg").write_bytes(source.read_bytes())
    with Image.open(source) as picture:
        ImageEnhance.Brightness(picture).enhance(0.7).resize((200, 150)).save(
            tmp_path / "images/val/b.jpg", quality=30
        )
    (tmp_path / "data.yaml").write_text("train: images/train\nval: images/val\nnc: 1")
    (twins,) = check(open_splits(tmp_path / "data.yaml")).near_duplicates
    assert (twins.first[1].name, twins.second[1].name) == ("a.jpg", "b.jpg")


def test_boxes_of_two_classes_may_overlap_and_crowds_do_not_count(yolo):
    data = open_dataset(yolo({"a": "0 .5 .5 .5 .5\n1 .5 .5 .51 .5\n"}))
    assert overlaps(data.samples, data.names) == []


def test_overlaps_among_more_boxes_than_a_block_are_those_of_the_plain_definition(yolo):
    rng = np.random.default_rng(0)
    rows = [f"{rng.integers(3)} {x:.3f} {y:.3f} .05 .05" for x, y in rng.uniform(0.2, 0.6, (1500, 2))]
    data = open_dataset(yolo({"a": "\n".join(rows)}))
    (sample,) = data.samples
    assert len(sample.boxes) > 1400
    expected = 0
    for i, (a, kind) in enumerate(zip(sample.boxes.astype(float), sample.classes, strict=True)):
        b = sample.boxes[i + 1 :][sample.classes[i + 1 :] == kind].astype(float)
        sides = np.clip(np.minimum(a[2:], b[:, 2:]) - np.maximum(a[:2], b[:, :2]), 0, None)
        shared = sides[:, 0] * sides[:, 1]
        union = (a[2:] - a[:2]).prod() + (b[:, 2:] - b[:, :2]).prod(axis=1) - shared
        expected += int((shared / union > 0.8).sum())
    assert len(overlaps(data.samples, data.names)) == expected > 50


def test_progress_is_told_of_every_picture(bccd: Path):
    ticks = []
    check(open_splits(bccd / "data.yaml"), progress=lambda: ticks.append(1))
    assert len(ticks) == 7


def test_the_nearest_of_many_is_found_block_by_block(monkeypatch):
    rng = np.random.default_rng(0)
    thumbnails = rng.normal(size=(50, 256)).astype(np.float32)
    thumbnails /= np.linalg.norm(thumbnails, axis=1, keepdims=True)
    earlier = [Look(("train", Path(f"{n}")), b"%d" % n, one) for n, one in enumerate(thumbnails)]
    later = [Look(("val", Path(f"v{n}")), b"v%d" % n, thumbnails[n]) for n in (3, 17, 49, 0)]
    for block in (1, 7, 2048):
        monkeypatch.setattr(twins, "BLOCK", block)
        found = twins.near_duplicates({"train": earlier, "val": later})
        assert [(one.first[1].name, one.second[1].name) for one in found] == [
            ("3", "v3"),
            ("17", "v17"),
            ("49", "v49"),
            ("0", "v0"),
        ]
