"""The native format: round trips, metadata, and refusals."""

import json
import os
import struct

import numpy as np
import pytest
import torch
from conftest import build_golden, golden_state
from memory import peak_megabytes, write_all
from safetensors.torch import save_file as save_torch_file

from yolov10.errors import UserError
from yolov10.model_card import ModelCard
from yolov10.network import build
from yolov10.weights import load, save
from yolov10.weights.native import Weights, is_native, read_native, read_safetensors, write_native


@pytest.fixture
def file(tmp_path):
    network = build("n", num_classes=2)
    network.card = ModelCard(
        "n", ("적혈구", "WBC"), image_size=320, threshold=0.31, license="MIT", training='{"epochs": 3}'
    )
    return save(network, tmp_path / "n.safetensors")


def test_a_network_comes_back_as_it_was_saved(tmp_path):
    network = build_golden("n")
    again = load(save(network, tmp_path / "n.safetensors"))
    assert not again.training
    for name, value in network.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name
    images = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(again(images), network(images))


def test_a_loaded_network_can_be_trained(tmp_path):
    again = load(save(build("n", num_classes=2), tmp_path / "n.safetensors")).train()
    sum(level.sum() for level in again(torch.rand(2, 3, 64, 64))["one2many"]).backward()
    assert again.model[0].conv.weight.grad is not None
    assert not again.head.dfl.conv.weight.requires_grad


def test_metadata_is_the_contracts(file):
    _, metadata = read_safetensors(file)
    assert json.loads(metadata["names"]) == ["적혈구", "WBC"]
    assert {
        key: metadata[key] for key in ("format", "scale", "image_size", "heads", "fused", "threshold")
    } == {
        "format": "yolov10",
        "scale": "n",
        "image_size": "320",
        "heads": "both",
        "fused": "false",
        "threshold": "0.31",
    }
    assert metadata["license"] == "MIT"
    assert json.loads(metadata["training"]) == {"epochs": 3}


def test_the_card_comes_back(file):
    assert load(file).card == read_native(file).card
    assert load(file).card.names == ("적혈구", "WBC")
    assert load(file).card.threshold == 0.31


@pytest.mark.parametrize("prepare,fused", [("fuse", True), ("drop_one2many", False)])
def test_fused_and_one_head_networks_round_trip(tmp_path, prepare, fused):
    network = getattr(build_golden("n"), prepare)()
    weights = read_native(save(network, tmp_path / "n.safetensors"))
    assert (weights.fused, weights.one2many) == (fused, False)
    images = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(load(tmp_path / "n.safetensors")(images), network(images))


def test_half_precision_is_stored_as_such_and_loaded_as_float32(tmp_path):
    path = save(build_golden("n").half(), tmp_path / "n.safetensors")
    assert read_native(path).tensors["model.0.conv.weight"].dtype == np.float16
    assert load(path).model[0].conv.weight.dtype == torch.float32


def test_bfloat16_networks_are_stored_as_float32(tmp_path):
    path = save(build("n", num_classes=1).bfloat16(), tmp_path / "n.safetensors")
    assert read_native(path).tensors["model.0.conv.weight"].dtype == np.float32


def rewritten(file, *, tensors=None, **metadata):
    """The file with other metadata or tensors."""
    from safetensors.numpy import save_file

    old, facts = read_safetensors(file)
    path = file.with_name("changed.safetensors")
    save_file(
        old if tensors is None else tensors(old), path, {k: v for k, v in (facts | metadata).items() if v}
    )
    return path


@pytest.mark.parametrize(
    "change,reason",
    [
        ({"scale": "q"}, "scale is 'q', not one of n s m b l x"),
        ({"scale": ""}, "'scale' is missing"),
        ({"scale": "s"}, "entries do not fit YOLOv10-s"),
        ({"names": "not json"}, "'names' cannot be read"),
        ({"names": '{"a": 1}'}, "'names' is not a list"),
        ({"names": "[1, 2]"}, "does not name every class"),
        ({"names": '["a", "b", "c"]'}, "entries do not fit"),
        ({"names": "[" * 100_000}, "'names' cannot be read"),
        ({"image_size": "-5"}, "image size of -5"),
        ({"image_size": "9" * 5000}, "'image_size' cannot be read"),
        ({"threshold": "nan"}, "threshold of nan"),
        ({"threshold": "2"}, "threshold of 2.0"),
        ({"fused": "true"}, "entries do not fit"),
        ({"heads": "one2one"}, "entries do not fit"),
        ({"format": "other"}, "yolov10 import"),
    ],
)
def test_wrong_metadata_is_named(file, change, reason):
    with pytest.raises(UserError, match=reason) as fault:
        read_native(rewritten(file, **change))
    assert "changed.safetensors" in str(fault.value)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize(
    "change,reason",
    [
        (
            lambda t: {k: v for k, v in t.items() if k != "model.5.cv1.conv.weight"},
            "model.5.cv1.conv.weight: none",
        ),
        (lambda t: t | {"model.24.extra": np.zeros(2, np.float32)}, r"model.24.extra: \[2\], expected none"),
        (
            lambda t: t | {"model.0.bn.bias": np.zeros(3, np.float32)},
            r"model.0.bn.bias: \[3\], expected \[16\]",
        ),
        (lambda t: t | {"model.0.bn.bias": np.zeros(16, np.uint8)}, "uint8"),
        (lambda t: t | {"model.0.bn.bias": np.zeros(16, np.int64)}, "int64"),
        (
            lambda t: t | {"model.0.bn.bias": np.full(16, np.nan, np.float32)},
            "values in model.0.bn.bias that are not finite: the training diverged",
        ),
    ],
)
def test_wrong_tensors_are_named(file, change, reason):
    with pytest.raises(UserError, match=reason):
        read_native(rewritten(file, tensors=change))


