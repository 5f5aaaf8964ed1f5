"""Fuzzes one target, guided by coverage: `python tests/fuzz/run.py TARGET` (`make fuzz`: all of them).

An input that raises, takes over 2 seconds or over 500 MB ends it, and is left in `.cache/fuzz/TARGET/`.
Needs Linux and `pip install atheris` (Apache-2.0); it is libFuzzer, which tells what it did on stderr.
"""

import argparse
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

import atheris

HERE = Path(__file__).resolve().parent
FOUND = HERE.parents[1] / ".cache" / "fuzz"
SECONDS, MEGABYTES = 2, 500
INSTRUMENTED = ["yolov10", "yaml", "zipfile", "json", "xml"]


def main() -> None:
    """Fuzz until so many inputs or a finding."""
    sys.path[:0] = [str(HERE.parent)]
    with atheris.instrument_imports(include=INSTRUMENTED):
        from fuzz.targets import TARGETS
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--inputs", type=int, default=-1, help="end after so many; -1: never")
    parser.add_argument("--seconds", type=int, default=600, help="end after so long in any case")
    parser.add_argument("--seed", type=int, default=0, help="0: another each time")
    chosen = parser.parse_args()
    found = FOUND / chosen.target
    (found / "corpus").mkdir(parents=True, exist_ok=True)
    settings = {
        "runs": chosen.inputs,
        "max_total_time": chosen.seconds,
        "seed": chosen.seed,
        "timeout": SECONDS,
        "rss_limit_mb": MEGABYTES,
        "max_len": 8192,
        "len_control": 20,
        "artifact_prefix": f"{found}/",
        "print_final_stats": 1,
    }
    flags = [f"-{name}={value}" for name, value in settings.items()]
    folders = [str(found / "corpus"), str(HERE / "corpus" / chosen.target)]
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        _once(TARGETS[chosen.target], Path(folder), b"")  # what is imported when it is first used
        atheris.Setup([sys.argv[0], *flags, *folders], partial(_once, TARGETS[chosen.target], Path(folder)))
        atheris.Fuzz()


def _once(target, folder: Path, data: bytes) -> None:
    target(data, folder / "input")


if __name__ == "__main__":
    main()
