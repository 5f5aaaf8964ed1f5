"""`yolov10 serve` as a user starts it; what it then does is in tests/serve."""

import socket
import sys

import pytest
from conftest import DATA
from serve.servers import command

from yolov10.cli.serve import model_names

TOY = DATA / "models" / "toy.onnx"


def test_it_says_what_it_serves_and_where(tmp_path):
    (tmp_path / "toy.onnx").write_bytes(TOY.read_bytes())
    with command("--model", TOY, "--model", tmp_path / "toy.onnx") as run:
        assert run.line == f"serving toy, toy-2 at {run.url}/ (Ctrl-C stops)\n"


def test_names_are_stems_and_none_twice():
    models = ["runs/a/best.safetensors", "runs/b/best.safetensors", "cells", "best-2.onnx"]
    assert model_names(models) == ["best", "best-2", "cells", "best-2-2"]


def test_open_to_the_network_without_a_key_is_warned_of():
    with command("--model", TOY, "--host", "0.0.0.0") as run:
        assert "warning: whoever reaches this machine can use the service" in run.process.stderr.readline()


def test_a_model_is_needed(run):
    result = run("serve")
    assert (result.code, result.out) == (2, "")
    assert "--model" in result.err


def test_a_model_that_is_not_there_is_one_line(run):
    result = run("serve", "--model", "nope.onnx")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "no model 'nope.onnx'" in result.err


def test_a_port_that_is_taken_is_one_line(run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("serve", "--model", TOY, "--port", port)
    assert result.code == 1
    assert result.err == f"error: cannot listen on 127.0.0.1 port {port}: Address already in use\n"


@pytest.mark.parametrize("port", [-1, 65_536, 70_000])
def test_a_port_that_no_machine_has_is_wrong_usage(run, port):
    result = run("serve", "--model", TOY, "--port", port)
    assert (result.code, result.err) == (2, f"error: port {port} is not between 0 and 65535\n")


@pytest.mark.parametrize("host", ["a..b", "x" * 64, "", "256.1.1.1"])
def test_a_host_that_is_none_is_one_line(run, host):
    result = run("serve", "--model", TOY, "--host", host)
    assert result.code == 1
    assert result.err.startswith(f"error: cannot listen on {host or 'no host'} port 8000: ")
    assert result.err.count("\n") == 1


def test_a_model_that_fails_in_its_first_run_is_one_line(run, tmp_path):
    onnx = pytest.importorskip("onnx")
    model = onnx.load(TOY)
    onnx.helper.set_model_props(
        model, {one.key: one.value for one in model.metadata_props} | {"names": "{0: 'RBC'}"}
    )
    onnx.save(model, tmp_path / "few.onnx")
    result = run("serve", "--model", tmp_path / "few.onnx", "--port", 0)
    assert (result.code, result.out) == (1, "")
    assert result.err == "error: the model gives class 1, but it names 1\n"


@pytest.mark.parametrize(
    ("option", "value"), [("--queue", 0), ("--max-bytes", 1), ("--timeout", -1), ("--batch", 999)]
)
def test_settings_out_of_bounds_are_wrong_usage(run, option, value):
    result = run("serve", "--model", TOY, option, value)
    assert result.code == 2
    assert option.strip("-").replace("-", "_") in result.err


@pytest.mark.parametrize("content", ["", "short", "sixteen characters with blanks", "schlüssel-mit-umlaut"])
def test_a_key_that_no_header_carries_or_anyone_guesses_is_refused(run, tmp_path, content):
    (tmp_path / "key").write_text(content)
    result = run("serve", "--model", TOY, "--api-key-file", tmp_path / "key")
    assert result.code == 1
    assert "a key is one line of 16 characters or more" in result.err


def test_a_key_file_that_is_not_there_is_one_line(run, tmp_path):
    result = run("serve", "--model", TOY, "--api-key-file", tmp_path / "none")
    assert (result.code, result.err) == (1, f"error: {tmp_path / 'none'}: No such file or directory\n")


def test_without_the_extra_it_says_what_to_install(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    result = run("serve", "--model", TOY)
    assert (result.code, result.err) == (1, "error: serve needs uvicorn: pip install 'open-yolov10[serve]'\n")
