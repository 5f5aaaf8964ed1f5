"""A data set drawn on the spot: bright squares and dark discs on noise, easily learnt."""

import cv2
import numpy as np


def draw_dataset(folder, *, train=8, val=4, size=64, seed=0):
    """Write a YOLO data set and return its data.yaml."""
    rng = np.random.default_rng(seed)
    for split, count in (("train", train), ("val", val)):
        (folder / "images" / split).mkdir(parents=True)
        (folder / "labels" / split).mkdir(parents=True)
        for index in range(count):
            picture, rows = draw(rng, size)
            cv2.imwrite(str(folder / "images" / split / f"{index:03}.png"), picture)
            text = "".join(f"{category} {cx} {cy} {w} {h}\n" for category, cx, cy, w, h in rows)
            (folder / "labels" / split / f"{index:03}.txt").write_text(text)
    yaml = folder / "data.yaml"
    yaml.write_text("train: images/train\nval: images/val\nnames: [square, disc]\n")
    return yaml


def draw(rng, size):
    """One picture [size, size, 3] and its rows: class, cx cy w h normalised."""
    picture = rng.integers(100, 140, (size, size, 3)).astype(np.uint8)
    rows = []
    for left in (0, size // 2):  # one object in each half
        radius = int(rng.integers(size // 8, size // 5))
        x = left + int(rng.integers(radius, size // 2 - radius))
        y = int(rng.integers(radius, size - radius))
        category = int(rng.integers(2))
        if category == 0:
            cv2.rectangle(picture, (x - radius, y - radius), (x + radius, y + radius), (40, 220, 240), -1)
        else:
            cv2.circle(picture, (x, y), radius, (60, 30, 20), -1)
        side = (2 * radius + 1) / size
        rows.append((category, (x + 0.5) / size, (y + 0.5) / size, side, side))
    return picture, rows
