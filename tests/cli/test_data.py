"""`yolov10 data check` and `yolov10 data show`."""

import json
import shutil

import pytest
from conftest import DATA

from yolov10.images import read

BCCD = DATA / "bccd" / "data.yaml"


def test_a_clean_data_set_is_exit_code_0_with_counts(run):
    result = run("data", "check", BCCD)
    assert result.code == 0, result.err
    assert "no faults" in result.out
    assert "Platelets" in result.out


@pytest.fixture
def faulty(tmp_path):
    shutil.copytree(DATA / "bccd", tmp_path / "bccd")
    label = next((tmp_path / "bccd" / "labels" / "train").glob("*.txt"))
    label.write_text(label.read_text() + "7 0.5 0.5 0.1 0.1\nnot a row\n")
    return tmp_path / "bccd" / "data.yaml", label


def test_faults_are_named_with_file_and_line_and_exit_code_1(run, faulty):
    data, label = faulty
    result = run("data", "check", data)
    assert result.code == 1
    lines = len(label.read_text().splitlines())
    assert f"{label}:{lines - 1}: class 7" in result.out
    assert f"{label}:{lines}: " in result.out


def test_the_whole_report_as_json(run, faulty):
    result = run("data", "check", faulty[0], "--json", "--quiet")
    report = json.loads(result.out)
    assert result.err == ""
    assert report["splits"]["train"]["faults_by_kind"] == {"class": 1, "malformed": 1}


def test_a_sheet_of_labelled_pictures(run, tmp_path):
    result = run("data", "show", BCCD, "--output", tmp_path / "sheet.png", "--count", 2)
    assert (result.code, result.out) == (0, "")
    assert read(tmp_path / "sheet.png").shape == (416, 832, 3)
    assert "warn" not in result.err.lower()


@pytest.mark.parametrize(
    "arguments,reason",
    [
        (("check", "gone.yaml"), "gone.yaml"),
        (("show", BCCD, "--output", "x.gif"), ".jpg or .png"),
        (("show", BCCD, "--output", "x.png", "--split", "tarin"), "did you mean 'train'"),
    ],
)
def test_wrong_use_is_one_line(run, arguments, reason):
    result = run("data", *arguments)
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert reason in result.err
