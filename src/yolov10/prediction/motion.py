"""Where a followed object will be: a Kalman filter of constant velocity on its box.

Centre x, centre y, width and height each have a place and a speed. Their errors are shares of the object's
size, the same for all four, so one covariance of (place, speed) serves them all: numbers where the general
filter has matrices. Noise is a piecewise constant acceleration (Bar-Shalom, Li, Kirubarajan 2001, 6.3.2).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

MEASURING = 0.05
"""Standard deviation of what a detector measures, in sizes of the object."""
ACCELERATION = 0.02
"""Standard deviation of the change of speed from frame to frame, in sizes a frame."""
FIRST_SPEED = 0.25
"""Standard deviation of the speed of an object seen once, in sizes a frame."""


class Motion:
    """The filter of one object, begun with the box [4] xyxy where it was first seen."""

    def __init__(self, box: NDArray[Any]) -> None:
        self.place = _centred(box)
        self.speed = np.zeros(4)
        # Variance of the place, covariance, variance of the speed.
        self.pp, self.pv, self.vv = MEASURING**2, 0.0, FIRST_SPEED**2

    @property
    def box(self) -> NDArray[np.float64]:
        """The box [4] xyxy where the object is now, as far as is known."""
        centre, half = self.place[:2], self.place[2:].clip(min=1) / 2
        return np.concatenate([centre - half, centre + half])

    def predict(self, frames: int) -> None:
        """Move on by so many frames."""
        self.place = self.place + frames * self.speed
        self.pp += 2 * frames * self.pv + frames**2 * self.vv + ACCELERATION**2 * frames**4 / 4
        self.pv += frames * self.vv + ACCELERATION**2 * frames**3 / 2
        self.vv += ACCELERATION**2 * frames**2

    def correct(self, box: NDArray[Any]) -> None:
        """Take in the box [4] xyxy in which the object was seen now."""
        surprise = _centred(box) - self.place
        gain = self.pp / (self.pp + MEASURING**2)
        speed_gain = self.pv / (self.pp + MEASURING**2)
        self.place = self.place + gain * surprise
        self.speed = self.speed + speed_gain * surprise
        self.vv -= speed_gain * self.pv
        self.pv *= 1 - gain
        self.pp *= 1 - gain

    def keep_size(self) -> None:
        """Stop growing or shrinking: unseen, an object is only known to go on moving."""
        self.speed[2:] = 0


def _centred(box: NDArray[Any]) -> NDArray[np.float64]:
    low, high = box[:2].astype(np.float64), box[2:].astype(np.float64)
    return np.concatenate([(low + high) / 2, high - low])
