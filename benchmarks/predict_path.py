"""Everything but infer: a JPEG from file to Detections, large pictures, and a folder as a stream.

    python benchmarks/predict_path.py [MODEL] [ROUNDS]

MODEL runs at 640 pixels, by default the embedded `cells`. Pictures are made from one of the package, with the
grain of a camera: 1280×720 and 4000×3000. The cases take turns; medians count.
"""

import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from yolov10 import Detector, images  # noqa: E402
from yolov10.benchmark.cases import Timed  # noqa: E402
from yolov10.benchmark.report import markdown  # noqa: E402
from yolov10.benchmark.run import photograph  # noqa: E402
from yolov10.benchmark.timing import WARM_UP, Spread, in_turns  # noqa: E402
from yolov10.prediction.ahead import fit_and_read  # noqa: E402

SIZE, STREAM = 640, 200


def main() -> None:
    """Print the table."""
    model = sys.argv[1] if len(sys.argv) > 1 else "cells"
    print(markdown(*measure(model, int(sys.argv[2]) if len(sys.argv) > 2 else 40)))


def measure(model: str, rounds: int) -> tuple[list[str], list[list[str]]]:
    """Titles and rows: what, figure, bar."""
    detector = Detector(model, image_size=SIZE)
    timed = detector.runtime = Timed(detector.runtime)
    with tempfile.TemporaryDirectory() as folder:
        hd = photograph(Path(folder, "hd.jpg"), 1280, 720)
        camera = photograph(Path(folder, "camera.jpg"), 4000, 3000)
        array = images.read(hd)
        calls = {"file": lambda: detector(hd), "array": lambda: detector(array)}
        times = in_turns(calls, rounds)
        infer = timed.milliseconds[2 * WARM_UP :]
        reads = {  # in turns of their own: after 36 MB of pixels, all that others need is far away
            "as needed": lambda: fit_and_read(images.open_file(camera), SIZE, full_decode=False),
            "whole": lambda: fit_and_read(images.open_file(camera), SIZE, full_decode=True),
        }
        times |= in_turns(reads, rounds)
        stream = _stream_ratio(detector, timed, Path(folder), hd)
    rest = [total - part for total, part in zip(times["file"], infer[0::2], strict=True)]
    bare = [total - part for total, part in zip(times["array"], infer[1::2], strict=True)]
    ratio = Spread.of(times["as needed"]).median / Spread.of(times["whole"]).median
    return ["what", "figure", "bar"], [
        ["1280×720 JPEG, file to Detections, without infer", f"{Spread.of(rest).median:.2f} ms", "4 ms"],
        ["the same from an array: no reading", f"{Spread.of(bare).median:.2f} ms", "1.2 ms"],
        ["4000×3000 JPEG, read as needed ÷ read whole", f"{ratio:.3f}", "0.45"],
        [f"a folder of {STREAM} pictures: whole time ÷ sum of infer", f"{stream:.3f}", "1.06"],
    ]


def _stream_ratio(detector: Detector, timed: Timed, folder: Path, picture: Path) -> float:
    many = folder / "many"
    many.mkdir()
    for index in range(STREAM):
        (many / f"{index:03}.jpg").hardlink_to(picture)
    del timed.milliseconds[:]
    start = time.perf_counter()
    assert sum(1 for _ in detector.stream(many)) == STREAM
    return 1000 * (time.perf_counter() - start) / sum(timed.milliseconds)


if __name__ == "__main__":
    main()
