"""A training step beside a plain one: time, and peak memory of a process that does nothing else.

    python benchmarks/training_step.py [ROUNDS]

Scale n, 80 classes, 640 pixels, batch 16, 28 boxes a picture, two threads. A step is pictures as bytes →
network → loss → gradients → clipping → SGD → moving average. The plain one is eager float32, channels first,
with the dense loss of the tests. The cases take turns, so that all see the same machine; medians count.
"""

import copy
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from training.dense_reference import dense_loss  # noqa: E402

from yolov10.data.batches import Batch  # noqa: E402
from yolov10.network import build  # noqa: E402
from yolov10.training import DualAssignmentLoss, TrainConfig  # noqa: E402
from yolov10.training.epoch import Rules, train_epoch  # noqa: E402
from yolov10.training.precision import find_precision  # noqa: E402
from yolov10.training.reporter import Quiet  # noqa: E402
from yolov10.training.schedule import Schedule  # noqa: E402
from yolov10.training.session import make_learner  # noqa: E402

BATCH, BOXES, SIZE, CLASSES, THREADS, LR = 16, 28, 640, 80, 2, 1e-3
CASES = ("plain", "fp32", "bf16")
Step = Callable[[], None]


def main() -> None:
    """Print the table; with the name of a case, the peak memory of a few of its steps alone."""
    torch.set_num_threads(THREADS)
    if len(sys.argv) > 1 and sys.argv[1] in CASES:
        step = make(sys.argv[1])
        for _ in range(4):
            step()
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    print(f"torch {torch.__version__}, {THREADS} threads, {rounds} rounds")
    memory = {case: peak_memory(case) for case in CASES}  # first: a child begins with its parent's peak
    seconds = interleaved(rounds)
    print(f"{'':6} {'median s':>9} {'least':>7} {'most':>7} {'of plain':>9} {'peak MiB':>9} {'of plain':>9}")
    for case in CASES:
        median = statistics.median(seconds[case])
        print(
            f"{case:6} {median:9.2f} {min(seconds[case]):7.2f} {max(seconds[case]):7.2f} "
            f"{median / statistics.median(seconds['plain']):9.3f} {memory[case] / 1024:9.0f} "
            f"{memory[case] / memory['plain']:9.3f}"
        )


def interleaved(rounds: int) -> dict[str, list[float]]:
    """Seconds of every case's step, round by round."""
    steps = {case: make(case) for case in CASES}
    for step in steps.values():
        step()
    seconds: dict[str, list[float]] = {case: [] for case in CASES}
    for _ in range(rounds):
        for case, step in steps.items():
            before = time.perf_counter()
            step()
            seconds[case].append(time.perf_counter() - before)
    return seconds


def peak_memory(case: str) -> int:
    """KiB of a process that does steps of one case."""
    command = [sys.executable, __file__, case]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def make(case: str) -> Step:
    """A function that does one step."""
    return plain_step() if case == "plain" else our_step(case)


def example() -> Batch:
    """A batch of noise with boxes of all sizes."""
    rng = np.random.default_rng(0)
    side = rng.uniform(0.03, 0.4, (BATCH * BOXES, 2))
    centre = rng.uniform(side / 2, 1 - side / 2)
    image, category = np.repeat(np.arange(BATCH), BOXES), rng.integers(CLASSES, size=BATCH * BOXES)
    targets = np.column_stack([image, category, centre, side]).astype(np.float32)
    images = rng.integers(256, size=(BATCH, 3, SIZE, SIZE), dtype=np.uint8)
    return Batch(images, targets, [Path("noise")] * BATCH)


def our_step(precision: str) -> Step:
    """The trainer's own loop over one batch."""
    config = TrainConfig(precision=precision, optimizer="sgd", batch=BATCH, nominal_batch=BATCH)
    found = find_precision(config, torch.device("cpu"))
    torch.manual_seed(0)
    learner, _ = make_learner(config, build("n", CLASSES), found, 1)
    schedule = Schedule(epochs=10**6, batches=10**6, lr=LR, accumulate=1, warmup_epochs=0)
    rules = Rules(learner.network, DualAssignmentLoss(CLASSES), schedule, found, config.clip)
    batch = example()
    learner.network.train()

    def step() -> None:
        train_epoch(learner, [batch], rules, Quiet())

    return step


def plain_step() -> Step:
    """What a training script of a page does."""
    torch.manual_seed(0)
    network = build("n", CLASSES)
    average = copy.deepcopy(network)
    optimizer = torch.optim.SGD(network.parameters(), lr=LR, momentum=0.937, nesterov=True, weight_decay=5e-4)
    batch = example()

    def step() -> None:
        optimizer.zero_grad()
        images = torch.from_numpy(batch.images).float() / 255
        total, _ = dense_loss(network(images), torch.from_numpy(batch.targets), CLASSES)
        total.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 10.0)
        optimizer.step()
        with torch.no_grad():
            for mine, latest in zip(average.parameters(), network.parameters(), strict=True):
                mine.mul_(0.999).add_(latest, alpha=0.001)

    return step


if __name__ == "__main__":
    main()
