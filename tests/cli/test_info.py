"""`yolov10 info`: the table and the totals."""

import json
import re
from pathlib import Path

import onnx
import pytest
import torch
from conftest import SCALES, golden_state
from test_formulas import ENTRIES, ENTRIES_FUSED, FUSED, ONE_HEAD, PARAMETERS, TRAINING

from yolov10.model_card import ModelCard
from yolov10.weights.native import Weights, write_native


def golden_weights(scale):
    return Weights(golden_state(scale), ModelCard.unnamed(scale, 80), fused=False, one2many=True)


def test_table_of_n_shows_every_layer_and_the_three_totals(run):
    result = run("info", "n")
    assert (result.code, result.err) == (0, "")
    lines = [line.split() for line in result.out.splitlines() if line.strip()]
    layers = [line for line in lines if line[0].isdecimal()]
    assert [int(line[0]) for line in layers] == list(range(24))
    assert layers[5][:3] == ["5", "4", "SCDown"]
    assert layers[5][3:] == [
        "64→128",
        "k3",
        "s2",
        "128×40×40",
        "9,856",
        "9,600",
        "0.4",
        "108.5",
        "1.6",
        "4.1",
        "111",
    ]
    for count in ("2,775,520", "2,310,624", "2,299,264", "8.57", "6.70"):
        assert count in result.out
    assert "…" not in result.out.replace("144×80×80…", "")
    assert max(map(len, result.out.splitlines())) <= 112


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
    path = write_native(tmp_path / "m.safetensors", golden_weights("n"))
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


def test_scales_side_by_side_show_what_each_uses_and_costs(run):
    """Spec 2.2 to 2.4: which scale is compact where, and every layer's parameters."""
    result = run("info", *SCALES)
    assert (result.code, result.err) == (0, "")
    assert "…" not in result.out
    lines = [re.split(r"  +", line.strip()) for line in result.out.splitlines()]
    layers = {int(line[0]): line[2:] for line in lines if line[0].isdecimal() and "→" in line[-1]}
    large = {scale: {at for at in layers if "7×7" in layers[at][i]} for i, scale in enumerate(SCALES)}
    assert large == {"n": {22}, "s": {8, 22}, "m": set(), "b": set(), "l": set(), "x": set()}
    compact = {scale: [at for at in layers if "CIB" in layers[at][i]] for i, scale in enumerate(SCALES)}
    four = [8, 13, 19, 22]
    assert compact == {"n": [22], "s": [8, 22], "m": [8, 19, 22], "b": four, "l": four, "x": [6, *four]}
    assert layers[13][:3] == ["C2f 384→128 ×1 no add", "C2f 768→256 ×1 no add", "C2f 960→384 ×2 no add"]
    for row in PARAMETERS.strip().splitlines():
        index, *counts = map(int, row.split())
        assert [str(index), *(f"{count:,}" for count in counts)] in [[line[0], *line[2:]] for line in lines]
    for counts in (TRAINING, ONE_HEAD, FUSED):
        assert [f"{count:,}" for count in counts] in [line[-6:] for line in lines]


def test_side_by_side_tells_depth_width_most_channels_and_what_attention_and_heads_are(run):
    """Spec 2.1, 2.3, 1.9 and 3.1."""
    shown = re.sub(" +", " ", run("info", *SCALES).out)
    for row in (
        "depth 0.33 0.33 0.67 0.67 1.00 1.00",
        "width 0.25 0.50 0.75 1.00 1.00 1.25",
        "most channels, declared 1024 1024 768 512 512 512",
        "compact (CIB) at 22 8 22 8 19 22 8 13 19 22 8 13 19 22 6 8 13 19 22",
        "7×7 at 22 8 22 – – – –",
        "attention: heads × key, value 2 × 32, 64 4 × 32, 64 4 × 36, 72 4 × 32, 64 4 × 32, 64 5 × 32, 64",
        "head: box, class branch 64, 80 64, 128 64, 192 64, 256 64, 256 80, 320",
    ):
        assert f"\n {row} \n" in shown


