"""Visible parts of objects and the rule of survival, each against a direct computation."""

import numpy as np
import pytest
from data_sets.painted import bounds, contains, raster
from data_sets.plain_augmentation import survives
from hypothesis import assume, given
from hypothesis import strategies as st

from yolov10.data.visible import bounds_within, survive

WINDOW = np.array([[10, 10], [90, 10], [90, 90], [10, 90]], np.float64)
coordinate = st.integers(-40, 140)
polygons = st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=9, unique=True)


@st.composite
def windows(draw):
    """A convex polygon around the middle, in either direction of turning."""
    angles = np.sort(draw(st.lists(st.integers(0, 35), min_size=3, max_size=8, unique=True))) * np.pi / 18
    assume(np.diff([*angles, angles[0] + 2 * np.pi]).max() < 3)
    window = 50 + 45 * np.stack([np.cos(angles), np.sin(angles)], 1)
    return window[:: draw(st.sampled_from([1, -1]))]


@given(polygon=polygons, window=windows())
def test_bounds_are_those_of_the_pixels_in_both(polygon, window):
    """On a raster of tenths of a unit, which may miss tips that are thinner."""
    polygon = np.array(polygon, np.float64)
    (box,) = bounds_within([polygon], window)
    scale = 10
    found = bounds(raster(polygon * scale, (1000, 1000)) & raster(window * scale, (1000, 1000)))
    if found is None:
        return
    found = found / scale
    assert (box[:2] <= found[:2] + 0.1).all()
    assert (box[2:] >= found[2:] - 0.1).all()


@given(polygon=polygons, window=windows())
def test_bounds_are_the_published_ones_unless_a_corner_of_the_window_lies_inside(polygon, window):
    """Published: the bounds of many points of the outline, as far as they lie in the window."""
    polygon = np.array(polygon, np.float64)
    (box,) = bounds_within([polygon], window)
    sampled = sample(polygon, 4000)
    sampled = sampled[contains(window, *sampled.T)]
    corner_inside = contains(polygon, *window.T).any()
    if len(sampled) and not corner_inside:
        np.testing.assert_allclose(box, [*sampled.min(0), *sampled.max(0)], atol=0.3)
    elif len(sampled):
        assert (box[:2] <= sampled.min(0) + 1e-9).all()
        assert (box[2:] >= sampled.max(0) - 1e-9).all()
    elif not corner_inside:
        assert (box[2:] - box[:2]).min() <= 0.3


def sample(polygon, count):
    """Points along every edge, ends included."""
    share = np.linspace(0, 1, count // len(polygon))[:, None, None]
    return (polygon + share * (np.roll(polygon, -1, 0) - polygon)).reshape(-1, 2)


def test_an_outline_within_the_window_keeps_its_bounds():
    outline = np.array([[20, 30], [60, 25], [40, 70]], np.float64)
    assert bounds_within([outline], WINDOW).tolist() == [[20, 25, 60, 70]]


def test_an_object_that_fills_the_window_is_as_large_as_the_window():
    outline = np.array([[-5, -5], [200, -5], [200, 200], [-5, 200]], np.float64)
    assert bounds_within([outline], WINDOW).tolist() == [[10, 10, 90, 90]]


def test_an_object_that_surrounds_the_window_without_covering_it_is_not_seen():
    ring = [[0, 0], [100, 0], [100, 100], [0, 100], [0, 5], [5, 5], [5, 95], [95, 95], [95, 5], [0, 5]]
    assert bounds_within([np.array(ring, np.float64)], WINDOW).tolist() == [[0, 0, 0, 0]]


def test_only_the_visible_arms_of_a_u_count():
    u = [[20, 0], [80, 0], [80, 30], [70, 30], [70, 5], [30, 5], [30, 50], [20, 50]]
    assert bounds_within([np.array(u, np.float64)], WINDOW).tolist() == [[20, 10, 80, 50]]


@given(
    box=st.tuples(*[st.floats(0, 300)] * 4),
    after=st.tuples(*[st.floats(0, 300)] * 4),
    scale=st.floats(0.1, 1.9),
    least=st.sampled_from([0.10, 0.01]),
)
def test_survival_is_the_formula_of_the_specification(box, after, scale, least):
    box, after = (np.sort(np.array(b).reshape(2, 2), 0).reshape(4) for b in (box, after))
    before_sides, after_sides = (b[2:] - b[:2] for b in (box * scale, after))
    assume(before_sides.min() > 0)
    found = survive(before_sides[None], after_sides[None], least)
    share = after_sides.prod() / (before_sides.prod() + 1e-16)
    assume(abs(share - least) > 1e-9)
    assert found.tolist() == [survives(box, scale, after, least)]


@pytest.mark.parametrize("least,kept", [(0.10, [False, True, True]), (0.01, [True, True, True])])
def test_the_threshold_is_lower_where_outlines_are_known(least, kept):
    before = np.array([[100, 100], [100, 100], [100, 100]], np.float64)
    after = np.array([[9, 100], [11, 100], [100, 100]], np.float64)
    assert survive(before, after, least).tolist() == kept
