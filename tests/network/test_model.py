"""The networks against the authors' release (golden vectors), and what the contract says of their modes."""

import numpy as np
import pytest
import torch
from conftest import build_golden, golden_arrays, golden_json
from golden_weights import image

from yolov10.errors import UserError
from yolov10.network import build


def picture(height=256, width=320, batch=1, seed=0):
    return torch.from_numpy(image(batch, height, width, seed))


@pytest.fixture
def golden(scale):
    return golden_arrays(scale)


def test_state_dict_names_and_shapes_are_the_published_ones(scale):
    published = golden_json(f"state_dict_{scale}")
    assert {name: list(value.shape) for name, value in build(scale).state_dict().items()} == published


def test_forward_equals_the_authors_release(golden_network, golden):
    with torch.inference_mode():
        decoded = golden_network.decode(picture()).numpy()
    np.testing.assert_allclose(decoded[:, :4], golden["one2one"][:, :4], rtol=0, atol=2e-3)
    np.testing.assert_allclose(decoded[:, 4:], golden["one2one"][:, 4:], rtol=0, atol=1e-5)


def test_one2many_head_equals_the_authors_release(golden_network, golden):
    with torch.inference_mode():
        decoded = golden_network.decode(picture(), head="one2many").numpy()[:, :, :64]
    np.testing.assert_allclose(decoded[:, :4], golden["one2many_head"][:, :4], rtol=0, atol=2e-3)
    np.testing.assert_allclose(decoded[:, 4:], golden["one2many_head"][:, 4:], rtol=0, atol=1e-5)


def test_detections_equal_the_authors_release(golden_network, golden):
    with torch.inference_mode():
        found = golden_network(picture()).numpy()[0]
    expected = golden["detections"][0]
    assert found.shape == expected.shape
    np.testing.assert_allclose(found[:, 4], expected[:, 4], rtol=0, atol=1e-5)
    unmatched = [row for row in found if not _matches(row, expected)]
    assert not unmatched, f"{len(unmatched)} detections the release does not have, first {unmatched[0]}"


def _matches(row, expected):
    """Equal scores may swap places, so a row is sought among all of the same score and class."""
    near = np.abs(expected[:, 4] - row[4]) < 1e-5
    same_class = expected[:, 5] == row[5]
    same_box = (np.abs(expected[:, :4] - row[:4]) < 2e-3).all(axis=1)
    return (near & same_class & same_box).any()


def test_every_layers_output_equals_the_authors_release(golden_network, scale):
    found = {}
    for index, module in enumerate(golden_network.model[:-1]):
        module.register_forward_hook(lambda m, _, out, i=index: found.setdefault(i, out))
    with torch.inference_mode():
        golden_network(picture())
    for index, _, shape, mean, std in golden_json(f"forward_{scale}")["layers"]:
        assert list(found[index].shape) == shape
        assert float(found[index].mean()) == pytest.approx(mean, abs=1e-5)
        assert float(found[index].std()) == pytest.approx(std, rel=1e-4)


def test_fused_gives_the_same_detections_from_fewer_parameters(golden_network, scale):
    from test_formulas import FUSED

    with torch.inference_mode():
        before = golden_network.decode(picture())
        after = golden_network.fuse().decode(picture())
    torch.testing.assert_close(after[:, :4], before[:, :4], rtol=0, atol=2e-3)
    torch.testing.assert_close(after[:, 4:], before[:, 4:], rtol=0, atol=1e-5)
    assert sum(p.numel() for p in golden_network.parameters()) == FUSED["nsmblx".index(scale)]


def test_fused_state_dict_has_the_published_names(scale):
    from yolov10.convolutions import state_entries

    state = build(scale).fuse().state_dict()
    expected = state_entries(scale, fused=True, one2many=False)
    assert {name: tuple(value.shape) for name, value in state.items()} == expected


def test_fusing_twice_is_fusing_once():
    network = build_golden("n").fuse()
    once = {name: value.clone() for name, value in network.state_dict().items()}
    twice = network.fuse().state_dict()
    assert all(torch.equal(twice[name], value) for name, value in once.items())


SIZES = [(32, 32), (64, 224), (320, 256), (96, 640)]
SCALES_AND_SIZES = [
    *((scale, *size) for scale in "ns" for size in SIZES),
    *((scale, 64, 96) for scale in "mblx"),
]


