"""The command's outside: help, versions, wrong usage, exit codes."""

import os
import signal
import subprocess
import sys

import pytest
from conftest import DATA

import yolov10
from yolov10.cli.main import COMMANDS
from yolov10.model_names import weights_file

BCCD, CELLS = str(DATA / "bccd" / "data.yaml"), str(weights_file("cells"))
PICTURE = str(DATA / "odd_images" / "00_reference.png")


def test_help_lists_every_command(run):
    for arguments in ([], ["--help"]):
        result = run(*arguments)
        assert result.code == 0
        assert all(name in result.out for name in COMMANDS)


@pytest.mark.parametrize(
    "command", [*(name for name in COMMANDS if name != "data"), "data check", "data show"]
)
def test_every_command_has_help_in_groups(run, command):
    result = run(*command.split(), "--help")
    assert (result.code, result.err) == (0, "")
    assert "Usage: yolov10 " + command in result.out
    assert "--debug" in result.out


def test_version(run):
    assert run("--version").out == f"yolov10 {yolov10.__version__}\n"


@pytest.mark.parametrize(
    "arguments,reason",
    [
        (["predikt", "a.jpg"], "no command 'predikt'; did you mean 'predict'?"),
        (["nonsense"], "no command 'nonsense'"),
        (["--nonsense"], "--nonsense"),
        (["predict"], "SOURCE"),
        (["predict", "a.jpg"], "--model"),
        (["predict", "a.jpg", "--model"], "--model"),
        (["predict", "a.jpg", "--modle", "m"], "did you mean '--model'"),
        (["predict", "a.jpg", "--imgsz", "640"], "did you mean '--image-size'"),
        (["predict", "a.jpg", "--conf", "0.5"], "did you mean '--confidence'"),
        (["predict", "a.jpg", "--weights", "m"], "did you mean '--model'"),
        (["predict", "a.jpg", "--iou", "0.5"], "no option --iou: there is no NMS"),
        (["predict", "a.jpg", "iou=0.5"], "iou=0.5: there is no NMS"),
        (
            ["predict", "--source", "a.jpg", "--model", "m"],
            "--source: write its value alone, without --source",
        ),
        (["predict", "a.jpg", "--foo", "3"], "no option --foo (see"),
        (["predict", "a.jpg", "foo=3"], "options are written --name value"),
        (["train", "d.yaml", "--cache"], "no option --cache: there is no such thing here"),
        (["train", "d.yaml", "--name", "x"], "did you mean '--output'"),
        (["train", "d.yaml", "--val", "False"], "did you mean '--validate-every'"),
        (["evaluate", "--data", "d.yaml"], "--data: write its value alone"),
        (["export", "--model", "m.pt"], "--model: write its value alone"),
        (["export", "m.pt", "--dynamic"], "--dynamic: free shapes are usual"),
        (["val", "d.yaml"], "no command 'val'; did you mean 'evaluate'?"),
        (["track", "a.mp4"], "no command 'track'; did you mean 'predict --track'?"),
        (["predict", "a.jpg", "model=m.onnx"], "write --model m.onnx"),
        (["predict", "source=a.jpg", "imgsz=640"], "source=a.jpg"),
        (["predict", "a.jpg", "imgsz=640"], "write --image-size 640"),
        (["predict", "a.jpg", "conf=0.3"], "write --confidence 0.3"),
        (["predict", "source=a.jpg", "--model", "m"], "write a.jpg alone"),
        (["predict", "a.jpg", "quiet=True"], "write --quiet alone"),
        (["predict", "a.jpg", "track=False"], "leave --track out"),
        (["predict", "a.jpg", "half=True"], "write --precision fp16"),
        (["predict", "a.jpg", "save_txt=True"], "write --format yolo"),
        (["predict", "a.jpg", "device=0"], "write --device cuda:0"),
        (["predict", "a.jpg", "device=cpu"], "write --device cpu"),
        (["train", "d.yaml", "cos_lr=True"], "write --lr-schedule cosine"),
        (["train", "d.yaml", "amp=False"], "write --precision fp32"),
        (["train", "d.yaml", "model=best.pt"], "write --weights best.pt"),
        (["train", "d.yaml", "model=s"], "write --scale s"),
        (["task=detect", "mode=predict"], "a command comes first"),
        (["predict", "a.jpg", "--model", "m", "--batch", "two"], "'two' is not a valid int"),
        (["predict", "a.jpg", "--model", "m", "--confidence", "high"], "'high' is not a valid float"),
        (["predict", "a.jpg", "--model", "m", "--format", "xml"], "'xml' is not one of"),
        (["predict", "a.jpg", "--model", "m", "--runtime", "tensorflow"], "'tensorflow' is not one of"),
        (["predict", "a.jpg", "--model", "m", "--precision", "int4"], "'int4' is not one of"),
        (["predict", "a.jpg", "--model", "m", "--quiet=yes"], "does not take a value"),
        (["data"], "Missing command"),
        (["data", "chekc", "x"], "no command 'chekc'; did you mean 'check'?"),
        (["data", "check"], "DATA"),
        (["data", "show", "x"], "--output"),
        (["import"], "FILE"),
        (["import", "a.pt", "b.pt"], "b.pt"),
        (["info"], "MODEL"),
        (["info", "n", "--num-classes", "many"], "'many' is not a valid int"),
        (["info", "n", "--num-classes", "0"], "at least one class, not 0"),
        (["evaluate", BCCD, "--model", "cells", "--batch", "0"], "batch 0 is not between 1 and 4096"),
        (["predict", PICTURE, "--model", "cells", "--device", "banana"], "no device 'banana'"),
        (["data", "show", BCCD, "--output", "x.png", "--count", "0"], "--count 0 is not between"),
        (["download", "yolov10y", "--accept-license"], "no official weights 'yolov10y'"),
        (["import", CELLS, "--output", "y.pt"], "native files end in .safetensors"),
        (["predict", PICTURE, "--model", "m", "--video-format", "mkv"], "say where with --output DIR"),
        (
            ["predict", PICTURE, "--model=m", "--save-to=x", "--save-counts=x", "--count-line=0,0,1,1"],
            "name the same file",
        ),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(run, arguments, reason):
    result = run(*arguments)
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1, result.err
    assert reason in result.err
    assert result.out == ""


def test_a_file_named_like_an_assignment_is_a_file(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a=b.png").write_bytes((DATA / "odd_images" / "00_reference.png").read_bytes())
    assert run("predict", "a=b.png", "--model", DATA / "models" / "toy.onnx", "--quiet").code == 0


def test_an_unexpected_fault_is_one_line_and_debug_shows_where(run, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("yolov10.cli.info.describe", broken)
    result = run("info", "n")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "unexpected ZeroDivisionError: oh" in result.err
    assert "Traceback" in run("info", "n", "--debug").err


def test_an_interrupt_is_one_plain_line_and_exit_code_130(run, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("yolov10.cli.info.describe", interrupted)
    result = run("info", "n", "--debug")
    assert (result.code, result.out, result.err) == (130, "", "interrupted\n")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a child here")
def test_ctrl_c_leaves_one_line_on_stderr_and_whole_data_on_stdout():
    from conftest import DATA, hear_ctrl_c

    command = [sys.executable, "-m", "yolov10", "predict", "-", "--model", DATA / "models" / "toy.onnx"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, **pipes, text=True, preexec_fn=hear_ctrl_c) as process:
        assert "toy.onnx: 3 classes" in process.stderr.readline()  # now it waits for a picture
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, out, err) == (130, "[]\n", "interrupted\n")


@pytest.mark.parametrize("option", ["--output", "--save-to"])
def test_an_options_value_may_hold_an_equals_sign(run, tmp_path, monkeypatch, option):
    monkeypatch.chdir(tmp_path)
    picture = DATA / "odd_images" / "00_reference.png"
    assert run("predict", picture, "--model", DATA / "models" / "toy.onnx", option, "batch=1").code == 0
    assert (tmp_path / "batch=1").exists()


def test_a_full_disk_is_one_line(tmp_path):
    command = f"{sys.executable} -m yolov10 info n > /dev/full"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (1, "error: No space left on device\n")


def test_closed_output_is_one_line():
    command = f"{sys.executable} -m yolov10 info n >&-"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "standard output is closed" in result.stderr


def test_a_terminal_of_another_encoding_is_no_crash():
    command = [sys.executable, "-m", "yolov10", "info", "n"]
    environment = os.environ | {"PYTHONIOENCODING": "cp1252"}
    result = subprocess.run(command, capture_output=True, env=environment)
    assert result.returncode == 0
    assert "→" in result.stdout.decode("utf-8")
