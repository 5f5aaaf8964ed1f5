"""Letterbox and its inverse: the examples of spec 5.5 and 7.3, and properties."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yolov10.errors import UserError
from yolov10.image_size import check_image_size, parse_image_size
from yolov10.letterbox import PADDING, fit, letterbox, network_input, scaled


# Spec 5.5: source h×w → resized w×h, top/bottom/left/right, output h×w.
@pytest.mark.parametrize(
    "height,width,scaled,pads,shape",
    [
        (480, 640, (640, 480), (0, 0, 0, 0), (480, 640)),
        (1080, 810, (480, 640), (0, 0, 0, 0), (640, 480)),
        (720, 1280, (640, 360), (12, 12, 0, 0), (384, 640)),
        (333, 500, (640, 426), (11, 11, 0, 0), (448, 640)),
        (427, 640, (640, 427), (10, 11, 0, 0), (448, 640)),
    ],
)
def test_smallest_rectangle_as_in_the_specification(height, width, scaled, pads, shape):
    assert placed(height, width, 640) == (scaled, pads, shape)


@pytest.mark.parametrize(
    "height,width,pads",
    [
        (480, 640, (80, 80, 0, 0)),
        (1080, 810, (0, 0, 80, 80)),
        (720, 1280, (140, 140, 0, 0)),
        (333, 500, (107, 107, 0, 0)),
        (427, 640, (106, 107, 0, 0)),
    ],
)
def test_fixed_square_as_in_the_specification(height, width, pads):
    _, found, shape = placed(height, width, (640, 640))
    assert (found, shape) == (pads, (640, 640))


def placed(height, width, size):
    """(resized w, h), (top, bottom, left, right) bars, output shape: measured on the pixels themselves."""
    canvas = letterbox(np.full((height, width, 3), 255, np.uint8), fit(width, height, size))
    rows = np.flatnonzero((canvas == 255).any(axis=(1, 2)))
    columns = np.flatnonzero((canvas == 255).any(axis=(0, 2)))
    outside = canvas[(canvas != 255).all(axis=2)]
    assert (outside == 114).all()
    pads = (rows[0], canvas.shape[0] - 1 - rows[-1], columns[0], canvas.shape[1] - 1 - columns[-1])
    return (len(columns), len(rows)), pads, canvas.shape[:2]


def test_undo_as_in_the_specification():
    # Spec 7.3: 720×1280 → 384×640 has gain 0.5 and pads (0, 12).
    frame = fit(1280, 720, 640)
    assert (frame.gain, frame.left, frame.top) == (0.5, 0, 12)
    boxes = np.array([[10, 12, 20, 22], [-5, 0, 700, 400]], np.float32)
    assert frame.undo(boxes).tolist() == [[20, 0, 40, 20], [0, 0, 1280, 720]]


@given(
    width=st.integers(1, 3000),
    height=st.integers(1, 3000),
    size=st.one_of(st.integers(1, 1500), st.tuples(st.integers(1, 1500), st.integers(1, 1500))),
)
def test_any_picture_fits_any_size_and_comes_back(width, height, size):
    size = check_image_size(size)
    frame = fit(width, height, size)
    assert frame.width % 32 == frame.height % 32 == 0
    if isinstance(size, tuple):
        assert (frame.height, frame.width) == size
    else:
        assert max(frame.width, frame.height) == size
    assert 0 <= frame.left < frame.width
    assert 0 <= frame.top < frame.height
    corners = np.array([[0, 0, width * frame.gain, height * frame.gain]], np.float32)
    corners += np.array([frame.left, frame.top] * 2, np.float32)
    np.testing.assert_allclose(frame.undo(corners), [[0, 0, width, height]], rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("width,height", [(2000, 3), (3, 2000), (1, 1)])
def test_a_side_never_vanishes(width, height):
    canvas = letterbox(np.full((height, width, 3), 9, np.uint8), fit(width, height, 640))
    assert (canvas == 9).any()


@given(
    width=st.integers(1, 200),
    height=st.integers(1, 200),
    size=st.one_of(st.integers(1, 150), st.tuples(st.integers(1, 150), st.integers(1, 150))),
    cut=st.booleans(),
)
def test_a_used_canvas_gives_the_pixels_of_a_fresh_one(width, height, size, cut):
    image = np.random.default_rng(0).integers(256, size=(height + cut, width + cut, 3), dtype=np.uint8)
    image = image[cut:, cut:]  # of a larger picture, with gaps between its rows
    frame = fit(width, height, check_image_size(size))
    resized = cv2.resize(image, scaled(width, height, frame.gain), interpolation=cv2.INTER_LINEAR)
    expected = np.full((frame.height, frame.width, 3), PADDING, np.uint8)
    expected[frame.top :, frame.left :][: resized.shape[0], : resized.shape[1]] = resized
    used = np.full_like(expected, 77)
    np.testing.assert_array_equal(letterbox(image, frame, used), expected)
    np.testing.assert_array_equal(letterbox(image, frame), expected)


def test_network_input_is_rgb_in_0_to_1():
    image = np.zeros((2, 2, 3), np.uint8)
    image[0, 1] = (255, 51, 0)  # blue, green, red
    batch = network_input(np.stack([image, image]))
    assert (batch.shape, batch.dtype) == ((2, 3, 2, 2), np.float32)
    np.testing.assert_allclose(batch[1, :, 0, 1], [0, 0.2, 1], atol=1e-7)


@pytest.mark.parametrize(
    "text,size", [("640", 640), ("650", 672), ("384x640", (384, 640)), ("1X33", (32, 64))]
)
def test_image_sizes_are_read_and_rounded_up_to_32(text, size):
    assert parse_image_size(text) == size


@pytest.mark.parametrize("text", ["", "x", "640x", "big", "-640", "1x2x3", "6.4", "0", "99999", "640,640"])
def test_wrong_image_sizes_are_refused(text):
    with pytest.raises(UserError, match="image size"):
        parse_image_size(text)
