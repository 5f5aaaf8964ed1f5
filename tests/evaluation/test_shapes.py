"""The shapes of both protocols."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yolov10.errors import UserError
from yolov10.evaluation.shapes import evaluation_size, fill, plan, published_shape
from yolov10.letterbox import fit, letterbox

SIDES = st.integers(10, 2000)
SIZES = st.lists(st.tuples(SIDES, SIDES), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("sizes", "shape"),
    [  # spec 5.7: height and width
        ([(640, 480), (1280, 960)], (512, 672)),
        ([(1920, 1080)], (384, 672)),
        ([(480, 640)], (672, 512)),
        ([(640, 480), (480, 640)], (672, 672)),
        ([(640, 640)], (672, 672)),
        ([(1920, 1080), (640, 480)], (512, 672)),
    ],
)
def test_published_shapes_are_those_of_the_specification(sizes, shape):
    assert published_shape(sizes, 640) == shape


def test_published_batches_of_256_are_sorted_by_aspect():
    sizes = [(480, 640)] * 100 + [(1280, 720)] * 256 + [(640, 480)] * 156
    shapes = {}
    for batch in plan(sizes, 640, "published", 64):
        for slot in batch:
            shapes.setdefault(sizes[slot.index], set()).add((slot.frame.height, slot.frame.width))
    # The wide ones fill the first 256; the rest share a shape that holds both.
    assert shapes == {(1280, 720): {(384, 672)}, (640, 480): {(672, 672)}, (480, 640): {(672, 672)}}


def test_published_pictures_have_their_long_side_scaled_and_are_padded():
    ((slot,),) = plan([(1000, 667)], 640, "published", 1)
    assert slot.resized == (640, 427)  # rounded up (spec 5.2)
    assert (slot.frame.height, slot.frame.width) == (448, 672)
    assert (slot.frame.left, slot.frame.top) == (16, 10)
    assert slot.frame.gain == pytest.approx(427 / 667)
    filled = fill(slot, np.full((667, 1000, 3), 255, np.uint8))
    assert filled.shape == (448, 672, 3)
    assert (filled == 255).all(axis=(1, 2)).sum() == 0
    assert (filled[10:437, 16:656] == 255).all()
    filled[10:437, 16:656] = 114
    assert (filled == 114).all()


def test_small_pictures_are_enlarged():
    ((slot,),) = plan([(64, 48)], 640, "published", 1)
    assert slot.resized == (640, 480)


@given(SIZES, st.sampled_from(["predict", "published"]), st.integers(1, 9))
def test_a_plan_holds_every_picture_once_and_its_place_undoes_itself(sizes, shapes, batch):
    batches = plan(sizes, 320, shapes, batch)
    slots = [slot for group in batches for slot in group]
    assert sorted(slot.index for slot in slots) == list(range(len(sizes)))
    for group in batches:
        assert 1 <= len(group) <= batch
        assert len({(slot.frame.height, slot.frame.width) for slot in group}) == 1
    for slot in slots:
        frame, (width, height) = slot.frame, sizes[slot.index]
        assert frame.height % 32 == frame.width % 32 == 0
        resized = slot.resized or (max(round(width * frame.gain), 1), max(round(height * frame.gain), 1))
        assert frame.left + resized[0] <= frame.width
        assert frame.top + resized[1] <= frame.height
        if min(sizes[slot.index]) >= 32:
            # Both sides share one gain, and that of the scaled height is off by up to a pixel's share of it.
            most = 1 / frame.gain + max(width, height) / resized[1]
            corners = np.float32([[frame.left, frame.top, frame.left + resized[0], frame.top + resized[1]]])
            np.testing.assert_allclose(frame.undo(corners)[0], [0, 0, width, height], atol=most)


@given(SIZES, st.sampled_from(["predict", "published"]), st.integers(1, 9))
def test_the_batch_changes_no_place(sizes, shapes, batch):
    def places(batch):
        return {slot.index: slot for group in plan(sizes, 320, shapes, batch) for slot in group}

    assert places(batch) == places(1000)


def test_as_predicted_is_the_letterbox_of_predict():
    pixels = np.random.default_rng(0).integers(0, 255, (90, 161, 3), np.uint8)
    ((slot,),) = plan([(161, 90)], 320, "predict", 8)
    assert slot.frame == fit(161, 90, 320)
    np.testing.assert_array_equal(fill(slot, pixels), letterbox(pixels, fit(161, 90, 320)))


def test_the_size_is_the_users_then_the_files_then_the_models():
    assert evaluation_size(None, None, 640, "predict") == 640
    assert evaluation_size("300", None, 640, "predict") == 320
    assert evaluation_size("320x300", None, 640, "predict") == (320, 320)
    assert evaluation_size(None, (320, 640), 640, "predict") == (320, 640)
    assert evaluation_size(640, (640, 640), 640, "predict") == (640, 640)


@pytest.mark.parametrize(
    ("wanted", "fixed", "shapes", "said"),
    [
        (320, (640, 640), "predict", "640x640 only"),
        (None, (640, 640), "published", "published"),
        ("320x640", None, "published", "one number"),
        ("wide", None, "predict", "wide"),
    ],
)
def test_impossible_sizes_are_named(wanted, fixed, shapes, said):
    with pytest.raises(UserError, match=said):
        evaluation_size(wanted, fixed, 640, shapes)
