"""Training pictures a second: composed warps beside the step-by-step pipeline of the tests, and the loader.

    python benchmarks/loader.py [DATA] [ROUNDS]

DATA is a data set to train on, by default ../shared/data/bccd or the few pictures of it in the tests. One
picture is one training sample: a mosaic of four, with the published settings of scale n at 640 pixels. The
cases take turns, so that all see the same machine; medians of the rounds count. OpenCV has one thread.
"""

import resource
import statistics
import sys
import time
from collections.abc import Callable
from functools import cache
from itertools import count
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from data_sets.plain_augmentation import load_picture, plain_augment  # noqa: E402

from yolov10.data import Dataset, Sample, open_dataset  # noqa: E402
from yolov10.data.augment import augment  # noqa: E402
from yolov10.data.augmentation import PUBLISHED  # noqa: E402
from yolov10.data.batches import CACHE_BYTES, Loader  # noqa: E402
from yolov10.data.pictures import Pictures  # noqa: E402
from yolov10.opencv import cv2  # noqa: E402

SIZE, BLOCK = 640, 40
SETTINGS = PUBLISHED["n"]
Make = Callable[[int], object]


def main() -> None:
    """Print both tables."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else default_data()
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    dataset = open_dataset(data, "train")
    print(f"{data}: {len(dataset.samples)} pictures; OpenCV {cv2.__version__}, {rounds} rounds of {BLOCK}")
    cv2.setNumThreads(1)
    one_process(dataset, rounds)
    with_workers(dataset)


def default_data() -> Path:
    """The whole of BCCD where it lies beside the checkout, else what the tests have of it."""
    shared = ROOT.parent / "shared" / "data" / "bccd" / "data.yaml"
    return shared if shared.is_file() else ROOT / "tests" / "data" / "bccd" / "data.yaml"


def one_process(dataset: Dataset, rounds: int) -> None:
    """Compare the implementations, decoding every picture anew and holding all of them decoded."""
    samples = dataset.samples
    makers = {
        "step by step, decoding": plain(samples, lambda sample: load_picture(sample, SIZE)),
        "composed, decoding": composed(Pictures(samples, SIZE)),
        "step by step, decoded": plain(samples, cache(lambda sample: load_picture(sample, SIZE))),
        "composed, decoded": composed(Pictures(samples, SIZE, cache_bytes=1 << 40)),
    }
    for make in makers.values():
        for index in range(2 * len(samples)):  # every picture is decoded once, as good as surely
            make(index)
    seconds: dict[str, list[float]] = {name: [] for name in makers}
    first = count(step=BLOCK)
    for _ in range(rounds):
        start = next(first)
        for name, make in makers.items():
            before = time.perf_counter()
            for index in range(start, start + BLOCK):
                make(index)
            seconds[name].append((time.perf_counter() - before) / BLOCK)
    base = statistics.median(seconds["step by step, decoding"])
    print(f"{'one process':24} {'median ms':>10} {'least':>8} {'most':>8} {'a second':>9} {'times':>6}")
    for name, times in seconds.items():
        median = statistics.median(times)
        figures = f"{1e3 * median:10.2f} {1e3 * min(times):8.2f} {1e3 * max(times):8.2f} {1 / median:9.0f}"
        print(f"{name:24} {figures} {base / median:6.2f}")


def plain(samples: list[Sample], load: Callable[[Sample], object]) -> Make:
    """Make the n-th picture step by step."""
    return lambda n: plain_augment(samples, n % len(samples), SETTINGS, SIZE, np.random.default_rng(n), load)


def composed(pictures: Pictures) -> Make:
    """Make the n-th picture as training does."""
    planes = np.empty((3, SIZE, SIZE), np.uint8)
    return lambda n: augment(pictures, n % len(pictures), SETTINGS, np.random.default_rng(n), planes)


def with_workers(dataset: Dataset) -> None:
    """Say what the loader delivers, and what its deliveries cost the training process."""
    print(f"{'loader, batch 16':24} {'a second':>10} {'ms of the training process a picture':>40}")
    for workers in (0, 1, 2):
        for cached, name in ((0, "decoding"), (CACHE_BYTES, "cache")):
            with Loader(dataset, image_size=SIZE, batch=16, workers=workers, cache_bytes=cached) as loader:
                used_up(loader, epochs=range(2))  # fills the cache
                before, used = time.perf_counter(), process_seconds()
                pictures = used_up(loader, epochs=range(2, 6))
                seconds, used = time.perf_counter() - before, process_seconds() - used
            label = f"{workers} workers, {name}"
            print(f"{label:24} {pictures / seconds:10.0f} {1e3 * used / pictures:40.2f}")


def used_up(loader: Loader, epochs: range) -> int:
    """Take all batches of some epochs, and count their pictures."""
    return sum(len(batch.images) for epoch in epochs for batch in loader.batches(epoch, SETTINGS))


def process_seconds() -> float:
    """Processor time of this process without its children."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
