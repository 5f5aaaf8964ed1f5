"""Precision, recall, F1 and the threshold on cases counted by hand."""

import numpy as np
import pytest

from yolov10.evaluation.curves import Outcomes, best_confidence, confidence_grid, measure


def outcomes(*found, boxes):
    """Detections (score, class, right)."""
    scores, classes, right = zip(*found, strict=True) if found else ((), (), ())
    return Outcomes(
        np.array(scores, np.float32),
        np.array(classes, np.int64),
        np.array(right, bool),
        np.array(boxes, np.int64),
    )


def best(some):
    grid = confidence_grid(some)
    return best_confidence(grid, measure(some, grid).mean_f1)


def test_curves_by_hand():
    some = outcomes((0.9, 0, True), (0.8, 0, False), (0.7, 0, True), (0.6, 1, False), boxes=[4, 0, 2])
    curves = measure(some, np.array([0.0, 0.7, 0.75, 0.85, 0.95]))
    # Surer than the confidence, as `predict` keeps: what scores 0.7 is not surer than 0.7.
    np.testing.assert_allclose(curves.precision[0], [2 / 3, 1 / 2, 1 / 2, 1, np.nan], atol=1e-12)
    np.testing.assert_allclose(curves.recall[0], [1 / 2, 1 / 4, 1 / 4, 1 / 4, 0])
    np.testing.assert_allclose(curves.f1[0], [4 / 7, 2 / 6, 2 / 6, 2 / 5, 0])
    # A class without boxes has false detections, but neither recall nor F1; one never found has both.
    assert curves.precision[1].tolist()[0] == 0
    assert np.isnan(curves.recall[1]).all()
    assert np.isnan(curves.f1[1]).all()
    assert curves.f1[2].tolist() == [0] * 5
    np.testing.assert_allclose(curves.mean_f1, curves.f1[0] / 2)


def test_the_threshold_separates_right_from_false():
    some = outcomes((0.9, 0, True), (0.8, 0, True), (0.3, 0, False), (0.2, 0, False), boxes=[2])
    assert best(some) == pytest.approx(0.55, abs=0.01)  # half way between 0.3 and 0.8


def test_of_equally_good_confidences_the_middle_is_taken():
    assert best(outcomes((0.8, 0, True), boxes=[1])) == pytest.approx(0.4, abs=0.001)


def test_a_lucky_spike_does_not_win():
    steady = [(0.9, 0, True), (0.8, 0, True)]
    # At 0.305 alone all three would be found with one false; from 0.5 to 0.8 two are found and nothing false.
    spike = outcomes(*steady, (0.5, 0, False), (0.31, 0, True), (0.3, 0, False), boxes=[3])
    assert measure(spike, np.array([0.305])).f1[0, 0] > measure(spike, np.array([0.6])).f1[0, 0]
    assert 0.5 < best(spike) < 0.8


def test_a_network_that_is_hardly_sure_of_anything_has_a_threshold_among_its_scores():
    some = outcomes((0.009, 0, True), (0.008, 0, True), (0.003, 0, False), boxes=[2])
    assert best(some) == pytest.approx(0.0055, abs=0.0001)


def test_the_mean_is_over_classes_not_over_detections():
    many = [(0.4, 0, False)] * 100 + [(0.9, 0, True)]
    few = [(0.4, 1, True)]
    # Class 0 is perfect above 0.4 and hopeless below; class 1 is the other way round, and as much worth.
    f1 = measure(outcomes(*many, *few, boxes=[1, 1]), np.array([0.2, 0.6])).mean_f1
    assert f1.tolist() == pytest.approx([(2 / 102 + 1) / 2, 1 / 2])


@pytest.mark.parametrize("found", [[], [(0.9, 0, False), (0.8, 0, False)]])
def test_where_nothing_is_right_the_threshold_is_the_usual_one(found):
    """It was half of the highest score, whatever that was."""
    assert best(outcomes(*found, boxes=[3])) == 0.25
