"""The service under load: throughput of 16 clients, latency at half load, refusals at twice the capacity.

    python benchmarks/serve.py [--model cells] [--pictures FOLDER] [--seconds 20] [--overload-seconds 60]

Everything runs on this machine, clients too: what they take, the service lacks. Latencies count from the
moment a request was due, not from when a client found time for it. Measure on an idle machine.
"""

import argparse
import collections
import http.client
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

CLIENTS = 16
OPEN_LOOP_THREADS = 160
"""More than the queue and the batches hold, so that it is the service that refuses."""


def main() -> None:
    """Print the figures of every load."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="cells")
    parser.add_argument("--pictures", type=Path, default=Path("tests/data/bccd/images/val"))
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--overload-seconds", type=float, default=60)
    parser.add_argument("--batch", type=int, default=4)
    options = parser.parse_args()
    pictures = [path.read_bytes() for path in sorted(options.pictures.iterdir())]
    alone = {
        batch: run_alone(options.model, options.pictures, batch, options.seconds / 2) for batch in (1, 4, 8)
    }
    for batch, rate in alone.items():
        print(f"Detector.stream, batch {batch}: {rate:.1f} pictures a second")
    with service(options.model, options.batch) as (process, url):
        Load(url, pictures).closed(CLIENTS, 3)  # warm
        full = Load(url, pictures).closed(CLIENTS, options.seconds)
        rate = full.count(200) / options.seconds
        print(
            f"{CLIENTS} clients: {rate:.1f} a second, {rate / max(alone.values()):.2f} of the best of these"
        )
        print(f"  {full.latencies()}, answers {full.statuses()}")
        half = Load(url, pictures).open(rate / 2, options.seconds)
        print(f"half load ({rate / 2:.1f} a second, Poisson): {half.latencies()}, answers {half.statuses()}")
        before = resident(process.pid)
        over = Load(url, pictures).open(2 * rate, options.overload_seconds)
        growth = (peak(process.pid) - before) / 1e6
        print(f"twice the capacity for {options.overload_seconds:g} s: {over.latencies()}")
        print(f"  answers {over.statuses()}, {over.count(200) / options.overload_seconds:.1f} a second")
        print(f"  memory {before / 1e6:.0f} MB before, {growth:+.0f} MB at most since")
        others = {status: count for status, count in over.statuses().items() if status not in (200, 429)}
        print(f"  neither 200 nor 429: {others or 'none'}; alive: {process.poll() is None}")


def run_alone(model: str, pictures: Path, batch: int, seconds: float) -> float:
    """Pictures a second of the Detector in a process of its own."""
    code = (
        "import sys, time, itertools; from pathlib import Path; from yolov10 import Detector\n"
        "detector = Detector(sys.argv[1])\n"
        "data = [path.read_bytes() for path in sorted(Path(sys.argv[2]).iterdir())]\n"
        "batch, seconds = int(sys.argv[3]), float(sys.argv[4])\n"
        "warm = list(detector.stream(data[:1] * batch * 2, batch=batch))\n"
        "start, count = time.perf_counter(), 0\n"
        "for _ in detector.stream(itertools.cycle(data), batch=batch):\n"
        "    count += 1\n"
        "    if count % batch == 0 and time.perf_counter() - start > seconds: break\n"
        "print(count / (time.perf_counter() - start))\n"
    )
    program = [sys.executable, "-c", code, model, str(pictures), str(batch), str(seconds)]
    return float(subprocess.run(program, capture_output=True, text=True, check=True).stdout)


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


class Load:
    """Requests sent, and what became of each: (seconds, status)."""

    def __init__(self, url: str, pictures: list[bytes]) -> None:
        self.host = urlsplit(url).netloc
        self.pictures = pictures
        self.results: list[tuple[float, int | str]] = []

    def closed(self, clients: int, seconds: float) -> "Load":
        """So many clients, each with one request at a time."""
        end = time.perf_counter() + seconds

        def client(number: int) -> None:
            connection = http.client.HTTPConnection(self.host, timeout=120)
            while (start := time.perf_counter()) < end:
                number += 1
                self._ask(connection, number, start)

        self._run(client, clients)
        return self

    def open(self, rate: float, seconds: float) -> "Load":
        """Requests that come when they come, each on a connection of its own: a Poisson process."""
        rng, due, moment = random.Random(0), collections.deque(), time.perf_counter() + 0.5
        end = moment + seconds
        while moment < end:
            moment += rng.expovariate(rate)
            due.append(moment)
        lock = threading.Lock()

        def client(number: int) -> None:
            while True:
                with lock:
                    if not due:
                        return
                    start = due.popleft()
                time.sleep(max(0, start - time.perf_counter()))
                number += 1
                connection = http.client.HTTPConnection(self.host, timeout=120)
                self._ask(connection, number, start)
                connection.close()

        self._run(client, OPEN_LOOP_THREADS)
        return self

    def _run(self, client: Callable[[int], None], count: int) -> None:
        threads = [threading.Thread(target=client, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _ask(self, connection: http.client.HTTPConnection, number: int, start: float) -> None:
        try:
            connection.request("POST", "/detect", self.pictures[number % len(self.pictures)])
            answer = connection.getresponse()
            answer.read()
            status: int | str = answer.status
        except (OSError, http.client.HTTPException) as fault:
            status = type(fault).__name__
            connection.close()
        self.results.append((time.perf_counter() - start, status))

    def count(self, status: int) -> int:
        """Answers of a status."""
        return sum(found == status for _, found in self.results)

    def statuses(self) -> dict[int | str, int]:
        """Answers by status, and failures by kind."""
        return dict(collections.Counter(status for _, status in self.results))

    def latencies(self) -> str:
        """Median and 99th percentile of the answers with results."""
        seconds = sorted(taken for taken, status in self.results if status == 200)
        median, last = (seconds[int(share * (len(seconds) - 1))] * 1000 for share in (0.5, 0.99))
        return f"median {median:.0f} ms, p99 {last:.0f} ms ({last / median:.1f} times)"


def resident(pid: int) -> int:
    """Bytes of memory that a process holds now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak(pid: int) -> int:
    """The most memory the process ever held."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


if __name__ == "__main__":
    main()
