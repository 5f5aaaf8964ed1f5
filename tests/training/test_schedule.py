import pytest
from hypothesis import given
from hypothesis import strategies as st

from yolov10.training.schedule import Schedule

COCO = Schedule(epochs=500, batches=463, lr=0.01, accumulate=1)
"""The official run of scale n: batch 256, optimizer auto."""


@pytest.mark.parametrize(
    ("epoch", "rate"), [(1, 0.0033261), (2, 0.0066463), (3, 0.0099532), (5, 0.0099406), (500, 0.0001396)]
)
def test_learning_rates_are_those_of_the_official_log(epoch, rate):  # spec 11.5
    last = epoch * 463 - 1
    assert COCO.learning_rate(last) == pytest.approx(rate, abs=5e-8)
    assert COCO.learning_rate(last, bias=True) == COCO.learning_rate(last)  # all groups are equal under auto


def test_the_schedule_lags_one_epoch_behind_after_the_warm_up():
    assert COCO.learning_rate(463 * 4) == 0.01 * COCO.factor(3)
    assert COCO.learning_rate(463 * 3) == 0.01 * COCO.factor(3)  # the last of the warm-up
    assert COCO.learning_rate(463 * 3 + 1) == 0.01 * COCO.factor(2)


def test_biases_may_begin_high_and_all_else_begins_at_nothing():
    schedule = Schedule(epochs=10, batches=100, lr=0.01, accumulate=4, warmup_bias_lr=0.1)
    assert schedule.learning_rate(0, bias=True) == pytest.approx(0.1)
    assert schedule.learning_rate(0) == 0
    middle = 0.01 * schedule.factor(1)
    assert schedule.learning_rate(150) == pytest.approx(middle / 2)
    assert schedule.learning_rate(150, bias=True) == pytest.approx((0.1 + middle) / 2)


def test_momentum_and_accumulation_grow_during_the_warm_up():
    schedule = Schedule(epochs=10, batches=100, lr=0.01, accumulate=4)
    assert [schedule.momentum_at(i) for i in (0, 150, 300, 900)] == pytest.approx([0.8, 0.8685, 0.937, 0.937])
    assert [schedule.accumulate_at(i) for i in (0, 49, 51, 149, 151, 300, 900)] == [1, 1, 2, 2, 3, 4, 4]


def test_warm_up_lasts_a_hundred_iterations_at_least():
    assert Schedule(epochs=10, batches=5, lr=0.01, accumulate=1).warmup == 100
    assert Schedule(epochs=10, batches=50, lr=0.01, accumulate=1).warmup == 150


def test_without_warm_up_the_first_step_is_a_full_one():
    schedule = Schedule(epochs=10, batches=5, lr=0.01, accumulate=3, warmup_epochs=0)
    assert (schedule.learning_rate(1), schedule.momentum_at(0), schedule.accumulate_at(0)) == (0.01, 0.937, 3)


@pytest.mark.parametrize("shape", ["linear", "cosine"])
def test_the_rate_falls_from_whole_to_the_final_part(shape):
    schedule = Schedule(epochs=20, batches=10, lr=1.0, accumulate=1, shape=shape)
    factors = [schedule.factor(epoch) for epoch in range(21)]
    assert factors[0] == pytest.approx(1)
    assert factors[20] == pytest.approx(0.01)
    assert factors == sorted(factors, reverse=True)
    assert factors[10] == pytest.approx(0.505)


@given(st.integers(0, 5000), st.integers(1, 100), st.integers(1, 50), st.floats(0, 5))
def test_rates_stay_between_nothing_and_the_highest(iteration, batches, epochs, warmup_epochs):
    schedule = Schedule(epochs=epochs, batches=batches, lr=0.01, accumulate=4, warmup_epochs=warmup_epochs)
    assert 0 <= schedule.learning_rate(iteration) <= 0.01
    assert 1 <= schedule.accumulate_at(iteration) <= 4
