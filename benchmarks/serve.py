"""The service under load: throughput of 16 clients, latency at half load, refusals at twice the capacity.

    python benchmarks/serve.py [--minutes 10] [--seconds 20] [--model cells] [--pictures FOLDER] [--batch 4]

Everything runs on this machine, clients too: what they take, the service lacks. Latencies count from the
moment a request was due, not from when a client found time for it. The model alone, 16 clients and half of
their load take turns, five times, and a figure is the median of its five, for machines are not as fast at all
times. Each stands beside its bar. The last load, twice the capacity, takes the minutes that are given.
Measure on an idle machine.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from load.http_load import Load
from load.process import cpu_seconds, peak, reset_peak, resident

CLIENTS, BATCHES, ROUNDS = 16, (1, 4, 8), 5
SHARE, SPREAD, GROWTH = 0.8, 4, 100
"""The bars: share of the model's own rate; p99 in medians; megabytes."""
ALONE = """
import itertools, sys, time
from pathlib import Path
from yolov10 import Detector

model, folder, batch, seconds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
detector = Detector(model)
data = [path.read_bytes() for path in sorted(folder.iterdir())]
list(detector.stream(data[:1] * batch * 2, batch=batch))
start, count = time.perf_counter(), 0
for count, _ in enumerate(detector.stream(itertools.cycle(data), batch=batch), 1):
    if count % batch == 0 and time.perf_counter() - start > seconds:
        break
print(count / (time.perf_counter() - start))
"""


def main() -> int:
    """Print the figures of every load beside their bars; 1 where one is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="cells")
    parser.add_argument("--pictures", type=Path, default=Path("tests/data/bccd/images/val"))
    parser.add_argument("--seconds", type=float, default=20, help="of each load but the last, in all rounds")
    parser.add_argument("--minutes", type=float, default=1, help="at twice the capacity")
    parser.add_argument("--batch", type=int, default=4)
    options = parser.parse_args()
    pictures = [path.read_bytes() for path in sorted(options.pictures.iterdir())]
    alone: dict[int, list[float]] = {batch: [] for batch in BATCHES}
    full, half = [], []
    with service(options.model, options.batch) as (process, url):
        Load(url, pictures).closed(CLIENTS, 3)  # warm
        for _ in range(ROUNDS):
            for batch in BATCHES:
                each = options.seconds / ROUNDS / len(BATCHES)
                alone[batch].append(rate_alone(options.model, options.pictures, batch, each))
            full.append(full_load(Load(url, pictures), process.pid, options.seconds / ROUNDS))
            rate = statistics.median(one for one, _, _ in full)
            half.append(Load(url, pictures).open(rate / 2, options.seconds / ROUNDS))
        good = [tell_share(alone, full), tell_spread(half)]
        good += overload(Load(url, pictures), process, 2 * rate, options.minutes)
    return 0 if all(good) else 1


def rate_alone(model: str, pictures: Path, batch: int, seconds: float) -> float:
    """Pictures a second of `Detector.stream` in a process of its own."""
    program = [sys.executable, "-c", ALONE, model, str(pictures), str(batch), str(seconds)]
    return float(subprocess.run(program, capture_output=True, text=True, check=True).stdout)


def full_load(load: Load, pid: int, seconds: float) -> tuple[float, float, float]:
    """Where clients never pause: answers a second, and the ms of CPU of each in the service and outside."""
    spent = cpu_seconds(pid), time.process_time()
    load.closed(CLIENTS, seconds)
    served, asked = cpu_seconds(pid) - spent[0], time.process_time() - spent[1]
    count = load.count(200)
    return count / load.seconds, 1000 * served / count, 1000 * asked / count


def tell_share(alone: dict[int, list[float]], full: list[tuple[float, float, float]]) -> bool:
    """Whether the service answers enough beside the model alone, with the best of some batches."""
    for batch, rates in alone.items():
        say(f"Detector.stream, batch {batch}", f"{statistics.median(rates):.1f} a second ({spread(rates)})")
    rates, served, asked = zip(*full, strict=True)
    share = statistics.median(rates) / max(map(statistics.median, alone.values()))
    text = f"{statistics.median(rates):.1f} a second ({spread(rates)}), {share:.2f} of the best"
    holds = say(f"{CLIENTS} clients", text, f"≥ {SHARE}", share >= SHARE)
    served, asked = statistics.median(served), statistics.median(asked)
    say("  CPU of a picture", f"{served:.1f} ms in the service, {asked:.1f} ms in the clients")
    return holds


def tell_spread(half: list[Load]) -> bool:
    """Whether few wait much longer than most, where requests come by chance, half as many as it can do."""
    medians, lasts, _ = zip(*(load.latencies() for load in half), strict=True)
    times = [last / median for median, last in zip(medians, lasts, strict=True)]
    text = f"median {1000 * statistics.median(medians):.0f} ms, p99 {statistics.median(times):.1f} medians"
    holds = statistics.median(times) < SPREAD
    return say("half of it", f"{text} ({spread(times)})", f"< {SPREAD}", holds)


def spread(values: Sequence[float]) -> str:
    """The least and the most."""
    return f"{min(values):.1f} to {max(values):.1f}"


def overload(load: Load, process: "subprocess.Popen[str]", rate: float, minutes: float) -> list[bool]:
    """Whether the service lives through more than it can do, in bounded memory, and answers everyone."""
    reset_peak(process.pid)
    before = resident(process.pid)
    load.open(rate, minutes * 60)
    growth = (peak(process.pid) - before) / 1e6
    say(f"twice of it, for {minutes:g} minutes", load.latencies()[2])
    others = load.statuses().keys() - {200, 429}
    alive = process.poll() is None
    return [
        say("  it lives", str(alive), "no crash", alive),
        say("  memory", f"{growth:+.0f} MB on {before / 1e6:.0f}", f"< {GROWTH} MB", growth < GROWTH),
        say("  answers", str(load.statuses()), "200 or 429, all answered", not others),
    ]


def say(name: str, value: str, bar: str = "", holds: bool = True) -> bool:
    """Print a figure beside its bar, if it has one; whether it holds."""
    verdict = f"   {bar}: {'holds' if holds else 'MISSED'}" if bar else ""
    print(f"{name:30} {value}{verdict}", flush=True)
    return holds


@contextmanager
def service(model: str, batch: int) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """`yolov10 serve` in a process; gives it and its address."""
    program = [
        sys.executable,
        "-m",
        "yolov10",
        "serve",
        "--model",
        model,
        "--port",
        "0",
        "--batch",
        str(batch),
    ]
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as process:
        line = process.stderr.readline()
        try:
            yield process, line.split(" at ")[1].split(" ")[0]
        finally:
            process.terminate()


if __name__ == "__main__":
    sys.exit(main())
