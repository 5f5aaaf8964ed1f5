"""Drawn videos of coloured squares on known paths, as the model `squares.onnx` finds them."""

from dataclasses import dataclass

import cv2
import numpy as np
from conftest import DATA

from yolov10 import Detector

SQUARES = DATA / "models" / "squares.onnx"
SIDE = 25
COLOURS = ((0, 0, 255), (0, 255, 0), (255, 0, 0))  # BGR of red, green, blue


@dataclass(frozen=True)
class Square:
    """One object: its class, centre in the first frame of its life, and speed in pixels a frame."""

    index: int
    x: float
    y: float
    vx: float
    vy: float
    frames: range

    def box(self, frame):
        x, y = (round(p + v * (frame - self.frames.start)) for p, v in ((self.x, self.vx), (self.y, self.vy)))
        return np.array([x, y, x, y]) + np.array([-12, -12, 13, 13])


@dataclass(frozen=True)
class World:
    width: int
    height: int
    frames: int
    squares: tuple[Square, ...]
    """Later ones are nearer."""
    pillars: tuple[tuple[int, int, int, int], ...] = ()
    border: bool = False
    """Whether squares have a dark border, which parts two of a colour."""

    def draw(self, frame):
        """One picture [height, width, 3] BGR."""
        rows, columns = np.ogrid[: self.height, : self.width]
        gray = 110 + 20 * np.sin(rows / 17) * np.cos(columns / 23)
        picture = np.repeat(gray[..., None], 3, axis=2).astype(np.uint8)
        for square in self.squares:
            if frame in square.frames:
                x1, y1, x2, y2 = square.box(frame).tolist()
                corners = (x1, y1), (x2 - 1, y2 - 1)
                cv2.rectangle(picture, *corners, COLOURS[square.index], cv2.FILLED)
                if self.border:
                    cv2.rectangle(picture, *corners, (30, 30, 30), 1)
        for x1, y1, x2, y2 in self.pillars:
            cv2.rectangle(picture, (x1, y1), (x2 - 1, y2 - 1), (60, 60, 60), cv2.FILLED)
        return picture

    def truth(self, frame):
        """Objects [n] and boxes [n, 4] of which at least 40 % lie in the picture."""
        here = [(n, square.box(frame)) for n, square in enumerate(self.squares) if frame in square.frames]
        whole = np.array([0, 0, self.width, self.height])
        inside = [(n, box) for n, box in here if _area(_common(box, whole)) >= 0.4 * SIDE**2]
        boxes = np.array([_common(box, whole) for _, box in inside]).reshape(-1, 4)
        return np.array([n for n, _ in inside], int), boxes


def _common(box, other):
    return np.concatenate([np.maximum(box[:2], other[:2]), np.minimum(box[2:], other[2:])])


def _area(box):
    return (box[2:] - box[:2]).clip(0).prod()


def truth_rows(world):
    """Rows frame, object, box of all frames."""
    rows = []
    for frame in range(world.frames):
        numbers, boxes = world.truth(frame)
        rows += [[frame, number, *box] for number, box in zip(numbers, boxes, strict=True)]
    return np.array(rows)


def detections(world):
    """Rows frame, score, box of what the model finds in the pictures as they were drawn."""
    detector = Detector(SQUARES, confidence=0.1)
    rows = []
    for frame in range(world.frames):
        found = detector(world.draw(frame))
        rows += [[frame, score, *box] for score, box in zip(found.scores, found.boxes, strict=True)]
    return np.array(rows)


def write(world, path, fps=25.0, frames=None):
    """The world as a video file, MPEG-4."""
    writer = cv2.VideoWriter(
        str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*"mp4v"), fps, (world.width, world.height)
    )
    assert writer.isOpened()
    for frame in range(world.frames if frames is None else frames):
        writer.write(world.draw(frame % world.frames))
    writer.release()
    return path


KNOWN = World(
    width=320,
    height=240,
    frames=600,
    squares=(
        Square(0, 20, 40, 0.45, 0.1, range(600)),
        Square(1, 300, 120, -0.4, 0, range(600)),
        Square(2, 40, 220, 0.3, -0.05, range(600)),
        Square(1, 160, 30, 0.1, 0.0, range(100, 500)),
    ),
)
"""Nothing hides anything."""

EASY = 100
"""Frames of CROSSING in which nothing hides anything."""

CROSSING = World(
    width=320,
    height=240,
    frames=300,
    border=True,
    squares=(
        # On lanes of their own, at first; the last two pass the pillar later.
        Square(0, 20, 30, 1.0, 0, range(300)),
        Square(1, 300, 70, -1.1, 0, range(300)),
        Square(2, 30, 110, 0.8, 0, range(300)),
        Square(0, -10, 200, 1.6, 0, range(40, 300)),
        # From frame 100 on they cross, within their colour and between colours.
        Square(0, 300, 40, -2.0, 0, range(100, 300)),
        Square(1, 10, 84, 2.2, 0, range(100, 300)),
        Square(1, 200, 250, 0, -1.5, range(110, 300)),
        Square(0, 120, -10, 0, 1.4, range(120, 300)),
        Square(1, 60, 250, 0.3, -1.8, range(130, 300)),
        Square(0, 310, 186, -1.7, 0, range(100, 300)),
    ),
    pillars=((236, 150, 270, 240),),
)
