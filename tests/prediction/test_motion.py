"""The filter that expects where an object will be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yolov10.prediction.motion import ACCELERATION, FIRST_SPEED, MEASURING, Motion

BOX = np.array([100.0, 50, 140, 130], np.float32)


def test_a_steady_object_is_expected_where_it_goes():
    motion = Motion(BOX)
    for step in range(1, 30):
        motion.predict(1)
        motion.correct(BOX + step * np.array([3, -2, 3, -2]))
    motion.predict(5)
    np.testing.assert_allclose(motion.box, BOX + 34 * np.array([3, -2, 3, -2]), atol=0.1)


def test_unseen_an_object_goes_on_but_keeps_its_size():
    motion = Motion(BOX)
    for step in range(1, 30):
        motion.predict(1)
        motion.correct(BOX + step * np.array([-1, -1, 3, 1]))
    size = motion.place[2:].copy()
    motion.keep_size()
    motion.predict(10)
    np.testing.assert_array_equal(motion.place[2:], size)
    assert motion.box[2:] == pytest.approx(motion.place[:2] + size / 2)


def test_a_box_never_turns_inside_out():
    motion = Motion(BOX)
    for step in range(1, 5):
        motion.predict(1)
        motion.correct(BOX + step * np.array([4.5, 9, -4.5, -9]))
    motion.predict(20)
    x1, y1, x2, y2 = motion.box
    assert x1 < x2
    assert y1 < y2


@given(st.integers(0, 2**32 - 1))
def test_it_is_the_general_kalman_filter(seed):
    rng = np.random.default_rng(seed)
    size = 50.0
    motion = Motion(np.array([0, 0, size, size], np.float32))
    state = np.array([size / 2, size / 2, size, size, 0, 0, 0, 0])
    covariance = size**2 * np.diag([MEASURING**2] * 4 + [FIRST_SPEED**2] * 4)
    observe = np.hstack([np.eye(4), np.zeros((4, 4))])
    for _ in range(12):
        frames = int(rng.integers(1, 4))
        move = np.eye(8) + frames * np.eye(8, k=4)
        push = np.vstack([frames**2 / 2 * np.eye(4), frames * np.eye(4)])
        state = move @ state
        covariance = move @ covariance @ move.T + (ACCELERATION * size) ** 2 * push @ push.T
        motion.predict(frames)
        np.testing.assert_allclose(np.concatenate([motion.place, motion.speed]), state, atol=1e-6)
        if rng.random() < 0.7:
            seen = rng.uniform(-20, 20, 4) + np.array([size / 2, size / 2, size, size])
            noise = (MEASURING * size) ** 2 * np.eye(4)
            gain = covariance @ observe.T @ np.linalg.inv(observe @ covariance @ observe.T + noise)
            state = state + gain @ (seen - observe @ state)
            covariance = (np.eye(8) - gain @ observe) @ covariance
            motion.correct(np.concatenate([seen[:2] - seen[2:] / 2, seen[:2] + seen[2:] / 2]))
    np.testing.assert_allclose(np.concatenate([motion.place, motion.speed]), state, atol=1e-6)
