"""How long the command takes to start: whole processes, interleaved, medians and spread.

Modules are compiled before, as an install leaves them.

python benchmarks/startup.py [RUNS]
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

COMMANDS = {
    "bare Python": ["-c", "pass"],
    "import yolov10": ["-c", "import yolov10"],
    "yolov10 --help": ["-m", "yolov10", "--help"],
    "yolov10 info n": ["-m", "yolov10", "info", "n"],
    "yolov10 predict --help": ["-m", "yolov10", "predict", "--help"],
}


def main() -> None:
    """Print a row a command."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": cache}
        for run in range(runs + 1):
            for name, arguments in COMMANDS.items():
                start = time.perf_counter()
                subprocess.run(
                    [sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment
                )
                if run:  # the first fills the caches
                    seconds[name].append(time.perf_counter() - start)
    print(f"{'command':24} {'median':>8} {'least':>8} {'most':>8}  (milliseconds, {runs} runs)")
    for name, times in seconds.items():
        figures = (statistics.median(times), min(times), max(times))
        print(f"{name:24} " + " ".join(f"{1000 * figure:8.0f}" for figure in figures))


if __name__ == "__main__":
    main()