@pytest.mark.parametrize("scale,height,width", SCALES_AND_SIZES)
def test_batched_equals_single_at_any_multiple_of_32(scale, height, width):
    network = build_golden(scale)
    batch = picture(height, width, batch=3, seed=5)
    with torch.inference_mode():
        together = network.decode(batch)
        alone = torch.cat([network.decode(one[None]) for one in batch])
        found = network(batch)
    torch.testing.assert_close(together[:, :4], alone[:, :4], rtol=0, atol=1e-3)
    torch.testing.assert_close(together[:, 4:], alone[:, 4:], rtol=0, atol=1e-5)
    anchors = sum((height // s) * (width // s) for s in (8, 16, 32))
    assert together.shape == (3, 84, anchors)
    assert found.shape == (3, min(300, anchors), 6)


def test_channels_last_gives_the_same_boxes():
    network = build_golden("n")
    with torch.inference_mode():
        expected = network.decode(picture())
        network = network.to(memory_format=torch.channels_last)
        found = network.decode(picture().to(memory_format=torch.channels_last))
    torch.testing.assert_close(found[:, :4], expected[:, :4], rtol=0, atol=2e-3)
    torch.testing.assert_close(found[:, 4:], expected[:, 4:], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "dtype,score,pixels",
    [
        (torch.bfloat16, 0.003, 0.4),  # about three times the worst that was measured, of all 1,680 anchors
        (torch.float16, 0.0004, 0.06),
    ],
)
def test_half_precision_keeps_scores_and_boxes_near_and_coordinates_in_float32(dtype, score, pixels):
    network = build_golden("n").fuse()
    with torch.inference_mode():
        expected = network.decode(picture())
        found = network.to(dtype).decode(picture().to(dtype))
    assert found.dtype == torch.float32
    assert (found[:, 4:] - expected[:, 4:]).abs().max() < score
    assert (found[:, :4] - expected[:, :4]).abs().max() < pixels


@pytest.mark.parametrize(
    "shape",
    [
        *((1, 3, 250, 320), (1, 3, 256, 300), (1, 1, 256, 320), (3, 256, 320)),
        *((1, 3, 272, 320), (1, 3, 256, 336), (1, 3, 16, 32)),  # multiples of 16
    ],
)
def test_other_input_shapes_are_refused_with_the_rule(shape):
    with pytest.raises(ValueError, match="multiples of 32"):
        build("n").eval()(torch.zeros(shape))


class TestTrainingMode:
    def test_gives_both_heads_raw_maps(self):
        maps = build("n", num_classes=3).train()(picture(64, 96, batch=2))
        assert list(maps) == ["one2many", "one2one"]
        for head in maps.values():
            assert [tuple(level.shape) for level in head] == [(2, 67, 8, 12), (2, 67, 4, 6), (2, 67, 2, 3)]

    def test_no_gradient_flows_from_the_one2one_head_into_the_features(self):
        network = build("n", num_classes=3).train()
        maps = network(picture(64, 64, batch=2))
        sum(level.sum() for level in maps["one2one"]).backward()
        with_gradient = {name for name, p in network.named_parameters() if p.grad is not None}
        assert with_gradient
        assert all(name.startswith("model.23.one2one_cv") for name in with_gradient)

    def test_gradient_flows_from_the_one2many_head_into_everything_but_the_other_head(self):
        network = build("n", num_classes=3).train()
        maps = network(picture(64, 64, batch=2))
        sum(level.square().sum() for level in maps["one2many"]).backward()
        without = {name for name, p in network.named_parameters() if p.requires_grad and p.grad is None}
        assert without
        assert all(name.startswith("model.23.one2one_cv") for name in without)

    def test_both_heads_start_equal_with_the_prior_biases_of_the_specification(self):
        head = build("n").head
        for one2many, one2one in ((head.cv2, head.one2one_cv2), (head.cv3, head.one2one_cv3)):
            for a, b in zip(one2many.parameters(), one2one.parameters(), strict=True):
                assert torch.equal(a, b)
                assert a is not b
        for level, prior in enumerate((-11.536642, -10.150348, -8.764053)):
            assert torch.allclose(head.cv3[level][-1].bias, torch.tensor(prior), atol=1e-5)
            assert torch.equal(head.cv2[level][-1].bias, torch.ones(64))

    def test_batch_norm_constants(self):
        norms = [m for m in build("n").modules() if isinstance(m, torch.nn.BatchNorm2d)]
        assert len(norms) == 95
        assert {(norm.eps, norm.momentum) for norm in norms} == {(1e-3, 0.03)}

    def test_all_but_the_dfl_is_trainable(self, scale):
        from test_formulas import TRAINING

        frozen = {name for name, p in build(scale).named_parameters() if not p.requires_grad}
        trainable = sum(p.numel() for p in build(scale).parameters() if p.requires_grad)
        assert frozen == {"model.23.dfl.conv.weight"}
        assert trainable == TRAINING["nsmblx".index(scale)] - 16


class TestEvalMode:
    def test_never_computes_the_one2many_head(self):
        network = build("n", num_classes=3).eval()
        for branch in (*network.head.cv2, *network.head.cv3):
            branch.register_forward_hook(lambda *_: pytest.fail("the one-to-many head was run"))
        network(picture(64, 64))

    def test_fused_network_cannot_be_trained(self):
        with pytest.raises(UserError, match="cannot be trained"):
            build("n", num_classes=3).fuse().train()

    def test_classes_are_chosen_before_the_top_k(self):
        network = build_golden("n")
        with torch.inference_mode():
            scores = network.decode(picture())[0, 4:]
            found = network.detect(picture(), classes=(7, 41))[0]
        assert set(found[:, 5].tolist()) <= {7.0, 41.0}
        best = scores[[7, 41]].flatten().sort(descending=True).values[:300]
        torch.testing.assert_close(found[:, 4], best, rtol=0, atol=1e-6)

    @pytest.mark.parametrize("classes", [(), [], np.array([], int)])
    def test_no_classes_give_no_rows(self, classes):
        with torch.inference_mode():
            assert build("n", num_classes=3).eval().detect(picture(64, 64, batch=2), classes).shape == (
                2,
                0,
                6,
            )

    @pytest.mark.parametrize("index", [3, -1, 80])
    def test_a_class_out_of_range_is_named(self, index):
        with pytest.raises(UserError, match=f"^no class {index}: the network has classes 0 to 2$"):
            build("n", num_classes=3).eval().detect(picture(64, 64), [0, index])

    def test_decoding_the_head_that_fuse_dropped_is_a_user_error(self):
        with pytest.raises(UserError, match=r"the one-to-many head was dropped by fuse\(\)"):
            build("n", num_classes=3).fuse().decode(picture(64, 64), head="one2many")

    def test_decoding_a_head_that_does_not_exist_is_a_user_error(self):
        with pytest.raises(UserError, match="^no head 'nonsense': choose one2one or one2many$"):
            build("n", num_classes=3).eval().decode(picture(64, 64), head="nonsense")
