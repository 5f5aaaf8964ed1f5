"""Colours: HSV by table and the blend, against a computation pixel by pixel."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yolov10.data.colour import blend, shift_hsv

PICTURE = np.random.default_rng(0).integers(0, 256, (37, 53, 3), dtype=np.uint8)


@pytest.mark.parametrize("gains", [(1, 1, 1), (1.015, 1.7, 1.4), (0.985, 0.3, 0.6), (2.0, 0.0, 0.0)])
def test_hsv_is_the_formula_of_the_specification(gains):
    """Spec 5.2: H' = (H·r) mod 180, S' and V' clipped, each truncated to 8 bits."""
    hue, saturation, value = np.moveaxis(cv2.cvtColor(PICTURE, cv2.COLOR_BGR2HSV).astype(float), 2, 0)
    changed = [
        np.floor((hue * gains[0]) % 180),
        np.floor(np.clip(saturation * gains[1], 0, 255)),
        np.floor(np.clip(value * gains[2], 0, 255)),
    ]
    expected = cv2.cvtColor(np.stack(changed, 2).astype(np.uint8), cv2.COLOR_HSV2BGR)
    image = PICTURE.copy()
    shift_hsv(image, np.array(gains, float), np.empty((3, 37, 53), np.uint8))
    assert (image == expected).all()


@given(share=st.floats(0, 1))
def test_a_blend_is_truncated(share):
    second = PICTURE[::-1, ::-1].copy()
    exact = share * PICTURE.astype(float) + (1 - share) * second
    image = PICTURE.copy()
    blend(image, second, share)
    # Floats may fall short of a whole number by their rounding; OpenCV's are of single precision.
    assert ((image >= np.floor(exact - 1e-3)) & (image <= np.floor(exact + 2e-3))).all()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
def test_what_is_equal_in_both_stays(share):
    image = PICTURE.copy()
    blend(image, PICTURE.copy(), share)
    assert (image == PICTURE).all()
