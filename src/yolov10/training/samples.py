"""`samples.png`: what the network gets to see, with its boxes."""

from pathlib import Path

import numpy as np

from yolov10 import images
from yolov10.data.batches import Batch
from yolov10.drawing import draw_boxes, sheet
from yolov10.images import Image
from yolov10.opencv import cv2

COLUMNS, MOST = 4, 16
"""Pictures in a row, and in all."""
SIDE = 400
"""Pixels each way that a picture takes."""


def write_samples(path: Path, batch: Batch, names: list[str]) -> None:
    """Draw the first pictures of a batch as a sheet. Raises UserError if it cannot be written."""
    tiles = [_tile(batch, index, names) for index in range(min(len(batch.images), MOST))]
    images.write(path, sheet(tiles, COLUMNS))


def _tile(batch: Batch, index: int, names: list[str]) -> Image:
    """One picture in BGR, scaled to the sheet, its boxes on it."""
    picture = np.ascontiguousarray(batch.images[index][::-1].transpose(1, 2, 0))
    picture = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.uint8)
    rows = batch.targets[batch.targets[:, 0] == index]
    classes = rows[:, 1].astype(np.int64)
    centre, half = rows[:, 2:4] * SIDE, rows[:, 4:6] * SIDE / 2
    boxes = np.concatenate([centre - half, centre + half], 1).astype(np.float32)
    return draw_boxes(picture, boxes, [names[category] for category in classes.tolist()], classes)
