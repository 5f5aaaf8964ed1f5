"""Training pictures a second of one process and of two that torchrun starts, on this machine's CPUs.

    python benchmarks/distributed.py [DATA] [ROUNDS]

DATA is a data set to train on, by default 64 drawn pictures. Scale n at 640 pixels, batch 16 over all
processes, which share out the cores. Of three epochs the first, in which workers start and pictures are
decoded, does not count; one process and two take turns, and medians of the rounds count.
"""

import csv
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from training.drawn import draw_dataset  # noqa: E402

SETTINGS = ("--epochs", "3", "--validate-every", "0", "--batch", "16", "--device", "cpu", "--quiet")
TORCHRUN = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m")
STARTS = {"1 process": (), "2 processes": TORCHRUN}


def main() -> None:
    """Print the table."""
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = sys.argv[1] if len(sys.argv) > 1 else draw_dataset(folder / "data", train=64, size=640)
        rates: dict[str, list[float]] = {start: [] for start in STARTS}
        for number in range(rounds):
            for start, prefix in STARTS.items():
                run = folder / f"{start} {number}"
                train = ("-m", *prefix, "yolov10", "train", str(data), *SETTINGS, "--output", str(run))
                subprocess.run([sys.executable, *train], check=True, capture_output=True)
                with (run / "history.csv").open(newline="") as file:
                    rates[start] += [float(row["images_per_second"]) for row in csv.DictReader(file)][1:]
    print(f"torch {torch.__version__}, {rounds} rounds")
    print(f"{'':12} {'images/s':>9} {'least':>7} {'most':>7} {'times':>6}")
    alone = statistics.median(rates["1 process"])
    for start, found in rates.items():
        median = statistics.median(found)
        print(f"{start:12} {median:9.2f} {min(found):7.2f} {max(found):7.2f} {median / alone:6.2f}")


if __name__ == "__main__":
    main()
