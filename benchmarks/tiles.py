"""Recall of small objects on pictures of 4,000 pixels, with tiles and without, by a trained network.

    python benchmarks/tiles.py draw FOLDER
    yolov10 train FOLDER/data.yaml --image-size 160 --epochs 30 --recipe small --output FOLDER/run
    python benchmarks/tiles.py measure FOLDER/run/best.safetensors

The objects are coloured discs on gray noise, drawn as in the tests, where a stand-in finds them. The network
is trained on pictures of 160 pixels and looks at 640.
"""

import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from prediction.drawn_scenes import draw_scene, right  # noqa: E402

from yolov10 import Detector  # noqa: E402
from yolov10.opencv import cv2  # noqa: E402

NAMES = ("blue", "green", "red")
SIZES = (12, 24, 60, 300)
COUNTS = (600, 100, 30, 4)


def main() -> None:
    """Draw a data set, or measure a model."""
    match sys.argv[1:]:
        case ["draw", folder]:
            draw(Path(folder))
        case ["measure", model]:
            measure(model)
        case _:
            print(__doc__)


def draw(folder: Path, side: int = 160) -> None:
    """Write a data set in YOLO form: 600 pictures to train on, 60 to validate on."""
    rng = np.random.default_rng(1)
    for split, count in (("train", 600), ("val", 60)):
        for kind in ("images", "labels"):
            (folder / kind / split).mkdir(parents=True, exist_ok=True)
        for index in range(count):
            sizes = np.exp(rng.uniform(np.log(8), np.log(70), rng.integers(1, 9))).astype(int)
            picture, boxes, classes, _ = draw_scene(rng, side, sizes)
            cv2.imwrite(str(folder / "images" / split / f"{index}.png"), picture)
            centres, extents = (boxes[:, :2] + boxes[:, 2:]) / 2 / side, (boxes[:, 2:] - boxes[:, :2]) / side
            rows = np.column_stack([classes, centres, extents])
            np.savetxt(folder / "labels" / split / f"{index}.txt", rows, "%d %.6f %.6f %.6f %.6f")
    names = "\n".join(f"  {index}: {name}" for index, name in enumerate(NAMES))
    (folder / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames:\n{names}\n")


def measure(model: str, pictures: int = 3, side: int = 4000) -> None:
    """Print recall by size, what was found twice, and what is no object."""
    sizes = np.repeat(SIZES, COUNTS)
    print(f"{pictures} pictures of {side} px, {len(sizes)} objects each; {model} at 640 px")
    print(
        f"{'tile':>6} {'recall of':>10} {''.join(f'{size:>4} px ' for size in SIZES)} twice  none   seconds"
    )
    for tile in (None, 640, 320):
        detector = Detector(model, image_size=640, tile=tile)
        recall, twice, none, seconds = [], 0, 0, 0.0
        for seed in range(pictures):
            picture, boxes, classes, diameters = draw_scene(np.random.default_rng(seed), side, sizes)
            before = time.perf_counter()
            found = right(detector(picture), boxes, classes)
            seconds += time.perf_counter() - before
            recall.append([found.any(axis=0)[diameters == size].mean() for size in SIZES])
            twice += (found.sum(axis=0) - 1).clip(min=0).sum()
            none += (~found.any(axis=1)).sum()
        columns = "".join(f"{value:7.3f} " for value in np.mean(recall, axis=0))
        total = pictures * len(sizes)
        print(
            f"{tile or 'none':>6} {'':>10} {columns} {twice / total:5.1%} {none / total:5.1%} {seconds:9.1f}"
        )


if __name__ == "__main__":
    main()
