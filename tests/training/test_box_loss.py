"""Complete IoU and distribution focal loss against the specification's numbers and finite differences."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.autograd import gradcheck
from training.dense_reference import dense_ciou

from yolov10.training.box_loss import (
    aspect_difference,
    boxes_around,
    centre_distance,
    ciou,
    distances_to_sides,
    distribution_focal_loss,
    expected_distances,
    iou,
)

PUBLISHED = [  # specification 11.3: boxes, IoU, CIoU
    ((0, 0, 10, 10), (5, 5, 15, 15), 0.14285714, 0.03174603),
    ((0, 0, 10, 10), (2, 0, 12, 8), 0.55172413, 0.53117799),
    ((0, 0, 4, 20), (0, 0, 20, 4), 0.11111111, -0.26564498),
    ((0, 0, 10, 10), (20, 20, 30, 30), 0, -0.44444444),
    ((10, 20, 110, 70), (30, 10, 90, 100), 0.40540540, 0.38292878),
]


@pytest.mark.parametrize(("first", "second", "expected_iou", "expected_ciou"), PUBLISHED)
def test_overlap_is_the_published_one_in_either_order(first, second, expected_iou, expected_ciou):
    first, second = torch.tensor(first).double(), torch.tensor(second).double()
    for pair in ((first, second), (second, first)):
        assert iou(*pair).item() == pytest.approx(expected_iou, abs=1e-8)
        assert ciou(*pair).item() == pytest.approx(expected_ciou, abs=1e-8)


def some_boxes(count, seed, smallest=0.5):
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(count, 2, generator=generator, dtype=torch.float64) * 10
    extent = torch.rand(count, 2, generator=generator, dtype=torch.float64) * 10 + smallest
    return torch.cat([corner, corner + extent], 1)


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.5]))
def test_one_arc_tangent_gives_the_same_as_the_formula_with_two(seed, smallest):
    first, second = some_boxes(20, seed, smallest)[:, None], some_boxes(30, seed + 1, smallest)
    torch.testing.assert_close(ciou(first, second), dense_ciou(first, second), rtol=0, atol=1e-12)


def test_equal_boxes_overlap_fully_without_a_bad_gradient():
    boxes = some_boxes(8, 0).float().requires_grad_()
    overlap = ciou(boxes, boxes.detach())
    torch.testing.assert_close(overlap, torch.ones(8), rtol=0, atol=1e-6)
    (gradient,) = torch.autograd.grad(overlap.sum(), boxes)
    assert gradient.isfinite().all()


def test_a_box_without_extent_has_a_finite_gradient():
    boxes = torch.tensor([[3.0, 3, 3, 3], [3, 3, 3, 9], [3, 3, 9, 3]], requires_grad=True)
    (gradient,) = torch.autograd.grad(ciou(boxes, torch.tensor([1.0, 1, 5, 5])).sum(), boxes)
    assert gradient.isfinite().all()


@pytest.mark.parametrize("term", [iou, centre_distance, aspect_difference])
def test_gradients_of_the_terms_equal_finite_differences(term):
    others = some_boxes(6, 1)
    assert gradcheck(lambda boxes: term(boxes, others), some_boxes(6, 0).requires_grad_())


def test_weight_of_the_aspect_term_is_a_constant_to_the_gradient():
    boxes, others = some_boxes(6, 0).requires_grad_(), some_boxes(6, 1)
    with torch.no_grad():
        weight = aspect_difference(boxes, others) / (
            aspect_difference(boxes, others) - iou(boxes, others) + 1 + 1e-7
        )

    def with_constant_weight(boxes):
        return iou(boxes, others) - centre_distance(boxes, others) - weight * aspect_difference(boxes, others)

    assert gradcheck(with_constant_weight, boxes)
    (expected,) = torch.autograd.grad(with_constant_weight(boxes).sum(), boxes)
    (gradient,) = torch.autograd.grad(ciou(boxes, others).sum(), boxes)
    torch.testing.assert_close(gradient, expected)


def test_distances_and_boxes_are_inverse_and_the_published_ones():
    centre = torch.tensor([[5.5, 6.5]])
    assert boxes_around(centre, torch.tensor([[1.0, 2, 3, 4]])).tolist() == [[4.5, 4.5, 8.5, 10.5]]
    sides = distances_to_sides(centre, torch.tensor([[4.5, 4.5, 8.5, 30]]))
    assert sides.tolist() == [[1, 2, 3, 23.5]]  # the loss clamps it to the published 14.99


@given(st.floats(-5, 40))
def test_equal_bins_cost_the_logarithm_of_their_number(distance):
    loss = distribution_focal_loss(torch.zeros(1, 4, 16), torch.full((1, 4), distance))
    assert loss.item() == pytest.approx(math.log(16), abs=1e-6)


def test_distribution_focal_loss_is_the_published_one():
    bins = (0.25 * torch.arange(16)).expand(4, 4, 16)
    targets = torch.tensor([3.3, 0, 14.99, 7.5])
    each = distribution_focal_loss(bins, targets[:, None].expand(4, 4))
    torch.testing.assert_close(
        each, torch.tensor([4.415206, 5.240206, 1.492706, 3.365206]), rtol=0, atol=2e-6
    )
    assert distribution_focal_loss(bins[:1], targets[None]).item() == pytest.approx(3.628331, abs=2e-6)


def test_distances_beyond_the_bins_count_as_14_99():
    bins = torch.randn(3, 4, 16, generator=torch.Generator().manual_seed(0))
    beyond = distribution_focal_loss(bins, torch.full((3, 4), 23.5))
    torch.testing.assert_close(beyond, distribution_focal_loss(bins, torch.full((3, 4), 14.99)))


def test_gradients_of_distances_and_focal_loss_equal_finite_differences():
    bins = torch.randn(3, 4, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([[0, 3.3, 14.99, 7.5]], dtype=torch.float64).expand(3, 4)
    assert gradcheck(lambda bins: distribution_focal_loss(bins, targets), bins.requires_grad_())
    assert gradcheck(expected_distances, bins)


def test_expected_distance_of_a_certain_bin_is_that_bin():
    bins = torch.full((16, 4, 16), -100.0)
    bins[torch.arange(16), :, torch.arange(16)] = 100
    torch.testing.assert_close(expected_distances(bins), torch.arange(16.0)[:, None].expand(16, 4))
