"""`yolov10 train` as a user meets it: from labelled pictures in any format to detections."""

import json
import subprocess
import sys

import pytest
import yaml
from data_sets.formats import write_coco, write_voc, write_yolo
from training.drawn import draw_dataset

from yolov10.data import open_dataset

SMALL = ("--epochs", 1, "--image-size", 64, "--batch", 4, "--workers", 0, "--device", "cpu")


@pytest.fixture(scope="module")
def splits(tmp_path_factory):
    data = draw_dataset(tmp_path_factory.mktemp("drawn"))
    train, val = (open_dataset(data, split).samples for split in ("train", "val"))
    for sample in val:  # the other formats keep the pictures of all splits in one folder
        sample.path.rename(sample.path.with_stem(f"v{sample.path.stem}"))
    for label in (data.parent / "labels" / "val").iterdir():
        label.rename(label.with_stem(f"v{label.stem}"))
    return {"train": train, "val": open_dataset(data, "val").samples}


@pytest.mark.parametrize("form", ["yolo", "coco", "voc"])
def test_a_newcomer_trains_evaluates_and_detects_in_any_format(run, tmp_path, splits, form):
    write = {"yolo": write_yolo, "coco": write_coco, "voc": write_voc}[form]
    data = write(tmp_path / "set", ["square", "disc"], splits)
    folder, images = tmp_path / "run", data.parent / "images"
    train, evaluate = [data], [data]
    if form == "coco":
        val = data.with_name("val.json")
        train += ["--images", images, "--validation", val, "--validation-images", images]
        evaluate = [val, "--images", images]
    assert run("data", "check", data, *(["--images", images] if form == "coco" else [])).code == 0

    result = run("train", *train, "--recipe", "small", *SMALL, "--output", folder)
    assert (result.code, result.out) == (0, f"{folder}\n"), result.err
    assert "epoch 1/1" in result.err
    assert "--recipe" not in result.err

    model = folder / "best.safetensors"
    result = run("evaluate", *evaluate, "--model", model, "--json", tmp_path / "figures.json")
    assert result.code == 0, result.err
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert (figures["images"], set(figures["per_class"])) == (4, {"square", "disc"})

    result = run("predict", splits["val"][0].path, "--model", model, "--confidence", 0, "--quiet")
    assert result.code == 0, result.err
    assert json.loads(result.out)[0]["detections"]


def test_flags_go_before_the_file_and_both_are_on_record(run, tmp_path, splits):
    data = write_yolo(tmp_path / "set", ["square", "disc"], splits)
    file = tmp_path / "mine.yaml"
    file.write_text("fliplr: 0.25\nepochs: 7\n")
    folder = tmp_path / "run"
    said = run("train", data, "--config", file, *SMALL, "--output", folder).err
    assert "8 pictures: --recipe small is made for so few" in said
    assert f"run folder: {folder}; should it break off, --resume {folder} goes on" in said
    text = (folder / "config.yaml").read_text()
    assert yaml.safe_load(text)["epochs"] == 1
    assert f"fliplr: 0.25  # file {file}" in text
    assert "epochs: 1  # flag" in text


def test_an_interrupted_run_is_gone_on_with(run, tmp_path, splits):
    data = write_yolo(tmp_path / "set", ["square", "disc"], splits)
    folder = tmp_path / "run"
    assert run("train", data, *SMALL, "--output", folder).code == 0
    result = run("train", "--resume", folder, "--epochs", 2)
    assert result.code == 0, result.err
    assert len((folder / "history.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        ([], 1, "no data set"),
        (["absent.yaml"], 1, "absent.yaml"),
        (["d.yaml", "--scale", "z"], 2, "'z' is not one of"),
        (["d.yaml", "--epochs", "0"], 2, "epochs is 0"),
        (["d.yaml", "epochs=3"], 2, "--epochs"),
        (["d.yaml", "--epoch", "3"], 2, "--epochs"),
        (["d.yaml", "--config", "absent.yaml"], 1, "absent.yaml"),
        (["d.yaml", "--weights", "absent.safetensors"], 1, "d.yaml"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(run, tmp_path, monkeypatch, arguments, code, line):
    monkeypatch.chdir(tmp_path)
    result = run("train", *arguments)
    assert result.code == code
    assert line in result.err
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_help_needs_no_torch():
    program = (
        "import sys; sys.modules['torch'] = None\n"
        "from yolov10.cli.main import main; main(['train', '--help'])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--resume" in done.stdout
