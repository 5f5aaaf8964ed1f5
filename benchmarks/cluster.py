"""Pictures a second of `predict` and of `predict --engine ray` here, and what a billion would take.

    python benchmarks/cluster.py [--pictures 600] [--rounds 3] [--price 0.04] [--write]

Blood-cell pictures of 640x480 as JPEG, model cells (scale n) at 640 pixels, whole commands. Each is run on
some pictures and on four times as many, in turns; the difference gives pictures a second without the start,
and what is left the start. `--write` puts the tables into docs/scale.md.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "scale.md"
BEGIN, END = "<!-- Below: written by benchmarks/cluster.py. -->\n", "<!-- Above: written. -->\n"
CORES = os.cpu_count() or 1
WAYS: dict[str, tuple[int, tuple[str, ...]]] = {
    "predict, 1 thread": (1, ("--threads", "1")),
    f"predict, {CORES} threads": (CORES, ("--threads", str(CORES))),
    f"Ray, {CORES} workers of 1 thread": (CORES, ("--engine", "ray", "--threads", "1")),
}
"""Cores that each way uses, and its options."""
BILLION = 10**9


def main() -> None:
    """Measure, print, and write the page where that is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--price", type=float, default=0.04, help="of a core for an hour, in any currency")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        text = "\n".join(report(Path(name), options.pictures, options.rounds, options.price)) + "\n"
    print(text)
    if options.write:
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(before + BEGIN + "\n" + text + "\n" + END + rest.partition(END)[2], "utf-8")


def report(folder: Path, pictures: int, rounds: int, price: float) -> Iterator[str]:
    """The two tables as Markdown."""
    few, many = make_pictures(folder / "few", pictures), make_pictures(folder / "many", 4 * pictures)
    seconds = {way: [[], []] for way in WAYS}  # type: dict[str, list[list[float]]]
    for _ in range(rounds):
        for way, (_, arguments) in WAYS.items():
            for index, source in enumerate((few, many)):
                seconds[way][index].append(timed(source, folder / "r.jsonl", arguments))
    yield f"{platform.machine()}, {CORES} cores, {rounds} rounds of {pictures} and {4 * pictures} pictures:"
    yield ""
    yield "| | pictures a second | a second and core | start, s |"
    yield "|---|--:|--:|--:|"
    rate = 0.0
    for way, (short, long) in seconds.items():
        low, high = statistics.median(short), statistics.median(long)
        rate = 3 * pictures / (high - low)
        yield f"| {way} | {rate:.1f} | {rate / WAYS[way][0]:.1f} | {low - pictures / rate:.1f} |"
    lines = (folder / "r.jsonl").stat().st_size / (4 * pictures)
    timed(few, folder / "r.parquet", ("--engine", "ray"))
    stored = (folder / "r.parquet").stat().st_size / pictures
    size = sum(path.stat().st_size for path in few.iterdir()) / pictures
    yield ""
    yield from billion(rate / CORES, size, lines, stored, price)


def billion(rate: float, size: float, lines: float, stored: float, price: float) -> Iterator[str]:
    """What a billion pictures take: from pictures a second and core, bytes of a picture and its results."""
    core_hours, day = BILLION / rate / 3600, 86_400
    terabytes, lines_gb, parquet_gb = size * 1e-3, lines, stored  # a billion times bytes are gigabytes
    rows = [
        ("work", f"10⁹ ÷ {rate:.1f} a second and core", f"{core_hours:,.0f} core hours"),
        ("cores, to be done in a day", f"{core_hours:,.0f} ÷ 24", f"{core_hours / 24:,.0f}"),
        ("to be read", f"10⁹ × {size / 1000:.1f} kB a picture", f"{terabytes:,.1f} TB"),
        ("network, in that day", f"{terabytes:,.1f} TB ÷ {day:,} s", f"{terabytes * 8000 / day:.2f} Gbit/s"),
        (
            "network of a core",
            f"{rate:.1f} × {size / 1000:.1f} kB a second",
            f"{rate * size * 8e-6:.1f} Mbit/s",
        ),
        ("results as JSON lines", f"10⁹ × {lines:,.0f} B", f"{lines_gb:,.0f} GB"),
        ("results as Parquet", f"10⁹ × {stored:,.0f} B", f"{parquet_gb:,.0f} GB"),
        (
            "results to the driver, in that day",
            f"{lines_gb:,.0f} GB ÷ {day:,} s",
            f"{lines_gb * 1000 / day:.1f} MB/s",
        ),
        (
            f"cost of a million, at {price:g} a core and hour",
            f"{core_hours / 1000:,.2f} core hours × {price:g}",
            f"{core_hours / 1000 * price:.3f}",
        ),
    ]
    yield "| of a billion pictures | from | |"
    yield "|---|---|--:|"
    yield from (f"| {name} | {source} | {value} |" for name, source, value in rows)


def make_pictures(folder: Path, count: int) -> Path:
    """So many pictures, no two files alike."""
    folder.mkdir()
    originals = sorted((ROOT / "tests" / "data" / "bccd" / "images").rglob("*.jpg"))
    pictures = [cv2.imread(str(path)) for path in originals]
    for number in range(count):
        picture = pictures[number % len(pictures)].copy()
        picture[:, number % 600 : number % 600 + 40] //= 2
        cv2.imwrite(str(folder / f"{number:06d}.jpg"), picture)
    return folder


def timed(source: Path, save_to: Path, arguments: tuple[str, ...]) -> float:
    """Seconds of a whole command."""
    save_to.unlink(missing_ok=True)
    form = () if save_to.suffix == ".parquet" or "ray" in arguments else ("--format", "jsonl")
    model = ("--model", "cells", "--image-size", "640", "--quiet", "--save-to", str(save_to))
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "yolov10", "predict", str(source), *model, *form, *arguments], check=True
    )
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
