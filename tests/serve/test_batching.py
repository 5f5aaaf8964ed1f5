"""Calls of several threads run together, each gets its own rows, and none waits for ever."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from serve.servers import PATIENCE as WAIT
from serve.servers import Obedient, wait_until

from yolov10.serve.batching import Batched, Batcher


class Echo(Obedient):
    """Gives each image's first value back as the score."""

    def __call__(self, images, classes=None):
        super().__call__(images, classes)
        rows = np.zeros((len(images), 1, 6), np.float32)
        rows[:, 0, 4] = images[:, 0, 0, 0]
        return rows


def picture(value, height=32, width=32, count=1):
    return np.full((count, 3, height, width), value, np.float32)


@pytest.fixture
def pool():
    with ThreadPoolExecutor(32) as pool:
        yield pool


def gather(batcher, runtime, pool, calls):
    """Start calls, one by one, behind a first one that the runtime holds back; gives what each will get."""
    runtime.open.clear()
    first = pool.submit(batcher.run, runtime, picture(-1))
    assert runtime.entered.acquire(timeout=WAIT)
    futures = []
    for images in calls:
        futures.append(pool.submit(batcher.run, runtime, images))
        wait_until(lambda: len(batcher.waiting) == len(futures))
    runtime.open.set()
    first.result(WAIT)
    return futures


def test_a_lone_call_runs_at_once_and_alone():
    runtime = Echo()
    rows = Batched(runtime, Batcher(8, lambda *_: None))(picture(0.5))
    assert rows[0, 0, 4] == 0.5
    assert runtime.batches == [((1, 3, 32, 32), None)]


def test_calls_that_gathered_run_together_and_each_gets_its_own(pool):
    seen = []
    batcher, runtime = Batcher(8, lambda pictures, seconds: seen.append(pictures)), Echo()
    futures = gather(batcher, runtime, pool, [picture(value) for value in range(1, 6)])
    assert [future.result(WAIT)[0, 0, 4] for future in futures] == [1, 2, 3, 4, 5]
    assert [shape[0] for shape, _ in runtime.batches] == seen == [1, 5]


def test_where_company_is_no_gain_each_runs_alone_and_is_answered_in_its_turn(pool):
    batcher, runtime = Batcher(8, lambda *_: None), Echo()
    runtime.gains_together = False
    futures = gather(batcher, runtime, pool, [picture(value) for value in range(1, 6)])
    assert [future.result(WAIT)[0, 0, 4] for future in futures] == [1, 2, 3, 4, 5]
    assert [shape[0] for shape, _ in runtime.batches] == [1] * 6


def test_under_load_nobody_is_woken_before_his_turn(pool):
    """All who waited were woken at every batch, to wait again; that took a tenth of the service's time."""
    woken = []
    batcher = Batcher(8, lambda *_: woken.append([call.woken.is_set() for call in batcher.waiting]))
    runtime = Echo()
    runtime.gains_together = False
    for future in gather(batcher, runtime, pool, [picture(value) for value in range(3)]):
        future.result(WAIT)
    assert woken == [[False] * 3, [False] * 2, [False], []]


def test_a_batch_is_no_larger_than_allowed_and_large_pictures_count_more(pool):
    batcher, runtime = Batcher(4, lambda *_: None), Echo()
    small = [picture(value) for value in range(5)]
    large = [np.full((1, 640, 1280, 3), value, np.uint8) for value in range(3)]
    for future in gather(batcher, runtime, pool, small + large):
        future.result(WAIT)
    assert [shape[0] for shape, _ in runtime.batches] == [1, 4, 1, 2, 1]


def test_other_shapes_and_models_run_apart_the_oldest_first(pool):
    batcher, runtime = Batcher(8, lambda *_: None), Echo()
    calls = [picture(1), picture(2, 64), picture(3), picture(4)]
    futures = gather(batcher, runtime, pool, calls)
    assert [future.result(WAIT)[0, 0, 4] for future in futures] == [1, 2, 3, 4]
    assert runtime.batches[1:] == [((3, 3, 32, 32), None), ((1, 3, 64, 32), None)]


