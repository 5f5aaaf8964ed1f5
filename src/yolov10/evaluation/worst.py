"""A sheet of the pictures with most mistakes, boxes drawn: found, false, missed."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from yolov10 import images
from yolov10.evaluation.matching import MATCH_IOU
from yolov10.evaluation.paper import (
    FAINT,
    WHITE,
    Colour,
    Point,
    dashes,
    heading,
    paper,
    shortened,
    stroke,
    text_width,
    write,
)
from yolov10.evaluation.report import Evaluation
from yolov10.images import Image
from yolov10.in_memory import from_array
from yolov10.opencv import cv2

ACROSS, DOWN = 3, 4
TILE_WIDTH, TILE_HEIGHT = 620, 465
GAP, CAPTION, TOP = 30, 48, 190
LABEL, LABEL_HEIGHT = 14, 20

# Apart for the colour-blind, too; what was missed is dashed besides.
RIGHT: Colour = (115, 158, 0)
FALSE: Colour = (0, 94, 213)
MISSED: Colour = (230, 50, 140)


@dataclass(frozen=True, eq=False)
class Mistakes:
    """What went wrong in one picture at the threshold."""

    index: int
    """Of the sample."""
    right: NDArray[np.int64]
    """Detections that took a box."""
    false: NDArray[np.int64]
    """Detections that took none."""
    missed: NDArray[np.int64]
    """Boxes that none took."""

    def __len__(self) -> int:
        return len(self.false) + len(self.missed)


def worst_images(evaluation: Evaluation) -> Image:
    """The twelve pictures with most false and missed boxes, most first."""
    worst = sorted((mistakes(evaluation, index) for index in range(len(evaluation.matches))), key=len)
    worst = worst[::-1][: ACROSS * DOWN]
    down = -(-len(worst) // ACROSS)
    sheet = paper(GAP + ACROSS * (TILE_WIDTH + GAP), TOP + down * (TILE_HEIGHT + CAPTION + GAP))
    note = f"confidence > {evaluation.threshold:g}; IoU ≥ {MATCH_IOU:g}; most false and missed boxes first"
    heading(sheet, "Worst images", note)
    _legend(sheet)
    for number, one in enumerate(worst):
        x = GAP + number % ACROSS * (TILE_WIDTH + GAP)
        y = TOP + number // ACROSS * (TILE_HEIGHT + CAPTION + GAP)
        sheet[y : y + TILE_HEIGHT, x : x + TILE_WIDTH] = _tile(evaluation, one)
        path = evaluation.findings.samples[one.index].path
        caption = f"{len(one.false)} false, {len(one.missed)} missed, {len(one.right)} right"
        write(sheet, shortened(path.name, 20, 320), (x, y + TILE_HEIGHT + 30), 20)
        write(sheet, caption, (x + TILE_WIDTH, y + TILE_HEIGHT + 30), 20, FAINT, align="right")
    return sheet


def mistakes(evaluation: Evaluation, index: int) -> Mistakes:
    """Sort one picture's detections above the threshold, and its boxes."""
    matches, sample = evaluation.matches[index], evaluation.findings.samples[index]
    sure = evaluation.findings.rows[index][:, 4] > evaluation.threshold
    missed = ~sample.crowd
    missed[matches.boxes[sure & matches.right]] = False
    return Mistakes(
        index,
        right=np.flatnonzero(sure & matches.right),
        false=np.flatnonzero(sure & ~matches.right & ~matches.ignored),
        missed=np.flatnonzero(missed),
    )


@dataclass(frozen=True, eq=False)
class _Outline:
    """A box to draw, xyxy in the picture's pixels, and what to write at it."""

    box: NDArray[np.float32]
    colour: Colour
    label: str = ""


def _outlines(evaluation: Evaluation, one: Mistakes) -> list[_Outline]:
    sample, rows, names = (
        evaluation.findings.samples[one.index],
        evaluation.findings.rows[one.index],
        evaluation.names,
    )
    return [
        *(_Outline(rows[index, :4], RIGHT) for index in one.right),
        *(_Outline(sample.boxes[index], MISSED, _cut(names[sample.classes[index]])) for index in one.missed),
        *(
            _Outline(rows[index, :4], FALSE, f"{_cut(names[int(rows[index, 5])])} {rows[index, 4]:.2f}")
            for index in one.false
        ),
    ]


def _tile(evaluation: Evaluation, one: Mistakes) -> Image:
    """The picture in the middle of a tile, its boxes drawn at the tile's own resolution, labels on top."""
    sample = evaluation.findings.samples[one.index]
    gain = min(TILE_WIDTH / sample.width, TILE_HEIGHT / sample.height)
    size = max(round(sample.width * gain), 1), max(round(sample.height * gain), 1)
    picture = from_array(cv2.resize(images.read(sample.path), size, interpolation=cv2.INTER_AREA))
    outlines = _outlines(evaluation, one)
    for outline in outlines:
        _draw_box(picture, outline, gain)
    for outline in outlines:
        _draw_label(picture, outline, gain)
    tile = np.full((TILE_HEIGHT, TILE_WIDTH, 3), 244, np.uint8)
    left, top = (TILE_WIDTH - size[0]) // 2, (TILE_HEIGHT - size[1]) // 2
    tile[top : top + size[1], left : left + size[0]] = picture
    return tile


def _draw_box(image: Image, outline: _Outline, gain: float) -> None:
    x1, y1, x2, y2 = (outline.box * gain).tolist()
    corners: list[Point] = [(x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1)]
    if outline.colour == MISSED:
        for start, end in pairwise(corners):
            dashes(image, start, end, MISSED, 2)
    else:
        stroke(image, corners, outline.colour, 2)


def _draw_label(image: Image, outline: _Outline, gain: float) -> None:
    """A small filled label, upper left in the box; of a missed box lower left, where it hides no other."""
    if not outline.label:
        return
    x1, y1, _, y2 = (outline.box * gain).tolist()
    width = text_width(outline.label, LABEL) + 8
    corner = x1, y2 - LABEL_HEIGHT if outline.colour == MISSED else y1
    x = round(min(max(corner[0], 0), max(image.shape[1] - width, 0)))
    y = round(min(max(corner[1], 0), max(image.shape[0] - LABEL_HEIGHT, 0)))
    cv2.rectangle(image, (x, y), (x + width, y + LABEL_HEIGHT), outline.colour, cv2.FILLED)
    write(image, outline.label, (x + 4, y + 15), LABEL, WHITE)


def _cut(name: str) -> str:
    return shortened(name, LABEL, TILE_WIDTH // 4)


def _legend(sheet: Image) -> None:
    x = 60.0
    for colour, text, dashed in (
        (RIGHT, "right: found, and there", False),
        (FALSE, "false: found, but not there", False),
        (MISSED, "missed: there, but not found", True),
    ):
        if dashed:
            dashes(sheet, (x, 148), (x + 50, 148), colour, 4)
        else:
            stroke(sheet, [(x, 148), (x + 50, 148)], colour, 4)
        write(sheet, text, (x + 64, 155), 21)
        x += 64 + text_width(text, 21) + 50