def test_a_file_beside_a_scale_says_which_is_which_and_at_what_size(run):
    """Two columns `n` had other operations, since a file is shown at its own size."""
    shown = re.sub(" +", " ", run("info", TOY, "n").out)
    for row in ("scale toy.onnx n", "classes 3 80", "height × width 320 × 320 640 × 640"):
        assert f"\n {row} \n" in shown


def test_two_models_as_json_are_a_list(run):
    tables = json.loads(run("info", "n", "s", "--json").out)
    assert [table["scale"] for table in tables] == ["n", "s"]


def test_shares_add_up_and_memory_and_field_are_told(run):
    table = json.loads(run("info", "n", "--json").out)
    for of in ("parameters", "operations"):
        assert sum(row["share"][of] for row in table["layers"]) == pytest.approx(1)
    assert sum(row["memory"] for row in table["layers"]) == table["totals"][2]["memory"]
    assert [row["receptive_field"] for row in table["layers"][:4]] == [3, 7, 23, 31]
    assert [total["tensors"] for total in table["totals"]][::2] == [ENTRIES[0], ENTRIES_FUSED[0]]


# Spec 10, line by line: the arguments of `info`, and what its output must have.
DOCUMENT = {
    "SCDown by tensor, layer 5 of l": (
        ["l", "--parameters"],
        [
            "model.5.cv1.conv.weight True 131,072 [512, 256, 1, 1]",
            "model.5.cv1.bn.weight True 512 [512]",
            "model.5.cv1.bn.bias True 512 [512]",
            "model.5.cv2.conv.weight True 4,608 [512, 1, 3, 3]",
            "model.5.cv2.bn.weight True 512 [512]",
            "model.5.cv2.bn.bias True 512 [512]",
        ],
    ),
    "PSA by tensor, layer 10 of l": (
        ["l", "--parameters"],
        [
            "model.10.cv1.conv.weight True 262,144 [512, 512, 1, 1]",
            "model.10.cv2.conv.weight True 262,144 [512, 512, 1, 1]",
            "model.10.ffn.0.conv.weight True 131,072 [512, 256, 1, 1]",
            "model.10.ffn.1.conv.weight True 131,072 [256, 512, 1, 1]",
        ],
    ),
    "SCDown alone, and the plain convolution": (
        ["--block", "SCDown", "--channels", "256", "512", "--input", "512x512"],
        [
            "cv1 conv 1×1, SiLU 512×512×512 131,072 1,024 132,096",
            "cv2 conv 3×3 s2 depthwise 512×256×256 4,608 1,024 5,632",
            "135,680",
            "a plain 3×3 convolution 1,179,648 8.69",
            "parameters = c1·c2 + k²·c2 + 4·c2",
            "= 256·512 + 3²·512 + 4·512 = 137,728",
        ],
    ),
    "SCDown on 1024×1024": (
        ["--block", "SCDown", "--channels", "256", "512", "--input", "1024x1024"],
        ["512×1024×1024 131,072", "512×512×512 4,608"],
    ),
    "RepVGGDW before and after the merge": (
        ["--block", "RepVGGDW", "--channels", "128", "--input", "20x20"],
        [
            "conv conv 7×7 depthwise 128×20×20 6,272",
            "conv1 conv 3×3 depthwise 128×20×20 1,152",
            "conv conv 7×7 depthwise, SiLU 128×20×20 6,272 128 6,400",
            "62·c",
            "50·c",
        ],
    ),
    "CIB, five steps": (
        ["--block", "CIB", "--channels", "64", "--input", "20x20"],
        [
            "cv1.0 conv 3×3 depthwise, SiLU 64×20×20",
            "cv1.1 conv 1×1, SiLU 128×20×20",
            "cv1.2 conv 3×3 depthwise, SiLU 128×20×20",
            "cv1.3 conv 1×1, SiLU 64×20×20",
            "cv1.4 conv 3×3 depthwise, SiLU 64×20×20",
            "4·c² + 50·c",
        ],
    ),
    "CIB with the large kernel": (
        ["--block", "CIB", "--channels", "64", "64", "--large-kernel"],
        ["cv1.2.conv conv 7×7 depthwise 128×640×640", "cv1.2.conv1 conv 3×3 depthwise", "4·c² + 152·c"],
    ),
    "CIB's expansion e = 0.5, the block's own default: as wide inside as outside": (
        ["--block", "CIB", "--channels", "64", "--expansion", "0.5", "--input", "20x20"],
        ["inside 64", "cv1.1 conv 1×1, SiLU 64×20×20 4,096"],
    ),
    "C2fCIB is C2f with CIB": (
        ["--block", "C2fCIB", "--channels", "384", "256", "--large-kernel", "--input", "20x20"],
        ["concat concat 384×20×20", "282,624", "a C2f"],
    ),
    "C2f": (["--block", "C2f", "--channels", "64", "64", "--repeats", "2"], ["concat concat 128×", "49,664"]),
    "Attention": (
        ["--block", "Attention", "--channels", "256", "--input", "20x20"],
        [
            "qkv conv 1×1 512×20×20 131,072",
            "qᵀ·k scores 4×400×400",
            "softmax softmax 4×400×400",
            "pe conv 3×3 depthwise 256×20×20 2,304",
            "proj conv 1×1 256×20×20 65,536",
            "h = ⌊d/64⌋",
        ],
    ),
    "PSA": (
        ["--block", "PSA", "--channels", "512", "--input", "20x20"],
        [
            "cv1 conv 1×1, SiLU 512×20×20 262,144",
            "split split 256×20×20",
            "ffn.0 conv 1×1, SiLU 512×20×20 131,072",
            "ffn.1 conv 1×1 256×20×20 131,072",
            "990,976",
        ],
    ),
    "SPPF": (
        ["--block", "SPPF", "--channels", "256", "256", "--input", "20x20"],
        ["max-pool 5×5 pool 128×20×20", "concat concat 512×20×20", "164,608"],
    ),
    "Detect": (
        ["--block", "Detect", "--channels", "64", "128", "256"],
        ["929,808", "463,360", "dfl decode 4×8400 16", "one2one_cv3.2.2 conv 1×1 80×20×20 6,400 80 6,480"],
    ),
    "the parameter formula with groups": (
        ["--block", "Conv", "--channels", "256", "512", "--groups", "4"],
        ["parameters = k²·p·c2 + 2·c2", "= 3²·64·512 + 2·512 = 295,936"],
    ),
    "the parameter formula with a bias": (
        ["--block", "Conv", "--channels", "256", "512", "--bias"],
        [
            "parameters = k²·c1·c2 + c2",
            "= 3²·256·512 + 512 = 1,180,160",
            "weights = k²·c1·c2 = 3²·256·512 = 1,179,648",
            "sum 1,179,648 512 1,180,160",
        ],
    ),
    "fusing, whole": (["n"], ["2,775,520 2,310,624 2,299,264", "108 84 83", "95 77 0", "595 475 165"]),
}


