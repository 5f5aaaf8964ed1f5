"""`yolov10 predict` as a user runs it."""

import json
import os
import select
import subprocess
import sys

import cv2
import numpy as np
import pytest
from conftest import DATA
from PIL import Image

TOY = DATA / "models" / "toy.onnx"
PICTURE = DATA / "odd_images" / "00_reference.png"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("b.jpg", "a.png"):
        cv2.imwrite(str(tmp_path / "in" / name), np.full((120, 200, 3), 255, np.uint8))
    return tmp_path / "in"


def test_json_on_stdout_and_all_else_on_stderr(run, folder):
    result = run("predict", folder, "--model", TOY)
    assert result.code == 0
    entries = json.loads(result.out)
    assert [entry["source"] for entry in entries] == [str(folder / "a.png"), str(folder / "b.jpg")]
    assert [found["name"] for found in entries[0]["detections"]] == ["RBC", "WBC", "Platelets"]
    assert "confidence 0.25" in result.err
    assert "2 pictures: 2 RBC, 2 WBC, 2 Platelets" in result.err


def test_quiet_says_nothing(run, folder):
    assert run("predict", folder, "--model", TOY, "--quiet").err == ""


def test_one_unreadable_picture_costs_one_entry_and_the_exit_code(run, folder):
    (folder / "aa.jpg").write_bytes(PICTURE.read_bytes()[:2000])
    result = run("predict", folder, "--model", TOY, "--batch", 2)
    assert result.code == 1
    entries = json.loads(result.out)
    assert [set(entry) & {"error", "detections"} for entry in entries] == [
        {"detections"},
        {"error"},
        {"detections"},
    ]
    assert entries[1]["source"] == str(folder / "aa.jpg")
    assert "warning: " in result.err
    assert "1 could not be read" in result.err


def test_annotated_copies_and_a_file_of_results(run, folder, tmp_path):
    result = run(
        "predict", folder, "--model", TOY, "--output", tmp_path / "o", "--save-to", tmp_path / "r" / "f.json"
    )
    assert (result.code, result.out) == (0, "")
    assert sorted(os.listdir(tmp_path / "o")) == ["a.png", "b.jpg"]
    assert len(json.loads((tmp_path / "r" / "f.json").read_text())) == 2


@pytest.mark.parametrize("form", ["jsonl", "csv", "coco"])
def test_other_formats(run, folder, form):
    result = run("predict", folder, "--model", TOY, "--format", form)
    assert result.code == 0
    if form == "jsonl":
        assert [len(json.loads(line)["detections"]) for line in result.out.splitlines()] == [3, 3]
    elif form == "csv":
        assert len(result.out.splitlines()) == 7
    else:
        names = {str(folder / "a.png"), str(folder / "b.jpg")}
        assert {entry["image_id"] for entry in json.loads(result.out)} == names


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_line_of_jsonl_is_there_before_the_next_picture_is_done(tmp_path):
    os.mkfifo(tmp_path / "late.png")
    command = [sys.executable, "-m", "yolov10", "predict", PICTURE, tmp_path / "late.png", "--model", TOY]
    with subprocess.Popen([*command, "--format", "jsonl", "--quiet"], stdout=subprocess.PIPE) as process:
        # Now the run waits for the second picture.
        if not select.select([process.stdout], [], [], 60)[0]:
            process.kill()
        assert json.loads(process.stdout.readline())["source"] == str(PICTURE)
        (tmp_path / "late.png").write_bytes(PICTURE.read_bytes())
        assert json.loads(process.stdout.readline())["source"] == str(tmp_path / "late.png")
    assert process.returncode == 0


def test_yolo_text_files(run, folder, tmp_path):
    result = run("predict", folder, "--model", TOY, "--format", "yolo", "--output", tmp_path / "labels")
    assert (result.code, result.out) == (0, "")
    assert len((tmp_path / "labels" / "a.txt").read_text().splitlines()) == 3


def test_options_reach_the_detector(run):
    result = run(
        *("predict", PICTURE, "--model", TOY, "--classes", "wbc,2", "--confidence", 0.01),
        *("--one-class-per-box", "--max-detections", 5, "--image-size", "96x160"),
    )
    (entry,) = json.loads(result.out)
    assert [found["name"] for found in entry["detections"]] == ["WBC"]


def test_tiles(run, tmp_path):
    cv2.imwrite(str(tmp_path / "large.png"), np.full((120, 300, 3), 255, np.uint8))
    result = run("predict", tmp_path / "large.png", "--model", TOY, "--tile", 160)
    (entry,) = json.loads(result.out)
    assert (entry["width"], entry["height"], entry["source"]) == (300, 120, str(tmp_path / "large.png"))
    assert len(entry["detections"]) > 3  # the toy finds three in every window
    assert run("predict", PICTURE, "--model", TOY, "--tile", 8).code == 2


def test_a_picture_on_standard_input():
    command = [sys.executable, "-m", "yolov10", "predict", "-", "--model", str(TOY), "--quiet"]
    result = subprocess.run(command, input=PICTURE.read_bytes(), capture_output=True, check=True)
    (entry,) = json.loads(result.stdout)
    assert (entry["source"], entry["width"], entry["height"]) == ("-", 240, 160)


