"""Which labels count, and that counting out rectangles finds exactly the anchors inside a box."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from yolov10.errors import UserError
from yolov10.training.candidates import Grid, GroundTruths, Level, grid_of, ground_truths, pairs_inside

GRID = Grid(2, (Level(12, 16, 8, 0), Level(6, 8, 16, 192), Level(3, 4, 32, 240)))  # two images of 128×96


def centres_in_pixels(grid):
    """[A, 2] float64."""
    return torch.cat(
        [
            level.centres(torch.arange(level.stop - level.first)).double() * level.stride
            for level in grid.levels
        ]
    )


def found(boxes, images=None):
    """Sorted (ground truth, image, anchor) triples of `pairs_inside`."""
    boxes = torch.as_tensor(boxes, dtype=torch.float32).view(-1, 4)
    images = torch.zeros(len(boxes)).long() if images is None else torch.tensor(images)
    pairs = pairs_inside(GroundTruths(images, torch.zeros(len(boxes)).long(), boxes), GRID)
    assert sum(pairs.sizes) == len(pairs.slot) == len(pairs.ground_truth)
    assert torch.equal(pairs.inside, pairs.slot.unique())
    rows = zip(pairs.ground_truth.tolist(), pairs.slot.tolist(), strict=True)
    return sorted((g, slot // GRID.anchors, slot % GRID.anchors) for g, slot in rows)


def expected(boxes):
    """The same by the specification's comparison of every anchor with every box, in image 0."""
    corners = torch.as_tensor(boxes, dtype=torch.float32).view(-1, 1, 4).double()
    centres = centres_in_pixels(GRID)
    margins = torch.cat([centres - corners[..., :2], corners[..., 2:] - centres], 2)
    return [(g, 0, a) for g, a in (margins.amin(2) > 1e-9).nonzero().tolist()]


def test_anchor_centres_are_the_published_ones():
    coarse, coarser = Level(2, 3, 8, 0), Level(1, 2, 16, 6)
    points = torch.cat([coarse.centres(torch.arange(6)), coarser.centres(torch.arange(2))])
    assert points.tolist() == [
        [0.5, 0.5], [1.5, 0.5], [2.5, 0.5], [0.5, 1.5], [1.5, 1.5], [2.5, 1.5], [0.5, 0.5], [1.5, 0.5]
    ]  # fmt: skip


def test_grid_follows_from_the_maps():
    maps = [torch.empty(2, 67, 12, 16), torch.empty(2, 67, 6, 8), torch.empty(2, 67, 3, 4)]
    assert grid_of(maps) == GRID
    assert (GRID.anchors, GRID.slots) == (252, 504)


def near_a_centre():
    """A coordinate on an anchor's centre, or one float beside it."""
    return st.builds(
        lambda centre, toward: float(np.nextafter(np.float32(centre), np.float32(centre + toward))),
        st.sampled_from([4.0, 8.0, 12.0, 16.0, 48.0, 60.0, 92.0, 124.0]),
        st.sampled_from([-1, 0, 1]),
    )


extreme = st.sampled_from([-1e30, -1e-30, 0.0, 1e-30, 1e30])
coordinate = near_a_centre() | st.floats(-40, 170, width=32) | extreme


@given(st.lists(st.tuples(coordinate, coordinate, coordinate, coordinate), max_size=8))
def test_pairs_are_those_of_a_comparison_with_every_anchor(boxes):
    """Boxes beyond the picture, without extent, turned inside out, ending one float beside a centre."""
    assert found(boxes) == expected(boxes)


def test_anchor_on_the_edge_of_a_box_is_not_inside():
    assert found([[4, 4, 16, 16]]) == [(0, 0, 17), (0, 0, 192)]  # centres (12, 12) of P3 and (8, 8) of P4


def test_box_between_the_centres_has_no_anchor():
    assert found([[5, 5, 7, 7], [0, 0, 0, 0]]) == []


def test_pairs_stay_within_the_image_of_their_box():
    everything = [-10, -10, 200, 200]
    triples = found([everything, everything], images=[1, 0])
    assert triples == [(g, 1 - g, a) for g in (0, 1) for a in range(GRID.anchors)]


def test_targets_become_pixels():
    truths = ground_truths(torch.tensor([[1.0, 2, 0.5, 0.5, 0.25, 0.5]]), GRID, 3)
    assert (truths.image.tolist(), truths.category.tolist()) == ([1], [2])
    assert truths.box.tolist() == [[48, 24, 80, 72]]


def test_padding_rows_do_not_count_whatever_their_class():
    targets = torch.tensor([[0.0, 1, 0.5, 0.5, 0.2, 0.2], [0, -1, 0, 0, 0, 0], [1, 99, 0, 0, 0, 0]])
    assert ground_truths(targets, GRID, 3).category.tolist() == [1]


def test_a_batch_without_labels_has_no_pairs():
    truths = ground_truths(torch.zeros(0, 6), GRID, 3)
    assert truths.box.shape == (0, 4)
    assert len(pairs_inside(truths, GRID).slot) == 0


@pytest.mark.parametrize("category", [3, 80, -1])
def test_class_the_network_does_not_have_is_named(category):
    targets = torch.tensor([[0.0, 0, 0.5, 0.5, 0.2, 0.2], [0, category, 0.5, 0.5, 0.2, 0.2]])
    with pytest.raises(UserError, match=rf"class {category}, .* 0 to 2"):
        ground_truths(targets, GRID, 3)