@pytest.mark.parametrize("entry", DOCUMENT)
def test_every_count_and_shape_of_the_document_is_shown(run, entry):
    arguments, expected = DOCUMENT[entry]
    result = run("info", *arguments)
    assert (result.code, result.err) == (0, "")
    shown = re.sub(r"[ \n]+", " ", result.out)
    assert [facts for facts in expected if facts not in shown] == []


def test_parameters_of_weights_have_their_mean_and_deviation(run, tmp_path):
    state = golden_state("n")
    path = write_native(tmp_path / "m.safetensors", golden_weights("n"))
    rows = {
        row["name"]: row for row in json.loads(run("info", path, "--parameters", "--json").out)["tensors"]
    }
    assert list(rows) == list(state)
    for name, values in state.items():
        assert (rows[name]["shape"], rows[name]["parameters"]) == (list(values.shape), values.size)
        if values.size > 1:
            measured = torch.from_numpy(values).double()
            assert rows[name]["mu"] == pytest.approx(measured.mean().item(), rel=1e-6, abs=1e-12)
            assert rows[name]["sigma"] == pytest.approx(measured.std().item(), rel=1e-6)
    assert rows["model.23.dfl.conv.weight"]["gradient"] is False
    learned = [row for row in rows.values() if row["kind"] == "parameter"]
    assert sum(row["parameters"] for row in learned) == TRAINING[0]
    shown = run("info", path, "--parameters").out
    assert "name gradient parameters shape mu sigma dtype" in re.sub(" +", " ", shown)
    assert "2,775,520 parameters, 2,775,504 of them trainable" in shown


