"""Foreign checkpoints: real ones where they lie beside the checkout, synthetic twins everywhere."""

import hashlib
import json

import numpy as np
import pytest
import torch
from conftest import build_golden, golden_state
from safetensors.numpy import save_file
from weights.checkpoints import Name, network, tensor, write_checkpoint
from weights.checkpoints import save as write

from yolov10.convolutions import state_entries
from yolov10.errors import UserError
from yolov10.model_card import ModelCard
from yolov10.network import build
from yolov10.weights import import_checkpoint, load
from yolov10.weights import save as save_native
from yolov10.weights.foreign import UNKNOWN_LICENSE, read_foreign
from yolov10.weights.native import write_native

NAMES = [f"name {index}" for index in range(80)]


def half(state):
    return {name: v.astype(np.float16) if v.dtype == np.float32 else v for name, v in state.items()}


def same_tensors(weights, state):
    return weights.tensors.keys() == state.keys() and all(
        np.array_equal(weights.tensors[name], value) for name, value in state.items()
    )


@pytest.mark.parametrize(
    "name", ["authors-8.1.34-n-3classes", "ultralytics-8.4.190-n-3classes", "ultralytics-8.4.190-n-bccd"]
)
def test_real_checkpoints_give_every_tensor(shared, name):
    facts = json.loads((shared / "checkpoints" / f"{name}.json").read_text())
    found = read_foreign(shared / "checkpoints" / f"{name}.pt")
    assert found.weights.card.scale == "n"
    assert list(found.weights.card.names) == list(facts["names"].values())
    assert "AGPL-3.0" in found.weights.card.license
    assert (len(found.mapped), found.missing, found.unexpected) == (facts["entries"], (), ())
    hashes = {}
    for key, value in found.weights.tensors.items():
        data = value.astype("<f2") if value.dtype.kind == "f" else value.astype("<i8")
        hashes[key] = hashlib.sha256(data.tobytes()).hexdigest()[:16]
    assert hashes == facts["fp16_sha256_16"]


def test_twins_of_every_scale_are_recognised(scale, tmp_path):
    state = half(golden_state(scale))
    found = read_foreign(write_checkpoint(tmp_path / "twin.pt", state, names=NAMES, scale=scale))
    assert found.weights.card.scale == scale
    assert found.weights.card.names == tuple(NAMES)
    assert same_tensors(found.weights, state)
    assert len(found.mapped) == len(state)


@pytest.mark.parametrize("style", ["authors", "upstream", "state_dict"])
@pytest.mark.parametrize(
    "options",
    [
        {"stripped": True},
        {"stripped": False, "numpy_home": "numpy.core"},
        {"stripped": False, "numpy_home": "numpy._core", "protocol": 4},
        {"stripped": True, "dtype": "bfloat16"},
        {"stripped": False, "dtype": "float32", "channels_last": True, "criterion": True},
    ],
)
def test_twins_of_every_style_give_the_ema_and_the_facts(tmp_path, style, options):
    found = read_foreign(
        write_checkpoint(tmp_path / "n.pt", golden_state("n"), names=NAMES, style=style, **options)
    )
    dtype = options.get("dtype", "float16")
    for name, value in golden_state("n").items():
        if value.dtype == np.float32 and dtype == "bfloat16":
            expected = (value.view(np.uint32) & 0xFFFF0000).view(np.float32)  # as the writer cuts it
        else:
            expected = value.astype(dtype) if value.dtype == np.float32 else value
        np.testing.assert_array_equal(found.weights.tensors[name], expected, err_msg=name)
    if style != "state_dict":
        assert found.weights.card.names == tuple(NAMES)
        assert "AGPL-3.0" in found.weights.card.license
        assert found.written_by.startswith("ultralytics 8.")
        assert json.loads(found.weights.card.training)["imported_from"] == "n.pt"


def test_class_count_is_deduced(tmp_path):
    state = {name: value.numpy() for name, value in build("s", num_classes=7).state_dict().items()}
    network = import_checkpoint(write_checkpoint(tmp_path / "s7.pt", state, names=list("0123456"), scale="s"))
    assert (network.card.scale, network.card.names) == ("s", tuple("0123456"))


