"""The other head, on a network fresh from its seed: both heads start from the same weights."""

import numpy as np
import pytest
from conftest import DATA, build_golden

from yolov10.data import open_dataset
from yolov10.errors import UserError
from yolov10.evaluation import evaluate
from yolov10.evaluation.matching import overlaps
from yolov10.evaluation.one2many import NMS_IOU, NO_CLASS, open_one2many
from yolov10.runtimes.open import open_runtime
from yolov10.weights import save

BCCD = DATA / "bccd" / "data.yaml"


@pytest.fixture(scope="module")
def golden(tmp_path_factory):
    """Weights whose one-to-one head equals the other."""
    network = build_golden("n")
    network.head.one2one_cv2.load_state_dict(network.head.cv2.state_dict())
    network.head.one2one_cv3.load_state_dict(network.head.cv3.state_dict())
    return save(network, tmp_path_factory.mktemp("golden") / "n.safetensors")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """Weights for the cells, as new."""
    import torch

    from yolov10.model_card import ModelCard
    from yolov10.network.model import YOLOv10

    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = YOLOv10(ModelCard("n", ("RBC", "WBC", "Platelets"), image_size=64)).eval()
    return save(network, tmp_path_factory.mktemp("fresh") / "n.safetensors")


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).random((2, 3, 64, 96), np.float32)


@pytest.mark.parametrize("wrong", [{"head": "one2Many"}, {"head": None}, {"protocol": "publishd"}])
def test_an_unknown_head_or_protocol_is_refused(golden, wrong):
    """It was taken for `both`, and for `published`."""
    (name,) = wrong
    with pytest.raises(UserError, match=f"no {name} .*: choose "):
        evaluate(golden, BCCD, **wrong)


def test_it_obeys_the_threads_of_its_runtime(golden, pictures, monkeypatch):
    import torch

    one2one = open_runtime(golden, runtime="torch", device="cpu", threads=1)
    head, before, seen = open_one2many(golden, one2one), torch.get_num_threads(), []
    decode = head.network.decode
    monkeypatch.setattr(
        head.network, "decode", lambda *images: seen.append(torch.get_num_threads()) or decode(*images)
    )
    torch.set_num_threads(2)
    try:
        head(pictures)
    finally:
        torch.set_num_threads(before)
    assert seen == [1]


def test_before_suppression_it_finds_what_an_equal_one_to_one_head_finds(golden, pictures):
    one2one = open_runtime(golden, runtime="torch", device="cpu")
    found, same = open_one2many(golden, one2one)._candidates(pictures), one2one(pictures)
    assert found.shape == (2, 3000, 6)
    np.testing.assert_allclose(found[:, : same.shape[1], 4], same[..., 4], atol=1e-5)
    # The rest, of those whose scores are far enough apart to have one order.
    for one, other in zip(found, same, strict=True):
        gaps = -np.diff(other[:, 4])
        alone = np.flatnonzero((np.append(1, gaps) > 1e-4) & (np.append(gaps, 1) > 1e-4))[:-1]
        assert len(alone) > 20
        np.testing.assert_allclose(one[alone], other[alone], atol=2e-3)


def test_suppression_leaves_no_two_of_a_class_on_one_place(golden, pictures):
    for rows in open_one2many(golden, open_runtime(golden, runtime="torch", device="cpu"))(pictures):
        assert rows.shape == (300, 6)
        kept = rows[rows[:, 5] != NO_CLASS]
        assert len(kept) > 0
        same = kept[:, 5, None] == kept[:, 5]
        assert (overlaps(kept[:, :4], kept[:, :4]) * same - np.eye(len(kept))).max() <= NMS_IOU
        assert (np.diff(kept[:, 4]) <= 0).all()


def test_both_heads_and_their_gap(fresh):
    one2one = evaluate(fresh, BCCD, device="cpu")
    one2many = evaluate(fresh, BCCD, device="cpu", head="one2many")
    both = evaluate(fresh, BCCD, device="cpu", head="both")
    assert both["gap"] == pytest.approx(one2many["AP"] - one2one["AP"], abs=1e-6)
    assert set(both) == {*one2one, "one2many", "gap"}
    assert set(both["one2many"]) == set(one2one) == set(one2many)
    assert both["AP"] == one2one["AP"]
    assert both["one2many"]["AP"] == one2many["AP"]


def test_weights_without_the_head_are_named(fresh, tmp_path):
    from yolov10.weights import load

    fused = save(load(fresh).fuse(), tmp_path / "fused.safetensors")
    dataset = open_dataset(BCCD, "val")
    with pytest.raises(UserError, match=r"fused\.safetensors has no one-to-many head"):
        evaluate(fused, dataset, head="both")