def test_time_of_every_layer(run):
    table = json.loads(run("info", "n", "--time", "--runs", 1, "--image-size", 64, "--json").out)
    times = [row["milliseconds"] for row in table["layers"]]
    assert min(times) > 0
    assert sum(times) == pytest.approx(table["time"]["milliseconds"])
    shown = run("info", "n", "--time", "--runs", 1, "--image-size", 64).out
    assert f"torch {torch.__version__}" in shown


def test_an_exported_file_has_no_tensors_to_list(run):
    result = run("info", TOY, "--parameters")
    assert (result.code, "lost the tensors' names" in result.err) == (1, True)


@pytest.mark.parametrize(
    "arguments,reason",
    [
        ([], "give MODEL, a scale or a file, or --block NAME"),
        (["n", "--block", "CIB"], "--block NAME stands alone"),
        (["n", "--kernel", "3"], "--kernel belongs to --block NAME"),
        (["n", "s", "--parameters"], "--parameters is of one model, not of 2"),
        (["n", "s", "--time"], "--time is of one model, not of 2"),
        (["n", "--time", "--runs", "0"], "--runs is at least 1"),
        (["n", "--runs", "5"], "--runs goes with --time"),
        (["n", "--device", "cpu"], "--device goes with --time"),
        (["n", "--html", "x.html", "--json"], "--json does not go with --html"),
        (["n", "--parameters", "--time"], "--time does not go with --parameters"),
        (["--block", "PSA", "--channels", "64", "--html", "x.html"], "--html does not go with --block"),
        (["--block", "PSA", "--channels", "64", "--image-size", "64"], "whose size is --input"),
        (["cells", "--parameters", "--num-classes", "80"], "has its own classes: leave --num-classes out"),
        (["--block", "SCDwon"], "did you mean 'SCDown'?"),
        (["--block", "SCDown", "--channels", "64"], "SCDown takes --channels C1 C2, each at least 1"),
        (["--block", "CIB", "--channels", "64", "32"], "CIB takes --channels C (its width stays)"),
        (["--block", "PSA", "--channels", "64"], "cannot be cut into 0 heads"),
        (["--block", "Conv", "--channels", "6", "8", "--groups", "4"], "--groups 4 does not divide"),
        (["--block", "C2f", "--channels", "6", "8", "--expansion", "2"], "C2f takes no --expansion"),
        (["--block", "SCDown", "--channels", "6", "8", "--input", "33x32"], "33×32 is not a multiple of 2"),
        (["--block", "Conv", "--channels", "6", "8", "--kernel", "4"], "--kernel 4 is even"),
        (["--block", "CIB", "--channels", "16", "--expansion", "inf"], "--expansion is inf, no number"),
        (["--block", "CIB", "--channels", "16", "--expansion", "nan"], "--expansion is nan, no number"),
        (["--block", "SCDown", "--channels", "6", "8", "--input", "big"], "is not HEIGHTxWIDTH"),
        (["--block", "C2f", "--channels", "6", "8", "--repeats", "0"], "--repeats is 0, not above 0"),
    ],
)
def test_wrong_usage_is_told_in_a_line(run, arguments, reason):
    result = run("info", *arguments)
    assert (result.code, result.out) == (2, "")
    assert reason in result.err
