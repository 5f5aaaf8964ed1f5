"""The warp's matrix, and how far a crop on whole pixels may be from it."""

from dataclasses import replace

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from yolov10.data.augmentation import PUBLISHED
from yolov10.data.layers import Layer
from yolov10.data.pictures import Objects
from yolov10.data.warp import MAX_STRETCH, Warp, corners, random_warp, show, transform

NOTHING = Objects(np.zeros(0, np.int64), np.zeros((0, 4)), None)


@given(seed=st.integers(0, 2**32), spread=st.sampled_from([0.5, 0.9]))
def test_with_the_defaults_it_scales_about_the_centre_and_shifts(seed, spread):
    """Spec 5.3: x' = s·(x - W/2) + tx·w."""
    settings = replace(PUBLISHED["n"], scale=spread)
    warp = random_warp(settings, 1280, 640, np.random.default_rng(seed))
    scale, shift = warp.scale, (warp.matrix[:2, 2] + warp.scale * 640) / 640
    assert 1 - spread <= scale <= 1 + spread
    assert ((shift >= 0.4 - 1e-9) & (shift <= 0.6 + 1e-9)).all()
    expected = [[scale, 0, shift[0] * 640 - scale * 640], [0, scale, shift[1] * 640 - scale * 640], [0, 0, 1]]
    np.testing.assert_allclose(warp.matrix, expected, atol=1e-9)


@given(
    extent=st.tuples(st.integers(10, 640), st.integers(10, 640)),
    scale=st.floats(0.1, 12),
    shift=st.tuples(st.floats(-900, 900), st.floats(-900, 900)),
    cut=st.tuples(st.floats(0, 0.9), st.floats(0, 0.9)),
)
def test_crops_on_whole_pixels_are_where_they_should_be_and_hardly_stretched(extent, scale, shift, cut):
    part = (cut[0] * extent[0], cut[1] * extent[1], *map(float, extent))
    exact = np.array([[scale, 0, shift[0]], [0, scale, shift[1]], [0, 0, 1]])
    shown = show(Layer(0, extent, NOTHING, np.eye(3), part), Warp(exact, scale), 640)
    ends = np.clip(transform(corners(np.array([part])), exact)[0], 0, 640)
    assume(shown is not None)
    assert np.abs(shown.window - ends).max() <= 0.5 + 1e-9
    assert np.abs(np.diag(shown.matrix) / np.diag(exact) - 1).max() <= MAX_STRETCH / (1 - MAX_STRETCH) + 1e-9
    assert MAX_STRETCH <= 0.02
    if shown.crop:
        crop = corners(np.array([shown.crop], float))[0]
        np.testing.assert_allclose(transform(crop, shown.matrix), shown.window, atol=1e-6)
        # Half a pixel of the picture, as large as it is shown, and half a pixel here.
        assert np.abs(transform(crop, exact) - shown.window).max() <= 0.5 * scale + 0.5 + 1e-6
    else:
        assert (shown.matrix == exact).all()


@given(extent=st.tuples(st.integers(10, 640), st.integers(10, 640)), shift=st.floats(641, 900))
def test_what_lies_outside_is_not_shown(extent, shift):
    for matrix in ([[1, 0, shift], [0, 1, 0], [0, 0, 1]], [[0.8, 0.6, shift], [-0.6, 0.8, 1300], [0, 0, 1]]):
        layer = Layer(0, extent, NOTHING, np.eye(3), (0.0, 0.0, *map(float, extent)))
        assert show(layer, Warp(np.array(matrix, float), 1.0), 640) is None
