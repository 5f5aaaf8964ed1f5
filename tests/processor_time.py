"""A bound on the processor time of what is done: others at work on the machine do not count."""

import time
from contextlib import contextmanager


@contextmanager
def within(seconds):
    """What is done inside takes less than so many seconds of this process."""
    begin = time.process_time()
    yield
    assert time.process_time() - begin < seconds
