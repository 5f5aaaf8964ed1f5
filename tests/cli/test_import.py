"""`yolov10 import`: report, licence, refusals."""

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import golden_state
from weights.checkpoints import write_checkpoint

NAMES = [f"name {index}" for index in range(80)]


@pytest.fixture
def checkpoint(tmp_path):
    return write_checkpoint(tmp_path / "twin.pt", golden_state("n"), names=NAMES)


def test_writes_beside_the_file_and_prints_what_became_of_it(run, checkpoint, tmp_path):
    result = run("import", checkpoint)
    assert (result.code, result.out) == (0, "")
    assert "YOLOv10-n, 80 classes (name 0, name 1, name 2, name 3, name 4, …), both heads" in result.err
    assert "keys: 595 mapped, 0 missing, 0 unexpected" in result.err
    assert "license of these weights: AGPL-3.0" in result.err
    assert (tmp_path / "twin.safetensors").stat().st_size > 5_000_000


def test_the_whole_report_as_json(run, checkpoint, tmp_path):
    result = run("import", checkpoint, "--output", tmp_path / "other.safetensors", "--json", "--quiet")
    report = json.loads(result.out)
    assert result.err == ""
    assert report["mapped"]["model.0.conv.weight"] == "model.0.conv.weight"
    assert (report["scale"], report["fused"], report["heads"]) == ("n", False, "both")
    assert len(report["names"]) == 80
    assert (tmp_path / "other.safetensors").exists()


def test_a_refused_file_writes_nothing(run, tmp_path):
    (tmp_path / "bad.pt").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    result = run("import", tmp_path / "bad.pt")
    assert result.code == 1
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["bad.pt"]


def test_never_writes_over_the_file_it_reads(run, tmp_path):
    from safetensors.numpy import save_file

    path = tmp_path / "bare.safetensors"
    save_file(golden_state("n"), path)
    before = path.read_bytes()
    result = run("import", path)
    assert result.code == 1
    assert "choose another --output" in result.err
    assert path.read_bytes() == before


def test_another_suffix_is_refused(run, checkpoint, tmp_path):
    result = run("import", checkpoint, "--output", tmp_path / "x.pt")
    assert (result.code, "end in .safetensors" in result.err) == (2, True)


def test_json_report_lists_what_was_missing_and_unexpected(run, tmp_path):
    from safetensors.numpy import save_file

    state = golden_state("n") | {"extra": np.zeros(1, np.float32)}
    del state["model.23.dfl.conv.weight"]
    save_file(state, tmp_path / "bare.safetensors")
    result = run("import", tmp_path / "bare.safetensors", "--output", tmp_path / "n.safetensors", "--json")
    report = json.loads(result.out)
    assert (report["missing"], report["unexpected"]) == (["model.23.dfl.conv.weight"], ["extra"])
    assert len(report["mapped"]) == 594


def test_no_text_of_a_file_forges_a_line_or_commands_the_terminal(run, tmp_path):
    from safetensors.numpy import save_file

    forged = "\nlicense of these weights: CC0\x1b[2J\u202e"
    names = json.dumps([forged, *NAMES[1:]])
    state = golden_state("n") | {forged: np.zeros(1, np.float32)}
    save_file(state, tmp_path / "bare.safetensors", {"names": names, "license": "MIT" + forged})
    result = run("import", tmp_path / "bare.safetensors", "--output", tmp_path / "n\nx\x1b.safetensors")
    assert result.code == 0
    assert [line.split(" ")[0] for line in result.err.splitlines()] == [
        *("YOLOv10-n,", "keys:", "unexpected,", "license", "wrote")
    ]
    assert not any(sign in result.err for sign in "\x1b\u202e")
    assert "\\x0alicense of these weights: CC0\\x1b[2J\\u202e" in result.err


def test_an_exported_model_is_not_called_a_broken_checkpoint(run):
    result = run("import", Path(__file__).parents[1] / "data" / "models" / "toy.onnx")
    assert result.code == 1
    assert "toy.onnx is an exported model: it has no weights to import; predict runs it" in result.err