def test_a_name_that_is_not_unicode_stays_valid_json(tmp_path):
    name = os.fsencode(tmp_path) + b"/caf\xe9.png"
    with open(name, "wb") as file:
        file.write(PICTURE.read_bytes())
    command = [sys.executable, "-m", "yolov10", "predict", str(tmp_path), "--model", str(TOY)]
    result = subprocess.run(command, capture_output=True)
    assert result.returncode == 0, result.stderr
    (entry,) = json.loads(result.stdout)
    assert os.fsencode(entry["source"]) == name


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_reader_that_goes_away_is_no_traceback(tmp_path):
    os.mkfifo(tmp_path / "late.png")
    command = [sys.executable, "-m", "yolov10", "predict", PICTURE, tmp_path / "late.png", "--model", TOY]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*command, "--format", "jsonl", "--quiet"], **pipes) as process:
        assert json.loads(process.stdout.readline())["source"] == str(PICTURE)
        process.stdout.close()
        (tmp_path / "late.png").write_bytes(PICTURE.read_bytes())  # only now there is a second line
        err = process.stderr.read().decode()
    assert process.returncode == 1
    assert err == ""


def test_main_job_on_real_cells(run, shared, tmp_path):
    images = shared / "data" / "bccd" / "images" / "val"
    model = shared / "checkpoints" / "ultralytics-8.4.190-n-bccd.pt"
    first = sorted(images.iterdir())[:10]
    result = run("predict", *first, "--model", model, "--image-size", 320, "--output", tmp_path)
    assert result.code == 0
    assert len(list(tmp_path.iterdir())) == 10
    entries = json.loads(result.out)
    # Every one of these pictures shows a white cell or red ones, and the model finds some.
    assert all(entry["detections"] for entry in entries)
    names = {found["name"] for entry in entries for found in entry["detections"]}
    assert names == {"RBC", "WBC", "Platelets"}


@pytest.mark.parametrize("victim", ["picture", "model"])
def test_save_to_never_overwrites_a_source_or_the_model(run, tmp_path, victim):
    picture, model = tmp_path / "s.png", tmp_path / "m.onnx"
    picture.write_bytes(PICTURE.read_bytes())
    model.write_bytes(TOY.read_bytes())
    target = picture if victim == "picture" else model
    before = target.read_bytes()
    result = run("predict", picture, "--model", model, "--save-to", target)
    assert (result.code, target.read_bytes()) == (1, before)
    assert "would overwrite" in result.err


def test_a_wrong_option_leaves_former_results_alone(run, tmp_path):
    (tmp_path / "old.json").write_text("keep")
    assert run("predict", PICTURE, "--model", TOY, "--batch", 0, "--save-to", tmp_path / "old.json").code == 2
    assert (tmp_path / "old.json").read_text() == "keep"


def test_output_never_overwrites_another_source(run, tmp_path):
    for name in ("x/a.png", "y/a.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(PICTURE.read_bytes())
    result = run("predict", tmp_path / "x", tmp_path / "y", "--model", TOY, "--output", tmp_path / "y")
    assert result.code == 1
    assert (tmp_path / "y" / "a.png").read_bytes() == PICTURE.read_bytes()


@pytest.mark.parametrize("source", ["list.txt", "disguised.txt"])
def test_text_results_never_overwrite_a_list_or_a_picture_named_txt(run, folder, monkeypatch, source):
    monkeypatch.chdir(folder)
    (folder / "list.png").write_bytes(PICTURE.read_bytes())
    (folder / "disguised.txt").write_bytes(PICTURE.read_bytes())
    (folder / "list.txt").write_text(
        "a.png\n" + ("disguised.txt" if source == "disguised.txt" else "list.png")
    )
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    result = run("predict", "list.txt", "--model", TOY, "--format", "yolo", "--output", ".", "--quiet")
    assert (result.code, result.out) == (1, "")
    assert result.err.count("\n") == 1
    assert f"error: {source} would overwrite a source of this run" in result.err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_its_own_output_is_not_detected_again(run, folder):
    for _ in range(2):
        result = run("predict", folder, "--model", TOY, "--output", folder / "out")
        assert len(json.loads(result.out)) == 2


@pytest.mark.parametrize("second", ["yy", "**/*", "y*/*"])
def test_copies_written_into_a_folder_yet_to_be_read_are_not_detected_again(
    run, tmp_path, monkeypatch, second
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").mkdir()
    (tmp_path / "yy").mkdir()
    (tmp_path / "x" / "a.png").write_bytes(PICTURE.read_bytes())
    Image.new("RGB", (100, 60)).save(tmp_path / "yy" / "b.gif")  # its copy is b.gif.jpg, and so harms none
    result = run("predict", "x", second, "--model", TOY, "--output", "yy")
    assert result.code == 0
    found = [entry["source"] for entry in json.loads(result.out)]
    assert found == [*["x/a.png"] * (2 if second == "**/*" else 1), "yy/b.gif"]
    again = run("predict", "x", second, "--model", TOY, "--output", "yy")  # its copies would be overwritten
    assert (again.code, again.out, again.err.count("\n")) == (1, "", 1)
    assert "choose another --output" in again.err


def test_a_picture_name_forges_no_line(run, tmp_path):
    name = "bad\x1b[31m\nerror: fake.jpg"
    (tmp_path / name).write_bytes(b"no picture")
    result = run("predict", tmp_path, "--model", TOY, "--quiet")
    assert result.err.count("\n") == 1
    assert "\x1b" not in result.err
    assert json.loads(result.out)[0]["source"] == str(tmp_path / name)
