"""The sparse loss beside a dense one: time and memory of forward and backward, without the network.

    python benchmarks/loss.py

Raw maps of 640 pixels, 16 images, 80 classes, 2 threads. The dense loss is the reference of the tests:
vectorised, on [B, G, A] and [B, A, classes] tensors. Cases take turns, so that all see the same machine, and
medians count. Sides of boxes are log-uniform in 8 … 240 pixels: 41, 32, 27 % are small, medium and large, as
about in COCO. Memory is what a step adds to a process that holds the maps; their gradients are 148 MiB of it.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from training.dense_reference import dense_loss  # noqa: E402

from yolov10.training.loss import DualAssignmentLoss  # noqa: E402

CLASSES, SIZE, BATCH, ROUNDS = 80, 640, 16, 15
Loss = Callable[[dict[str, list[Tensor]], Tensor], tuple[Tensor, Tensor]]
LOSSES: dict[str, Loss] = {
    "sparse": DualAssignmentLoss(num_classes=CLASSES),
    "dense": lambda maps, targets: dense_loss(maps, targets, CLASSES),
}


def main() -> None:
    """Print medians, ratios and peaks."""
    torch.set_num_threads(2)
    cases = [("dense", 28), ("sparse", 28), ("sparse", 200)]
    maps = raw_maps(BATCH)
    targets = {boxes: labels(BATCH, boxes) for boxes in (28, 200)}
    seconds: dict[tuple[str, int], list[float]] = {case: [] for case in cases}
    for _ in range(ROUNDS + 1):
        for name, boxes in cases:
            seconds[name, boxes].append(step(LOSSES[name], maps, targets[boxes]))
    median = {case: statistics.median(times[1:]) for case, times in seconds.items()}  # the first is a warm-up

    print(f"torch {torch.__version__}, medians of {ROUNDS} rounds")
    for (name, boxes), value in median.items():
        print(
            f"{name:6} {boxes:4} boxes a picture: {1000 * value:5.0f} ms, {peak(name, BATCH, boxes):5.0f} MiB"
        )
    print(f"sparse 2000 boxes in one picture: {peak('sparse', 1, 2000):5.0f} MiB")
    print(f"sparse / dense at 28: {median['sparse', 28] / median['dense', 28]:.2f}")
    print(f"sparse at 200 / at 28: {median['sparse', 200] / median['sparse', 28]:.2f}")


def step(loss: Loss, maps: dict[str, list[Tensor]], targets: Tensor) -> float:
    """Seconds of one forward and backward."""
    start = time.perf_counter()
    total, _ = loss(maps, targets)
    total.backward()  # type: ignore[no-untyped-call]
    elapsed = time.perf_counter() - start
    for raw in (raw for levels in maps.values() for raw in levels):
        raw.grad = None
    return elapsed


def peak(name: str, batch: int, boxes: int) -> float:
    """MiB that one step adds to the process that holds the maps, measured in a process of its own."""
    command = [sys.executable, __file__, "peak", name, str(batch), str(boxes)]
    return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def print_peak(name: str, batch: int, boxes: int) -> None:
    """The measurement of `peak`, in the child process."""
    maps, targets = raw_maps(batch), labels(batch, boxes)
    before = high_water()
    step(LOSSES[name], maps, targets)
    print(high_water() - before)


def high_water() -> float:
    """The most memory this process ever held, in MiB (Linux; `getrusage` would count its parent too)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def raw_maps(batch: int) -> dict[str, list[Tensor]]:
    """Raw maps of both heads, with classes as improbable as a trained network has them."""
    generator = torch.Generator().manual_seed(0)

    def level(cells: int) -> Tensor:
        raw = torch.empty(batch, 64 + CLASSES, cells, cells).normal_(generator=generator)
        raw[:, 64:] -= 6
        return raw.requires_grad_()

    return {head: [level(SIZE // stride) for stride in (8, 16, 32)] for head in ("one2many", "one2one")}


def labels(batch: int, boxes: int) -> Tensor:
    """Targets [batch · boxes, 6], wholly inside their picture."""
    generator = torch.Generator().manual_seed(1)
    rows = batch * boxes
    side = 8 * (240 / 8) ** torch.rand(rows, generator=generator) / SIZE
    shape = 2 ** (torch.rand(rows, generator=generator) - 0.5)  # aspect ratio 1/2 … 2
    extent = torch.stack([side * shape, side / shape], 1)
    centre = extent / 2 + torch.rand(rows, 2, generator=generator) * (1 - extent)
    image = torch.arange(batch).repeat_interleave(boxes)
    category = torch.randint(CLASSES, (rows,), generator=generator)
    return torch.cat([torch.stack([image, category], 1), centre, extent], 1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["peak"]:
        print_peak(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
