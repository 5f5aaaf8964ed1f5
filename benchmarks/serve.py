"""The service under load: throughput of 16 clients, latency at half load, refusals at twice the capacity.

    python benchmarks/serve.py [--minutes 10] [--seconds 20] [--model cells] [--pictures FOLDER] [--batch 4]

Everything runs on this machine, clients too: what they take, the service lacks. Latencies count from the
moment a request was due, not from when a client found time for it. Each figure stands beside its bar; the
last load, twice the capacity, takes the minutes that are given. Measure on an idle machine.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from load.http_load import Load
from load.process import cpu_seconds, peak, reset_peak, resident

CLIENTS = 16
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
start, work, count = time.perf_counter(), time.process_time(), 0
for count, _ in enumerate(detector.stream(itertools.cycle(data), batch=batch), 1):
    if count % batch == 0 and time.perf_counter() - start > seconds:
        break
print(count / (time.perf_counter() - start), (time.process_time() - work) / count)
"""


def main() -> int:
    """Print the figures of every load beside their bars; 1 where one is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="cells")
    parser.add_argument("--pictures", type=Path, default=Path("tests/data/bccd/images/val"))
    parser.add_argument("--seconds", type=float, default=20, help="of each load but the last")
    parser.add_argument("--minutes", type=float, default=1, help="at twice the capacity")
    parser.add_argument("--batch", type=int, default=4)
    options = parser.parse_args()
    pictures = [path.read_bytes() for path in sorted(options.pictures.iterdir())]
    alone = best_alone(options.model, options.pictures, options.seconds / 3)
    with service(options.model, options.batch) as (process, url):
        Load(url, pictures).closed(CLIENTS, 3)  # warm
        rate, *good = full_load(Load(url, pictures), process.pid, options.seconds, alone)
        good.append(half_load(Load(url, pictures), rate / 2, options.seconds))
        good += overload(Load(url, pictures), process, 2 * rate, options.minutes)
    return 0 if all(good) else 1


def full_load(load: Load, pid: int, seconds: float, alone: float) -> tuple[float, bool]:
    """Answers a second where clients never pause, and whether they are enough beside the model `alone`."""
    spent = cpu_seconds(pid), time.process_time()
    load.closed(CLIENTS, seconds)
    served, asked = cpu_seconds(pid) - spent[0], time.process_time() - spent[1]
    rate = load.count(200) / load.seconds
    share = rate / alone
    holds = say(
        f"{CLIENTS} clients", f"{rate:.1f} a second, {share:.2f} of that", f"≥ {SHARE}", share >= SHARE
    )
    work = [1000 * one / load.count(200) for one in (served, asked)]
    say("  CPU of a picture", f"{work[0]:.1f} ms in the service, {work[1]:.1f} ms in the clients")
    say("  answers", f"{load.statuses()}, {load.latencies()[2]}")
    return rate, holds


def half_load(load: Load, rate: float, seconds: float) -> bool:
    """Whether few wait much longer than most, where requests come by chance."""
    median, last, text = load.open(rate, seconds).latencies()
    return say(f"half of it, {rate:.1f} a second", text, f"p99 < {SPREAD} medians", last < SPREAD * median)


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


def best_alone(model: str, pictures: Path, seconds: float) -> float:
    """Pictures a second of `Detector.stream` in a process of its own, with the best of some batches."""
    rates = []
    for batch in (1, 4, 8):
        program = [sys.executable, "-c", ALONE, model, str(pictures), str(batch), str(seconds)]
        done = subprocess.run(program, capture_output=True, text=True, check=True).stdout.split()
        rates.append(float(done[0]))
        say(
            f"Detector.stream, batch {batch}",
            f"{rates[-1]:.1f} a second, {float(done[1]) * 1000:.1f} ms of CPU each",
        )
    return max(rates)


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
