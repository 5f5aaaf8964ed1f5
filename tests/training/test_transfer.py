from dataclasses import replace

import pytest
import torch

from yolov10.errors import UserError
from yolov10.model_card import ModelCard
from yolov10.network import build
from yolov10.network.model import YOLOv10
from yolov10.training.transfer import transfer


def test_with_the_same_classes_everything_is_taken():
    source, network = build("n", 3), build("n", 3)
    found = transfer(network, source, "a.safetensors")
    assert str(found) == "all 595 entries taken"
    for name, value in network.state_dict().items():
        assert torch.equal(value, source.state_dict()[name])


@pytest.mark.parametrize(
    ("scale", "fresh"),
    [
        (
            "n",
            2 * 3 * 17,
        ),  # a class branch is as wide as there are classes, 64 to 100: all but its first unit
        ("s", 2 * 3 * 2),  # only the last convolution
    ],
)
def test_with_other_classes_what_depends_on_their_number_starts_fresh(scale, fresh):  # spec 3.1
    source, network = build(scale, 80), build(scale, 3)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    found = transfer(network, source, "a.safetensors")
    assert len(found.left) == fresh
    assert all("cv3" in name for name in found.left)
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name] if name in found.left else source.state_dict()[name])


def test_the_report_names_what_starts_fresh():
    found = transfer(build("s", 3), build("s", 80), "a.safetensors")
    assert str(found) == (
        "607 of 619 entries taken, 12 start fresh: model.23.cv3.0.2.weight, model.23.cv3.0.2.bias, "
        "model.23.cv3.1.2.weight, …"
    )


def test_fused_weights_are_refused():
    with pytest.raises(UserError, match=r"a.onnx is fused for inference and cannot be trained"):
        transfer(build("n", 3), build("n", 3).fuse(), "a.onnx")


def test_another_scale_is_refused_by_name():
    with pytest.raises(UserError, match=r"a.pt is a YOLOv10-s: leave --scale n out, or take other --weights"):
        transfer(build("n", 3), build("s", 3), "a.pt")


@pytest.mark.parametrize("names", [("b", "c", "a"), ("c", "new", "b"), ("b", "a"), ("a", "b", "c", "d")])
def test_a_class_that_both_know_keeps_its_row_wherever_it_stands(names):
    source, network = named("s", ("a", "b", "c")), named("s", names)
    found = transfer(network, source, "a.safetensors")
    own, theirs = network.state_dict(), source.state_dict()
    for key in (key for key in own if key.endswith(("cv3.0.2.weight", "cv3.2.2.bias"))):
        if len(names) == 3:
            for at, name in enumerate(names):
                same = name in "abc" and torch.equal(own[key][at], theirs[key]["abc".index(name)])
                assert same == (name in "abc")
    assert found.unknown == ([] if len(names) != 3 else [name for name in names if name == "new"])
    assert ("the classes new start fresh" in str(found)) == ("new" in names)


def test_classes_of_which_none_is_known_go_by_their_place():
    source, network = named("s", ("a", "b")), named("s", ("x", "y"))
    transfer(network, source, "a.safetensors")
    key = "model.23.one2one_cv3.0.2.bias"
    assert torch.equal(network.state_dict()[key], source.state_dict()[key])


def named(scale, names):
    """A network of such classes, whose rows all differ."""
    network = YOLOv10(replace(ModelCard.unnamed(scale, len(names)), names=names))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.uniform_()
    return network
