"""`yolov10 info`: the table and the totals."""

import json
from pathlib import Path

import onnx
import pytest
from conftest import golden_state
from test_formulas import FUSED, ONE_HEAD, TRAINING


def test_table_of_n_shows_every_layer_and_the_three_totals(run):
    result = run("info", "n")
    assert (result.code, result.err) == (0, "")
    lines = [line.split() for line in result.out.splitlines() if line.strip()]
    layers = [line for line in lines if line[0].isdecimal()]
    assert [int(line[0]) for line in layers] == list(range(24))
    assert layers[5][:3] == ["5", "4", "SCDown"]
    assert layers[5][-2:] == ["9,856", "108.5"]
    for count in ("2,775,520", "2,310,624", "2,299,264", "8.57", "6.70"):
        assert count in result.out
    assert "…" not in result.out.replace("144×80×80…", "")
    assert max(map(len, result.out.splitlines())) <= 90


def test_json_of_every_scale(run, scale):
    table = json.loads(run("info", scale, "--json").out)
    at = "nsmblx".index(scale)
    totals = [total["parameters"] for total in table["totals"]]
    assert totals == [TRAINING[at], ONE_HEAD[at], FUSED[at]]
    assert sum(row["parameters"] for row in table["layers"]) == TRAINING[at]
    assert sum(row["parameters_fused"] for row in table["layers"]) == FUSED[at]
    assert table["layers"][23]["output"] == [[144, 80, 80], [144, 40, 40], [144, 20, 20]]


def test_other_class_counts_and_sizes(run):
    table = json.loads(run("info", "n", "--json", "--num-classes", 3, "--image-size", "320x640").out)
    assert (table["classes"], table["image_size"]) == (3, [320, 640])
    assert table["totals"][2]["parameters"] == 2265753
    assert table["layers"][0]["output"] == [[16, 160, 320]]


def test_a_model_file_shows_its_own_scale_and_classes(run, tmp_path):
    from yolov10.model_card import ModelCard
    from yolov10.weights.native import Weights, write_native

    card = ModelCard.unnamed("n", 80)
    path = write_native(
        tmp_path / "m.safetensors", Weights(golden_state("n"), card, fused=False, one2many=True)
    )
    assert json.loads(run("info", path, "--json").out)["scale"] == "n"


TOY = Path(__file__).parents[1] / "data" / "models" / "toy.onnx"


def test_an_onnx_file_shows_its_own_scale_and_classes(run):
    table = json.loads(run("info", TOY, "--json").out)
    assert (table["scale"], table["classes"]) == ("n", 3)


def test_an_onnx_file_that_tells_no_scale_is_refused(run, tmp_path):
    model = onnx.load(TOY)
    kept = {entry.key: entry.value for entry in model.metadata_props if entry.key != "scale"}
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, kept)
    onnx.save(model, tmp_path / "other.onnx")
    result = run("info", tmp_path / "other.onnx")
    assert (result.code, "other.onnx: does not say which scale it is" in result.err) == (1, True)


@pytest.mark.parametrize("wrong,reason", [("q", "no scale or file 'q'"), ("gone.pt", "no scale or file")])
def test_unknown_models_are_named(run, wrong, reason):
    result = run("info", wrong)
    assert result.code == 1
    assert reason in result.err
