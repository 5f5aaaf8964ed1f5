"""Infer time of every runtime beside the fused network in plain torch: the bars of the project, measured.

    python benchmarks/runtimes.py [MODEL] [ROUNDS]

MODEL is weights of scale n, by default the embedded `cells`. Two threads; a square of 640 pixels and what a
1280×720 picture becomes. The cases take turns, so that all see the same machine; ratios of medians count.
int8 is made on the spot from the few pictures of the tests, for speed alone.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from yolov10.benchmark.report import markdown  # noqa: E402
from yolov10.benchmark.timing import Spread, in_turns  # noqa: E402
from yolov10.export.plan import Plan, open_calibration  # noqa: E402
from yolov10.export.to_openvino import make_openvino  # noqa: E402
from yolov10.graph.network import Form  # noqa: E402
from yolov10.letterbox import network_input  # noqa: E402
from yolov10.model_names import weights_file  # noqa: E402
from yolov10.runtimes.open import open_runtime  # noqa: E402
from yolov10.weights.foreign import read_foreign  # noqa: E402
from yolov10.weights.networks import open_network  # noqa: E402

THREADS = 2
PLAIN = "plain torch"
SHAPES = {"640×640": (640, 640), "384×640": (384, 640)}
BARS = {
    "torch": 0.70,
    "ONNX Runtime": 0.65,
    "OpenVINO fp32": 0.52,
    "OpenVINO bf16": 0.30,
    "OpenVINO int8": 0.24,
}
RECTANGLE_BAR = 0.64


def main() -> None:
    """Print the table."""
    model = weights_file(sys.argv[1] if len(sys.argv) > 1 else "cells")
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    print(markdown(*measure(model, rounds)))


def measure(model: Path, rounds: int) -> tuple[list[str], list[list[str]]]:
    """Titles and rows: milliseconds in both shapes, the ratio to plain torch, the bar, rectangle ÷ square."""
    torch.set_num_threads(THREADS)
    with tempfile.TemporaryDirectory() as folder:
        runners = _runners(model, Path(folder))
        steps = {
            f"{name} {shape}": _call(name, run, sides)
            for name, run in runners.items()
            for shape, sides in SHAPES.items()
        }
        milliseconds = {name: Spread.of(times) for name, times in in_turns(steps, rounds).items()}
    square, rectangle = SHAPES
    base = milliseconds[f"{PLAIN} {square}"].median
    rows = []
    for name in runners:
        one, other = milliseconds[f"{name} {square}"], milliseconds[f"{name} {rectangle}"]
        rows.append(
            [
                name,
                f"{one.median:.1f} ({one.low:.1f}–{one.high:.1f})",
                f"{one.median / base:.3f}",
                f"{BARS[name]:.2f}" if name in BARS else "",
                f"{other.median:.1f}",
                f"{other.median / one.median:.3f}",
                f"{RECTANGLE_BAR:.2f}",
            ]
        )
    return ["runtime", f"ms at {square}", "÷ plain", "bar", f"ms at {rectangle}", "÷ square", "bar"], rows


Run = Callable[[np.ndarray], object]


def _runners(model: Path, folder: Path) -> dict[str, Run]:
    plain = open_network(model).fuse()

    def eager(images: np.ndarray) -> object:
        with torch.inference_mode():
            return plain(torch.from_numpy(images)).numpy()

    common = {"device": "cpu", "threads": THREADS, "cache": False}
    int8 = folder / "int8.xml"
    calibration = open_calibration(ROOT / "tests" / "data" / "bccd" / "data.yaml", None)
    plan = Plan(read_foreign(model).weights, Form(), "int8", calibration)
    make_openvino(plan)(int8, plan.metadata(""))
    return {
        PLAIN: eager,
        "torch": open_runtime(model, runtime="torch", device="cpu"),
        "ONNX Runtime": open_runtime(model, runtime="onnx", **common),
        "OpenVINO fp32": open_runtime(model, runtime="openvino", **common),
        "OpenVINO bf16": open_runtime(model, runtime="openvino", precision="bf16", **common),
        "OpenVINO int8": open_runtime(int8, runtime="openvino", **common),
    }


def _call(name: str, run: Run, sides: tuple[int, int]) -> Callable[[], object]:
    pictures = np.random.default_rng(0).integers(0, 256, (1, *sides, 3), np.uint8)
    images = network_input(pictures) if name == PLAIN else pictures
    return lambda: run(images)


if __name__ == "__main__":
    main()
