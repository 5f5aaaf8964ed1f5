"""Parts that are whole or not there, and the file made of them."""

import json

import onnx
import pytest
from conftest import DATA
from pyarrow import parquet

from yolov10.cli.predict_cluster import run as predict_on_cluster
from yolov10.cli.predict_options import Options
from yolov10.cluster.model import pack, unpacked
from yolov10.cluster.parts import held_parts
from yolov10.cluster.results import FORMS, form_of
from yolov10.cluster.run import pool_size
from yolov10.errors import UserError, WrongValueError

ENTRIES = [
    {
        "source": "a.png",
        "frame": None,
        "width": 20,
        "height": 10,
        "detections": [{"class": 1, "name": "WBC", "confidence": 0.5, "box": [1.0, 2.0, 3.5, 4.0]}],
    },
    {"source": "b.png", "frame": None, "width": 20, "height": 10, "detections": []},
    {"source": "c.png", "error": "c.png: damaged"},
    {"source": "odd\\udcff.png", "error": "odd\\udcff.png: damaged"},
]
PARTS = [
    b"".join(json.dumps(one).replace("\\\\", "\\").encode() + b"\n" for one in some)
    for some in (ENTRIES[:1], ENTRIES[1:])
]


def test_json_lines_are_the_parts_one_after_another(tmp_path):
    FORMS[".jsonl"](tmp_path / "r.jsonl", PARTS)
    assert (tmp_path / "r.jsonl").read_bytes() == b"".join(PARTS)


def test_parquet_has_the_record_form_and_names_that_are_no_unicode(tmp_path):
    FORMS[".parquet"](tmp_path / "r.parquet", PARTS)
    everything = dict.fromkeys(("frame", "width", "height", "detections", "error"))
    assert parquet.read_table(tmp_path / "r.parquet").to_pylist() == [everything | one for one in ENTRIES]


@pytest.mark.parametrize("form", FORMS)
def test_results_that_cannot_be_finished_leave_the_earlier_ones(tmp_path, form):
    def breaking():
        yield PARTS[0]
        raise UserError("a part is gone")

    path = tmp_path / f"r{form}"
    path.write_text("earlier")
    with pytest.raises(UserError, match="a part is gone"):
        FORMS[form](path, breaking())
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "damage", [lambda d: d[:-1], lambda d: d + b"x", lambda d: b"", lambda d: b"0" + d[1:]]
)
def test_a_damaged_part_is_no_part(tmp_path, damage):
    with held_parts(tmp_path / "r.jsonl") as parts:
        parts.write("abc", b"lines\n")
        assert parts.read("abc") == b"lines\n"
        path = parts.folder / "ab" / "abc"
        path.write_bytes(damage(path.read_bytes()))
        assert parts.read("abc") is None
        assert parts.read("abd") is None


def test_a_part_that_cannot_be_read_is_named_with_the_cure(tmp_path):
    with held_parts(tmp_path / "r.jsonl") as parts:
        (parts.folder / "ab" / "abc").mkdir(parents=True)
        with pytest.raises(
            UserError, match=r"ab/abc: cannot be read \(Is a directory\): delete it, its pictures"
        ):
            parts.read("abc")


def test_of_two_that_write_one_file_the_second_is_refused(tmp_path):
    with (
        held_parts(tmp_path / "r.jsonl"),
        pytest.raises(UserError, match=r"r.jsonl is in use by another predict, process \d+"),
        held_parts(tmp_path / "r.jsonl"),
    ):
        pass


@pytest.mark.parametrize("name", [None, "r.json", "r", "r.csv"])
def test_results_of_another_form_are_wrong_usage(tmp_path, name):
    with pytest.raises(
        WrongValueError, match=r"--engine ray needs --save-to with a name in .parquet or .jsonl"
    ):
        form_of(None if name is None else tmp_path / name)


@pytest.mark.parametrize(("option", "value"), [("output", "x"), ("format", "csv")])
def test_options_that_would_mean_nothing_are_refused(tmp_path, option, value):
    options = Options(("x",), model="cells", save_to=tmp_path / "r.jsonl", engine="ray", **{option: value})
    with pytest.raises(WrongValueError, match=f"--{option} is not for --engine ray"):
        predict_on_cluster(options)


def test_no_threads_at_all_is_wrong_usage_not_one(tmp_path):
    options = Options(("cells",), model="cells", save_to=tmp_path / "r.jsonl", engine="ray", threads=0)
    with pytest.raises(WrongValueError, match="threads 0 is not between 1 and"):
        predict_on_cluster(options)


@pytest.mark.parametrize("name", ["a.onnx", "a.xml", "folder"])
def test_a_model_arrives_whole(tmp_path, name):
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
        (path / "model.safetensors").write_bytes(b"x")
    else:
        path.write_bytes(b"graph")
        path.with_suffix(".bin").write_bytes(b"weights")
    with unpacked(pack(str(path))) as there:
        from pathlib import Path

        copy = Path(there)
        assert copy.name == name or name == "folder"
        if name == "folder":
            assert (copy / "model.safetensors").read_bytes() == b"x"
        else:
            assert copy.read_bytes() == b"graph"
            assert copy.with_suffix(".bin").exists() == (name == "a.xml")
    assert not copy.exists()


def test_a_model_that_comes_with_the_package_is_called_by_its_name():
    with unpacked(pack("cells")) as there:
        assert there == "cells"


@pytest.mark.parametrize(
    ("resources", "threads", "device", "expected"),
    [
        ({"CPU": 8}, 1, "auto", (8, 1, 0)),
        ({"CPU": 8}, 3, "auto", (2, 3, 0)),
        ({"CPU": 2}, 4, "cpu", (1, 2, 0)),
        ({"CPU": 32, "GPU": 4}, 1, "auto", (4, 1, 1)),
        ({"CPU": 2, "GPU": 4}, 1, "cuda", (4, 0.5, 1)),
        ({"CPU": 32, "GPU": 4}, 1, "cpu", (32, 1, 0)),
    ],
)
def test_a_worker_a_processor_or_a_gpu(resources, threads, device, expected):
    assert pool_size(resources, threads, device) == expected


def test_a_gpu_where_there_is_none_is_refused():
    with pytest.raises(UserError, match="this Ray cluster has no GPU"):
        pool_size({"CPU": 8}, 1, "cuda:0")


def test_a_model_with_weights_in_files_beside_it_is_refused_before_any_worker_is(tmp_path):
    toy = onnx.load(DATA / "models" / "toy.onnx")
    onnx.save(toy, tmp_path / "m.onnx", save_as_external_data=True, size_threshold=0)
    with pytest.raises(UserError, match=r"m\.onnx keeps weights in files beside it"):
        pack(str(tmp_path / "m.onnx"))
