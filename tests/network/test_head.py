"""Decoding and top-k: spec 3.3, 3.4, 11.3, 11.5."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from yolov10.network.head import DFL, Detect, anchor_points, top_detections


def test_anchor_points_run_level_by_level_and_row_by_row():
    centres, strides = anchor_points(
        [torch.zeros(1, 1, 2, 3), torch.zeros(1, 1, 1, 2), torch.zeros(1, 1, 1, 1)]
    )
    assert centres.T.tolist() == [
        *([0.5, 0.5], [1.5, 0.5], [2.5, 0.5], [0.5, 1.5], [1.5, 1.5], [2.5, 1.5]),
        *([0.5, 0.5], [1.5, 0.5]),
        [0.5, 0.5],
    ]
    assert strides.tolist() == [8.0] * 6 + [16.0] * 2 + [32.0]


def test_dfl_gives_the_mean_of_each_sides_distribution():
    bins = torch.full((1, 4, 16, 1), -1e4)
    for side, (a, b) in enumerate(((1, 1), (2, 2), (3, 4), (0, 15))):
        bins[0, side, a] = bins[0, side, b] = 0
    assert DFL()(bins.flatten(1, 2)).flatten().tolist() == [1.0, 2.0, 3.5, 7.5]


def test_sides_are_left_top_right_bottom_in_cells_of_the_level():
    head = Detect((64, 128, 256), 1)
    maps = [torch.zeros(1, 65, 1, 1) for _ in range(3)]
    for level in maps:
        bins = level[:, :64].view(4, 16)
        bins.fill_(-1e4)
        for side, distance in enumerate((1, 2, 3, 4)):
            bins[side, distance] = 0
    boxes, scores = head.decode(maps)
    for anchor, stride in enumerate((8, 16, 32)):
        expected = torch.tensor([0.5 - 1, 0.5 - 2, 0.5 + 3, 0.5 + 4]) * stride
        torch.testing.assert_close(boxes[0, :, anchor], expected)
    assert scores.flatten().tolist() == [0.5, 0.5, 0.5]


def test_an_anchor_may_appear_once_for_each_class():
    # Spec 11.5.
    scores = torch.tensor([[0.9, 0.8, 0.1], [0.2, 0.3, 0.05], [0.6, 0.1, 0.7], [0.5, 0.5, 0.5]]).T[None]
    boxes = torch.arange(4.0).expand(1, 4, 4)
    found = top_detections(boxes, scores, limit=3)[0]
    assert found[:, 0].tolist() == [0, 0, 2]
    torch.testing.assert_close(found[:, 4], torch.tensor([0.9, 0.8, 0.7]))
    assert found[:, 5].tolist() == [0, 1, 2]


@given(
    classes=st.integers(1, 6), anchors=st.integers(1, 40), limit=st.integers(1, 50), seed=st.integers(0, 1000)
)
def test_top_k_in_two_steps_equals_top_k_over_all_pairs(classes, anchors, limit, seed):
    generator = torch.Generator().manual_seed(seed)
    scores = torch.rand(2, classes, anchors, generator=generator)
    boxes = torch.rand(2, 4, anchors, generator=generator)
    found = top_detections(boxes, scores, limit)
    k = min(limit, anchors)
    assert found.shape == (2, k, 6)
    best = scores.flatten(1).sort(dim=1, descending=True).values[:, :k]
    torch.testing.assert_close(found[..., 4], best)
    for image in range(2):
        for row in found[image]:
            anchor = (scores[image, int(row[5])] == row[4]).nonzero()[0, 0]
            assert torch.equal(boxes[image, :, anchor], row[:4])