def test_an_imported_network_detects_as_the_original(tmp_path):
    images = torch.rand(1, 3, 96, 128)
    path = write_checkpoint(tmp_path / "n.pt", golden_state("n"), names=NAMES, dtype="float32")
    with torch.inference_mode():
        torch.testing.assert_close(import_checkpoint(path)(images), build_golden("n")(images))


def test_imported_weights_keep_half_precision_and_load_as_float32(tmp_path):
    found = read_foreign(write_checkpoint(tmp_path / "n.pt", golden_state("n"), names=NAMES))
    path = write_native(tmp_path / "n.safetensors", found.weights)
    assert path.stat().st_size < 6_000_000
    assert load(path).model[0].conv.weight.dtype == torch.float32


def test_hugging_face_folder(tmp_path):
    state = golden_state("n")
    save_file({f"model.{name}": value for name, value in state.items()}, tmp_path / "model.safetensors")
    names = {str(index): f"name {index}" for index in range(80)}
    (tmp_path / "config.json").write_text(
        json.dumps({"model": "yolov10n.yaml", "task": "detect", "names": names})
    )
    (tmp_path / "README.md").write_text("---\ntags:\n- x\nlicense: agpl-3.0\n---\n# Model\n")
    found = read_foreign(tmp_path)
    assert same_tensors(found.weights, state)
    assert found.mapped["model.model.0.conv.weight"] == "model.0.conv.weight"
    assert found.weights.card.names[11] == "name 11"
    assert found.weights.card.license == "agpl-3.0"


def test_older_hugging_face_folder_names_only_the_model(tmp_path):
    save_file(
        {f"model.{name}": value for name, value in golden_state("n").items()}, tmp_path / "model.safetensors"
    )
    (tmp_path / "config.json").write_text('{"model": "yolov10n.yaml"}')
    assert read_foreign(tmp_path).weights.card.names[:2] == ("class0", "class1")


def test_a_bare_safetensors_file_of_published_names(tmp_path):
    save_file(golden_state("n"), tmp_path / "bare.safetensors")
    found = read_foreign(tmp_path / "bare.safetensors")
    assert found.weights.card.license == UNKNOWN_LICENSE
    assert same_tensors(found.weights, golden_state("n"))


def test_fused_file_with_both_heads_keeps_the_one_in_use(tmp_path):
    fused = {name: value.numpy() for name, value in build_golden("n").fuse().state_dict().items()}
    other_head = {name.replace("one2one_", ""): value for name, value in fused.items() if "one2one_" in name}
    save_file(fused | other_head, tmp_path / "fused.safetensors")
    found = read_foreign(tmp_path / "fused.safetensors")
    assert (found.weights.fused, found.weights.one2many) == (True, False)
    assert set(found.unexpected) == set(other_head)
    assert same_tensors(found.weights, fused)
    images = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        expected = build_golden("n").fuse()(images)
        torch.testing.assert_close(import_checkpoint(tmp_path / "fused.safetensors")(images), expected)


def test_one_head_file(tmp_path):
    state = {
        name: v
        for name, v in golden_state("n").items()
        if not name.startswith(("model.23.cv2", "model.23.cv3"))
    }
    save_file(state, tmp_path / "one.safetensors")
    found = read_foreign(tmp_path / "one.safetensors")
    assert (found.weights.fused, found.weights.one2many) == (False, False)
    images = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(
            import_checkpoint(tmp_path / "one.safetensors")(images), build_golden("n")(images)
        )


def test_counters_and_dfl_that_are_missing_are_filled_in_and_reported(tmp_path):
    kept = {
        n: v
        for n, v in golden_state("n").items()
        if not n.endswith(("num_batches_tracked", "dfl.conv.weight"))
    }
    save_file(kept, tmp_path / "lean.safetensors")
    found = read_foreign(tmp_path / "lean.safetensors")
    assert len(found.missing) == 96
    assert "model.23.dfl.conv.weight" in found.missing
    assert same_tensors(found.weights, golden_state("n"))


