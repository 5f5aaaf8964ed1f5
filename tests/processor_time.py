"""Bounds on processor time that hold on a slow machine as on a fast one."""

import time
from contextlib import contextmanager

LENGTH = 700_000
USUAL = 0.020
"""Seconds that the loop below takes on the machine on which the bounds were set."""


@contextmanager
def within(seconds):
    """What is done inside takes at most so many seconds of a processor, longer only where all is slower."""
    before = _loop()
    begin = time.process_time()
    yield
    taken = time.process_time() - begin
    slowness = max(1.0, before / USUAL, _loop() / USUAL)
    assert taken < seconds * slowness, f"{taken:.2f} s where a loop takes {slowness:.1f} times the usual"


def _loop():
    begin = time.process_time()
    sum(number * number for number in range(LENGTH))
    return time.process_time() - begin
