"""Time and memory of evaluating detections, beside pycocotools: 5,000 pictures with 300 detections each.

    python benchmarks/average_precision.py [PICTURES]

The detections are made up (tests/evaluation/worlds.py), of 80 classes. Every case is a process of its own
that makes the same world; its seconds are those of the evaluation alone, its memory the most that it had.
"""

import json
import platform
import resource
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

import numpy as np  # noqa: E402
from evaluation.worlds import world  # noqa: E402

CLASSES = 80
NAMES = [f"class{index}" for index in range(CLASSES)]
CASES = {
    "pictures and detections only": "none",
    "AP by yolov10": "ap",
    "AP, threshold, matching by yolov10": "all",
    "AP by pycocotools": "oracle",
}


def main() -> None:
    """Print a row a case."""
    pictures = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "hotcoco", "pycocotools"))
    print(f"{pictures} pictures x 300 detections; {libraries}; {platform.machine()}")
    print(f"{'case':36} {'seconds':>8} {'GB':>6} {'AP':>10}")
    for name, case in CASES.items():
        command = [sys.executable, __file__, str(pictures), case]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        seconds, gigabytes, ap = json.loads(done.stdout)
        print(f"{name:36} {seconds:8.1f} {gigabytes:6.2f} {ap:10.6f}", flush=True)


def run(pictures: int, case: str) -> None:
    """Evaluate once, and print seconds, gigabytes and AP as JSON."""
    rng = np.random.default_rng(0)
    samples, rows = world(rng, pictures=pictures, classes=CLASSES, most_boxes=14, found=(300, 300))
    start, ap = time.perf_counter(), 0.0
    if case == "ap":
        from yolov10.evaluation.coco import average_precision

        ap = average_precision(samples, rows, NAMES).mean()
    elif case == "all":
        from yolov10.evaluation.inference import Findings
        from yolov10.evaluation.report import assess

        ap = assess(Findings(samples, rows, 0, 0), NAMES).average.mean()
    elif case == "oracle":
        from evaluation.oracle import pycocotools

        ap = pycocotools(samples, rows, CLASSES)[2][0]
    seconds = time.perf_counter() - start
    # Kilobytes on Linux, bytes on macOS.
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)
    print(json.dumps([seconds, most, float(ap)]))


if __name__ == "__main__":
    run(int(sys.argv[1]), sys.argv[2]) if len(sys.argv) > 2 else main()