def test_two_models_never_run_at_the_same_time(pool):
    batcher = Batcher(8, lambda *_: None)
    first, second = Echo(), Echo()
    first.open.clear()
    one = pool.submit(batcher.run, first, picture(1))
    assert first.entered.acquire(timeout=WAIT)
    two = pool.submit(batcher.run, second, picture(2))
    wait_until(lambda: len(batcher.waiting) == 1)
    assert second.batches == []
    first.open.set()
    assert (one.result(WAIT)[0, 0, 4], two.result(WAIT)[0, 0, 4]) == (1, 2)


def test_a_fault_reaches_every_call_of_its_batch_and_no_other(pool):
    batcher, runtime = Batcher(8, lambda *_: None), Echo(fault=RuntimeError("out of memory"))
    runtime.open.clear()
    futures = [pool.submit(batcher.run, runtime, picture(value)) for value in range(3)]
    wait_until(lambda: len(batcher.waiting) == 2)
    runtime.open.set()
    for future in futures:
        with pytest.raises(RuntimeError, match="out of memory"):
            future.result(WAIT)
    runtime.fault = None
    assert batcher.run(runtime, picture(7))[0, 0, 4] == 7


def test_calls_that_cannot_be_joined_all_hear_of_it_and_later_ones_run(pool):
    batcher, runtime = Batcher(2**60, lambda *_: None), Echo()
    # Each alone is a few bytes; together they would be hundreds of terabytes.
    endless = np.broadcast_to(np.float32(0), (1, 3, 2**22, 2**22))
    futures = gather(batcher, runtime, pool, [endless] * 3)
    for future in futures:
        with pytest.raises(MemoryError):
            future.result(WAIT)
    assert batcher.run(runtime, picture(7))[0, 0, 4] == 7


def test_a_fault_of_counting_or_an_interrupt_reaches_every_call(pool):
    def observe(pictures, seconds):
        if pictures > 1:
            raise KeyboardInterrupt

    batcher, runtime = Batcher(8, observe), Echo()
    for future in gather(batcher, runtime, pool, [picture(value) for value in range(3)]):
        with pytest.raises(KeyboardInterrupt):
            future.result(WAIT)
    assert batcher.run(runtime, picture(7))[0, 0, 4] == 7


@given(
    st.lists(st.tuples(st.sampled_from([32, 64]), st.integers(1, 3), st.booleans()), min_size=1, max_size=12)
)
def test_whatever_comes_together_everyone_gets_their_own(calls):
    batcher, runtime = Batcher(4, lambda *_: None), Echo()
    results = {}

    def call(number, height, count, filtered):
        rows = Batched(runtime, batcher)(picture(number, height, count=count), (0,) if filtered else None)
        results[number] = (len(rows), set(rows[:, 0, 4]))

    threads = [threading.Thread(target=call, args=(number, *one)) for number, one in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert results == {number: (count, {number}) for number, (_, count, _) in enumerate(calls)}
    assert all(shape[0] <= 4 for shape, _ in runtime.batches)


def test_requests_for_different_classes_share_a_batch_and_no_graph_is_made_for_them(pool):
    runtime, batcher = Echo(), Batcher(8, lambda *_: None)
    runtime.open.clear()
    batched = Batched(runtime, batcher)
    calls = [pool.submit(batched, picture(0.5), classes) for classes in (None, (0,), (1,), ())]
    assert runtime.entered.acquire(timeout=WAIT)
    wait_until(lambda: len(batcher.waiting) == 3)
    runtime.open.set()
    scores = [call.result(WAIT)[0, 0, 4] for call in calls]  # of class 0, all of them
    assert scores == [0.5, 0.5, 0, 0]
    assert [classes for _, classes in runtime.batches] == [None, None]
