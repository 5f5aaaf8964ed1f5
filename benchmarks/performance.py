"""Writes docs/performance.md: all tracked figures, on this machine, which should do nothing else meanwhile.

    python benchmarks/performance.py [ROUNDS]

Needs the embedded `cells` and, for the size of the base install, `.venv-base` (make test-base).
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks")]

import cold_start  # noqa: E402
import install_size  # noqa: E402
import predict_path  # noqa: E402
import runtimes  # noqa: E402

from yolov10.benchmark.report import markdown, method, table  # noqa: E402
from yolov10.benchmark.run import benchmark  # noqa: E402
from yolov10.model_names import CELLS, weights_file  # noqa: E402

PAGE = ROOT / "docs" / "performance.md"
BEGIN = "<!-- Below: written by benchmarks/performance.py. -->"


def main() -> None:
    """Measure, and replace what stands below the line."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(text.partition(BEGIN)[0] + BEGIN + "\n\n" + figures(rounds) + "\n", encoding="utf-8")


def figures(rounds: int) -> str:
    """The measured part of the page."""
    weights = weights_file(CELLS)
    result = benchmark(weights, image_size="640", threads=2, rounds=rounds, cache=False)
    base = ROOT / ".venv-base"
    parts = [
        "## `yolov10 benchmark cells.safetensors --image-size 640 --threads 2`",
        markdown(*table(result)),
        "\n".join(f"* {line}" for line in method(result)),
        "## Infer, beside plain torch",
        markdown(*runtimes.measure(weights, rounds)),
        "## Everything but infer",
        markdown(*predict_path.measure(str(weights), rounds)),
        "## A process for one picture",
        markdown(*cold_start.measure(max(rounds // 4, 3))),
    ]
    if base.is_dir():
        parts += ["## Base install on disk", markdown(*install_size.measure(base))]
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
