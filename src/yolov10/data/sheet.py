"""A sheet of labelled pictures, to see with one's own eyes what a data set says."""

import numpy as np

from yolov10.data.dataset import Dataset
from yolov10.data.sample import Sample
from yolov10.drawing import draw_boxes, sheet
from yolov10.errors import UserError
from yolov10.images import Image, read
from yolov10.letterbox import fit, letterbox

SIDE = 416
"""Pixels each way that a picture takes on the sheet."""


def sample_sheet(dataset: Dataset, count: int, *, columns: int = 4, seed: int = 0) -> Image:
    """Up to `count` pictures drawn by `seed`, with their boxes: BGR [h, w, 3].

    Pictures that cannot be decoded are passed over. Raises UserError when none can.
    """
    order = np.random.default_rng(seed).permutation(len(dataset.samples))
    tiles: list[Image] = []
    for index in order:
        if len(tiles) == count:
            break
        try:
            pixels = read(dataset.samples[index].path)
        except UserError:
            continue
        tiles.append(_tile(pixels, dataset.samples[index], dataset.names))
    if not tiles:
        raise UserError(f"{dataset.source}: no picture of {dataset.split} can be decoded")
    return sheet(tiles, columns)


def _tile(pixels: Image, sample: Sample, names: list[str]) -> Image:
    """The picture in its square, boxes drawn at the square's own resolution."""
    frame = fit(sample.width, sample.height, (SIDE, SIDE))
    boxes = sample.boxes * np.float32(frame.gain) + np.array([frame.left, frame.top] * 2, np.float32)
    labels = [names[index] for index in sample.classes.tolist()]
    return draw_boxes(letterbox(pixels, frame), boxes, labels, sample.classes)