def test_names_in_the_file_that_are_not_ours_are_reported(tmp_path):
    save_file(
        golden_state("n") | {"model.23.anchors": np.zeros(3, np.float32)}, tmp_path / "more.safetensors"
    )
    assert read_foreign(tmp_path / "more.safetensors").unexpected == ("model.23.anchors",)


def without(*parts):
    return {n: v for n, v in golden_state("n").items() if not any(part in n for part in parts)}


@pytest.mark.parametrize(
    "state,reason",
    [
        (without("one2one"), "no one-to-one head .is it another YOLO version"),
        (without("model.5."), "lacks 10 of the 595 tensors of YOLOv10-n: model.5.cv1.conv.weight"),
        (golden_state("n") | {"model.0.conv.weight": np.zeros((17, 3, 3, 3), np.float32)}, "17 channels"),
        (golden_state("n") | {"model.0.conv.weight": np.zeros((), np.float32)}, "0 channels"),
        (
            golden_state("n") | {"model.3.bn.bias": np.zeros((64, 2), np.float32)},
            r"model.3.bn.bias: \[64, 2\]",
        ),
        (golden_state("n") | {"model.3.bn.bias": np.full(64, np.nan, np.float32)}, "not finite"),
        (golden_state("n") | {"model.3.bn.bias": np.zeros(64, np.uint8)}, "as uint8, which is no weight"),
        ({"other": np.zeros(3, np.float32)}, "no one-to-one head"),
    ],
)
def test_what_is_no_yolov10_is_refused_by_name(tmp_path, state, reason):
    save_file(state, tmp_path / "bad.safetensors")
    with pytest.raises(UserError, match=rf"bad\.safetensors: .*{reason}") as fault:
        read_foreign(tmp_path / "bad.safetensors")
    assert "\n" not in str(fault.value)


def test_wrong_number_of_names_is_refused(tmp_path):
    path = write_checkpoint(tmp_path / "n.pt", golden_state("n"), names=["a", "b"])
    with pytest.raises(UserError, match="names 2 classes, but its head has 80"):
        read_foreign(path)


@pytest.fixture
def folder(tmp_path):
    save_file(
        {f"model.{name}": value for name, value in golden_state("n").items()}, tmp_path / "model.safetensors"
    )
    return tmp_path


@pytest.mark.parametrize(
    "content,reason",
    [
        ("not json", r"config\.json: not JSON"),
        ("[" * 100_000, r"config\.json: not JSON"),
        ('{"names": {"0": 5}}', "class names are not text"),
        ("{}" + " " * 4_000_000, "4000002 bytes are too many"),
    ],
)
def test_broken_config_is_refused_in_one_line(folder, content, reason):
    (folder / "config.json").write_text(content)
    with pytest.raises(UserError, match=reason) as fault:
        read_foreign(folder)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize("content", ["[1]", "{}", '{"names": null}', '{"model": 5}'])
def test_config_that_says_nothing_is_ignored(folder, content):
    (folder / "config.json").write_text(content)
    card = read_foreign(folder).weights.card
    assert (card.scale, card.names[0], len(card.names)) == ("n", "class0", 80)


def test_an_enormous_readme_is_refused(folder):
    (folder / "README.md").write_text("---\nlicense: mit\n---\n" + " " * 4_000_000)
    with pytest.raises(UserError, match=r"README\.md: \d+ bytes are too many"):
        read_foreign(folder)


def test_a_native_file_keeps_its_whole_card(tmp_path):
    network = build("n", num_classes=2)
    network.card = ModelCard("n", ("a", "b"), 320, threshold=0.31, license="MIT", training='{"epochs": 3}')
    path = save_native(network, tmp_path / "model.safetensors")
    for given in (path, tmp_path):
        found = read_foreign(given)
        assert found.weights.card == network.card
        assert (len(found.mapped), found.missing, found.unexpected) == (len(network.state_dict()), (), ())
        assert import_checkpoint(given).card == network.card


@pytest.mark.parametrize("names", [NAMES, dict(enumerate(NAMES))])
def test_names_and_licence_in_the_metadata_of_bare_safetensors_are_taken(tmp_path, names):
    metadata = {"names": json.dumps(names), "license": "MIT\nlicense of these weights: \x1b[1mCC0"}
    save_file(golden_state("n"), tmp_path / "model.safetensors", metadata)
    for path in (tmp_path, tmp_path / "model.safetensors"):
        card = read_foreign(path).weights.card
        assert card.names == tuple(NAMES)
        assert card.license == "MIT license of these weights: \\x1b[1mCC0"


