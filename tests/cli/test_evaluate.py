"""`yolov10 evaluate` as a user runs it."""

import json

import cv2
import numpy as np
import pytest
from conftest import DATA

from yolov10.cli import main as entry
from yolov10.model_card import ModelCard
from yolov10.network.model import YOLOv10
from yolov10.weights import save

TOY = DATA / "models" / "toy.onnx"
BCCD = DATA / "bccd" / "data.yaml"


@pytest.fixture
def one_picture(tmp_path):
    """A picture with one RBC where the toy finds it, and something it does not know, with an odd name."""
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    cv2.imwrite(str(tmp_path / "images" / "a.png"), np.full((320, 320, 3), 255, np.uint8))
    (tmp_path / "labels" / "a.txt").write_text("0 .3 .4 .4 .4\n2 .8 .1 .2 .2\n")
    data = tmp_path / "data.yaml"
    data.write_text("val: images\nnames: [RBC, WBC, '[/b]']\n")
    return data


def test_the_table_on_stdout_and_the_figures_in_a_file(run, one_picture, tmp_path):
    result = run("evaluate", one_picture, "--model", TOY, "--json", tmp_path / "out" / "figures.json")
    assert result.code == 0
    assert result.err == "warning: the model does not know [/b]: counted as never found\n"
    table = [line.split() for line in result.out.splitlines() if line.strip()]
    assert table[0] == ["head", "AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR100"]
    assert table[2] == ["one-to-one", "0.500", "0.500", "0.500", "–", "0.000", "1.000", "0.500"]
    assert ["RBC", "1", "1.000", "1.000", "1.000", "1.000"] in table
    assert ["WBC", "0", "–", "–", "0.000", "–"] in table
    assert ["[/b]", "1", "0.000", "0.000", "–", "0.000"] in table
    figures = json.loads((tmp_path / "out" / "figures.json").read_text())
    assert (figures["AP"], figures["AP_small"], figures["images"]) == (0.5, None, 1)
    assert figures["per_class"]["WBC"] == {
        "AP": None,
        "AP50": None,
        "boxes": 0,
        "precision": 0,
        "recall": None,
    }
    assert f"confidence {figures['threshold']:g}" in result.out


def test_plots_go_where_they_were_asked_for(run, one_picture, tmp_path):
    result = run("evaluate", one_picture, "--model", TOY, "--output", tmp_path / "plots")
    assert result.code == 0
    assert f"plots are in {tmp_path / 'plots'}" in result.err
    assert len(list((tmp_path / "plots").iterdir())) == 4


def test_faults_of_the_data_are_named_even_where_only_warnings_are(run, one_picture):
    labels = one_picture.parent / "labels" / "a.txt"
    labels.write_text("0 .3 .4 .4 .4\n" + "0 nonsense\n" * 5)
    for quiet in ([], ["--quiet"]):
        result = run("evaluate", one_picture, "--model", TOY, *quiet)
        assert result.code == 0
        assert [f"{labels}:{line}: " in result.err for line in range(1, 7)] == [
            False,
            *[True] * 3,
            False,
            False,
        ]
        assert f"2 more faults in val; yolov10 data check {one_picture} names them" in result.err


def test_the_training_heads_figures_are_called_its_own(run, one_picture, tmp_path):
    """They stood in a row `one-to-one`."""
    names = ("RBC", "WBC", "Platelets")
    weights = save(YOLOv10(ModelCard("n", names, image_size=64)), tmp_path / "n.safetensors")
    options = ("--image-size", 64, "--head", "one2many", "--quiet")
    out = run("evaluate", one_picture, "--model", weights, *options).out
    assert "one-to-many" in out
    assert "one-to-one" not in out


def test_a_folder_for_the_figures_is_refused_before_the_evaluation(run, one_picture, tmp_path, monkeypatch):
    monkeypatch.delattr("yolov10.cli.evaluate.evaluate")
    result = run("evaluate", one_picture, "--model", TOY, "--json", tmp_path)
    assert (result.code, result.err) == (1, f"error: {tmp_path} is a folder: name a file in it\n")


def test_control_characters_of_class_names_do_not_reach_the_terminal(run, one_picture):
    one_picture.write_text('val: images\nnames: [RBC, WBC, "\\e[31m\\nred"]\n')
    out = run("evaluate", one_picture, "--model", TOY, "--quiet").out
    assert "\\x1b[31m\\x0ared" in out
    assert "\x1b" not in out


def test_the_other_head_in_a_runtime_that_has_none_says_which_has(run):
    result = run("evaluate", BCCD, "--model", "cells", "--head", "both", "--runtime", "onnx")
    assert (result.code, result.err) == (
        1,
        "error: the one-to-many head runs in torch: leave --runtime out\n",
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--split", "tets"], "has no split 'tets'; did you mean 'test'"),
        (["--head", "both"], "has no one-to-many head"),
        (["--protocol", "published", "--image-size", "320x320"], "one number"),
        (["--images", "."], "--images goes with a COCO JSON"),
    ],
)
def test_faults_are_one_line(run, one_picture, options, said):
    one_picture.write_text(one_picture.read_text() + "test: images\n")
    result = run("evaluate", one_picture, "--model", TOY, *options)
    assert result.code == 1
    assert said in result.err
    assert result.err.startswith("error: ")
    assert len(result.err.splitlines()) == 1


def test_the_command_is_listed():
    assert entry.COMMANDS["evaluate"][0] == "evaluate"