HOSTILE = {
    "empty": b"",
    "short": b"\x01\x02",
    "header longer than the file": struct.pack("<Q", 1000) + b"{}",
    "header of a gigabyte": struct.pack("<Q", 2**30) + b"{}",
    "header of 2^63": struct.pack("<Q", 2**63) + b"{}",
    "header not JSON": struct.pack("<Q", 4) + b"abcd",
    "header a list": struct.pack("<Q", 2) + b"[]",
    "header not UTF-8": struct.pack("<Q", 4) + b'{"\xff"',
    "deep JSON": struct.pack("<Q", 40_000) + b'{"a":' * 8_000,
    "text": b"<html>404 not found</html>",
    "zip": b"PK\x03\x04" + bytes(100),
}
for name, info in {
    "offsets outside": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]},
    "offsets backwards": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]},
    "negative shape": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]},
    "shape overflows": {"dtype": "F32", "shape": [2**62, 8], "data_offsets": [0, 4]},
    "shape and size differ": {"dtype": "F32", "shape": [3], "data_offsets": [0, 4]},
    "unknown type": {"dtype": "F33", "shape": [1], "data_offsets": [0, 4]},
    "bfloat16": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]},
}.items():
    header = json.dumps({"model.0.conv.weight": info}).encode()
    HOSTILE[name] = struct.pack("<Q", len(header)) + header + bytes(4)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_safetensors_are_refused_in_one_line(tmp_path, name):
    path = tmp_path / "hostile.safetensors"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(UserError, match=r"hostile\.safetensors") as fault:
        load(path)
    assert "\n" not in str(fault.value)
    assert len(str(fault.value)) < 400


READ_ALL = """
import sys
from pathlib import Path
from yolov10.errors import UserError
from yolov10.weights.native import read_native

for path in Path(sys.argv[1]).iterdir():
    try:
        read_native(path)
    except UserError:
        continue
    raise AssertionError(path)
"""


def test_hostile_safetensors_take_little_memory(tmp_path):
    write_all(tmp_path, HOSTILE, ".safetensors")
    assert peak_megabytes(READ_ALL, tmp_path) < 500


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"gone\.safetensors: no such file"):
        load(tmp_path / "gone.safetensors")


def test_a_file_that_cannot_be_opened_says_why(tmp_path):
    (tmp_path / "folder.safetensors").mkdir()
    with pytest.raises(UserError, match=r"folder\.safetensors: (is a directory|permission denied)"):
        load(tmp_path / "folder.safetensors")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_not_called_missing(file):
    file.chmod(0)
    with pytest.raises(UserError, match=r"n\.safetensors: permission denied"):
        load(file)


def test_a_network_whose_card_names_other_classes_is_not_saved(tmp_path):
    network = build("n", num_classes=2)
    network.card = ModelCard("n", ("a", "b", "c"))
    with pytest.raises(UserError, match="entries do not fit YOLOv10-n"):
        save(network, tmp_path / "n.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_threshold_of_numpy_is_saved_so_that_it_loads(tmp_path):
    network = build("n", num_classes=1)
    network.card = ModelCard("n", ("a",), threshold=np.float64(0.3))
    assert load(save(network, tmp_path / "n.safetensors")).card.threshold == 0.3


def test_is_native_by_content(file, tmp_path):
    from safetensors.numpy import save_file

    save_file({"a": np.zeros(1, np.float32)}, tmp_path / "other.safetensors")
    assert is_native(file)
    assert not is_native(tmp_path / "other.safetensors")
    assert not is_native(tmp_path)
    assert not is_native(tmp_path / "n.pt")


def test_writing_needs_a_folder_that_can_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    weights = Weights(golden_state("n"), ModelCard.unnamed("n", 80), fused=False, one2many=True)
    with pytest.raises(UserError, match="cannot write"):
        write_native(tmp_path / "file" / "n.safetensors", weights)


def test_a_type_that_numpy_lacks_is_named(tmp_path):
    save_torch_file({"a": torch.zeros(2, dtype=torch.float8_e4m3fn)}, tmp_path / "eight.safetensors")
    with pytest.raises(UserError, match=r"eight\.safetensors: holds numbers of a type that is not read"):
        read_safetensors(tmp_path / "eight.safetensors")


def test_bfloat16_is_read_as_float32(tmp_path):
    network = build("n", 3)
    halves = {name: value.to(torch.bfloat16) for name, value in network.state_dict().items()}
    halves = {name: value if value.dim() else value.long() for name, value in halves.items()}
    save_torch_file(halves, tmp_path / "half.safetensors")
    tensors, _ = read_safetensors(tmp_path / "half.safetensors")
    for name, value in halves.items():
        np.testing.assert_array_equal(tensors[name], value.float().numpy() if value.dim() else value.numpy())
        assert tensors[name].dtype == (np.float32 if value.dim() else np.int64)