@pytest.mark.parametrize("names", ["x", "[" * 100_000, "[1, 2]", "5"])
def test_metadata_of_bare_safetensors_that_names_nothing_is_ignored(tmp_path, names):
    save_file(golden_state("n"), tmp_path / "bare.safetensors", {"names": names})
    assert read_foreign(tmp_path / "bare.safetensors").weights.card.names[0] == "class0"


def states(**facts):
    """A checkpoint that is a dictionary: scale n's tensors under `state_dict`, and facts beside them."""
    return {"state_dict": {name: tensor(value) for name, value in golden_state("n").items()}} | facts


def test_a_state_dict_under_its_usual_key_is_found(tmp_path):
    assert same_tensors(read_foreign(write(tmp_path / "n.pt", states())).weights, golden_state("n"))


@pytest.mark.parametrize("asked,size", [(320, 320), (500, 512), ([320, 500], 512), (5, 640), ("x", 640)])
def test_the_size_of_the_training_is_taken_in_steps_of_32(tmp_path, asked, size):
    path = write(tmp_path / "n.pt", states(train_args={"imgsz": asked}))
    assert read_foreign(path).weights.card.image_size == size


def test_figures_that_json_lacks_are_left_out_of_the_training(tmp_path):
    metrics = {"map": 0.5, "nan": float("nan"), "inf": float("inf"), "best": True}
    path = write(tmp_path / "n.pt", states(train_metrics=metrics))
    training = read_foreign(path).weights.card.training
    assert "NaN" not in training and "Infinity" not in training
    assert json.loads(training)["metrics"] == {"map": 0.5, "best": True}


def test_training_options_of_enormous_length_are_left_behind(tmp_path):
    path = write(tmp_path / "n.pt", states(train_args={"text": "x" * 20_000}, train_metrics={"map": 0.5}))
    training = json.loads(read_foreign(path).weights.card.training)
    assert "options" not in training
    assert training["metrics"] == {"map": 0.5}


def test_a_licence_of_many_lines_becomes_one(tmp_path):
    path = write(tmp_path / "n.pt", states(license="MIT\nwrote x\x1b[2J" + "x" * 1000))
    license = read_foreign(path).weights.card.license
    assert license.startswith("MIT wrote x\\x1b[2Jx")
    assert len(license) < 510


def test_a_scale_that_the_tensors_belie_is_refused(tmp_path):
    path = write_checkpoint(tmp_path / "n.pt", golden_state("n"), names=NAMES, scale="s")
    with pytest.raises(UserError, match="says it is scale s, but holds the tensors of scale n"):
        read_foreign(path)


def test_buffers_that_are_not_persistent_are_no_entries(tmp_path):
    model = network(golden_state("n"), Name("ultralytics.nn.tasks", "DetectionModel"), {})
    model.state["_buffers"] = {"kept": tensor(np.ones(2, np.float32)), "scratch": tensor(np.ones(3))}
    model.state["_non_persistent_buffers_set"] = {"scratch"}
    assert read_foreign(write(tmp_path / "n.pt", {"model": model})).unexpected == ("kept",)


@pytest.mark.parametrize("suffix", [".onnx", ".xml"])
def test_exported_models_are_not_imported(tmp_path, suffix):
    (tmp_path / f"n{suffix}").write_bytes(b"x")
    with pytest.raises(UserError, match=r"is an exported model: .* predict runs it"):
        read_foreign(tmp_path / f"n{suffix}")


@pytest.mark.parametrize("make", ["folder", "gone.pt"])
def test_nothing_to_read(tmp_path, make):
    if make == "folder":
        (tmp_path / make).mkdir()
    with pytest.raises(UserError, match=make):
        read_foreign(tmp_path / make)


def test_expected_entries_are_those_of_the_network():
    assert {n: tuple(v.shape) for n, v in build("n").state_dict().items()} == state_entries("n")
