"""A stand-in for a network: a Runtime that finds coloured shapes as connected components of its input.

What it cannot do a network cannot either: a shape must cover some pixels of the input to be seen. It stands
behind the protocol, so letterbox, batches, tiles and all that follows are the program's own.
"""

import cv2
import numpy as np

from yolov10 import Detector
from yolov10.model_card import ModelCard
from yolov10.runtimes.runtime import no_rows

NAMES = ("blue", "green", "red")
LEAST_AREA = 25
"""Pixels of the input: five by five, under the smallest stride of the network."""


class Components:
    """Blue, green and red shapes on anything gray; surest first, a larger one surer."""

    card = ModelCard(scale="n", names=NAMES, image_size=640)
    fixed_shape = None

    def __init__(self):
        self.batches = []

    def __call__(self, images, classes=None):
        """Rows [B, K, 6] of pictures [B, H, W, 3], uint8, BGR."""
        self.batches.append(images.shape)
        found = [self._rows(image.transpose(2, 0, 1) / 255, classes) for image in images]
        rows = np.zeros((len(images), max(map(len, found), default=0), 6), np.float32)
        for row, own in zip(rows, found, strict=True):
            row[: len(own)] = own
        return rows if rows.size else no_rows(len(images))

    @staticmethod
    def _rows(image, classes):
        rows = []
        for index, plane in enumerate(image):
            if classes is not None and index not in classes:
                continue
            others = np.delete(image, index, axis=0).max(axis=0)
            _, _, stats, _ = cv2.connectedComponentsWithStats((plane - others > 0.3).astype(np.uint8))
            for x, y, width, height, area in stats[1:]:
                if area >= LEAST_AREA:
                    rows.append([x, y, x + width, y + height, 1 - 5 / area, index])
        return np.array(sorted(rows, key=lambda row: -row[4])[:300], np.float32).reshape(-1, 6)


def component_detector(toy, **options):
    """A detector with the stand-in in the place of the model `toy`."""
    detector = Detector(toy, **options)
    detector.runtime, detector.names = Components(), list(NAMES)
    return detector
