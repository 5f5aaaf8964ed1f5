"""Top-k in NumPy against the network's own."""

import numpy as np
import pytest
import torch

from yolov10.network.head import top_detections
from yolov10.runtimes.top_k import best_rows


@pytest.mark.parametrize("anchors,classes", [(1, 1), (21, 3), (299, 80), (300, 2), (301, 1), (2000, 5)])
def test_gives_the_networks_rows(anchors, classes):
    rng = np.random.default_rng(anchors)
    centre, size = rng.random((2, 3, 2, anchors), np.float32) * 640
    scores = rng.permuted(np.linspace(0, 1, 3 * classes * anchors, dtype=np.float32))  # no two are equal
    scores = scores.reshape(3, classes, anchors)
    boxes = np.concatenate([centre - size / 2, centre + size / 2], axis=1)
    expected = top_detections(torch.from_numpy(boxes), torch.from_numpy(scores)).numpy()
    found = best_rows(np.concatenate([centre, size, scores], axis=1), None)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_one_anchor_may_have_several_classes():
    scores = np.array([[0.9, 0.2, 0.6, 0.5], [0.8, 0.3, 0.1, 0.5], [0.1, 0.05, 0.7, 0.5]])  # spec 11.5
    rows = best_rows(np.concatenate([np.zeros((4, 4)), scores])[None], None, limit=3)
    np.testing.assert_allclose(rows[0, :, 4:], [[0.9, 0], [0.8, 1], [0.7, 2]], rtol=1e-6)


def test_classes_are_chosen_first():
    scores = np.random.default_rng(0).random((1, 5, 1000), np.float32)
    anchors = np.concatenate([np.zeros((1, 4, 1000), np.float32), scores], axis=1)
    rows = best_rows(anchors, [4, 1])
    assert set(rows[0, :, 5]) == {1, 4}
    np.testing.assert_allclose(rows[0, :, 4], np.sort(scores[0, [1, 4]], axis=None)[::-1][:300])
