"""A whole process for one picture: wall time, and the most memory it held.

    python benchmarks/cold_start.py [RUNS]

`predict one.jpg` with the embedded `cells` in ONNX Runtime and OpenVINO, and with its native weights from the
disk cache. Cases take turns; medians count. Modules are compiled before, as an install leaves them.
Linux: memory is read from /proc.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from yolov10.benchmark.report import markdown  # noqa: E402
from yolov10.model_names import CELLS, weights_file  # noqa: E402

PICTURE = ROOT / "tests" / "data" / "bccd" / "images" / "val" / "BloodImage_00037.jpg"
CASES = {
    "cells, ONNX Runtime": ([CELLS, "--runtime", "onnx"], "0.8 s, 200 MB"),
    "cells, OpenVINO, cached": ([CELLS, "--runtime", "openvino"], "0.8 s, 200 MB"),
    "cells.safetensors, OpenVINO, cached": ([weights_file(CELLS), "--runtime", "openvino"], "1.2 s"),
}
CHILD = """
import sys
from pathlib import Path
from yolov10.cli.main import main
code = main(sys.argv[1:])
assert "torch" not in sys.modules
print(int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024, file=sys.stderr)
sys.exit(code)
"""


def main() -> None:
    """Print the table."""
    print(markdown(*measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10)))


def measure(runs: int) -> tuple[list[str], list[list[str]]]:
    """Titles and rows: case, seconds, megabytes, bar."""
    seconds: dict[str, list[float]] = {name: [] for name in CASES}
    megabytes: dict[str, float] = dict.fromkeys(CASES, 0)
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {
            "XDG_CACHE_HOME": cache,
            "PYTHONPATH": str(ROOT / "src"),
            "PYTHONDONTWRITEBYTECODE": "",  # a shell that sets it would have every run compile our modules
            "PYTHONPYCACHEPREFIX": cache,
        }
        for run in range(runs + 1):
            for name, (arguments, _) in CASES.items():
                command = [sys.executable, "-c", CHILD, "predict", PICTURE, "--quiet", "--model", *arguments]
                start = time.perf_counter()
                done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
                if run:  # the first fills the caches
                    seconds[name].append(time.perf_counter() - start)
                    megabytes[name] = max(megabytes[name], float(done.stderr))
    return ["process", "seconds", "MB", "bar"], [
        [name, f"{statistics.median(seconds[name]):.2f}", f"{megabytes[name]:.0f}", bar]
        for name, (_, bar) in CASES.items()
    ]


if __name__ == "__main__":
    main()
