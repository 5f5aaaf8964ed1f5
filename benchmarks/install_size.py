"""What the base install takes on disk, by distribution; no torch, no extras.

    python benchmarks/install_size.py [ENVIRONMENT]

ENVIRONMENT is a virtual environment with nothing but the base install, by default `.venv-base`, which
`make test-base` makes.
"""

import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from yolov10.benchmark.report import markdown  # noqa: E402

BAR = 340
NOT_OURS = ("pip", "setuptools", "pytest", "pluggy", "iniconfig", "packaging")
"""What an environment or `make test-base` brings beside it; packaging is onnxruntime's, too, and small."""


def main() -> None:
    """Print the table."""
    environment = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".venv-base"
    print(markdown(*measure(environment)))


def measure(environment: Path) -> tuple[list[str], list[list[str]]]:
    """Titles and rows: distribution, megabytes."""
    (packages,) = environment.glob("lib/python*/site-packages")
    sizes = {}
    for one in metadata.distributions(path=[str(packages)]):
        if one.name not in NOT_OURS:
            files = [Path(str(one.locate_file(file))) for file in one.files or []]
            sizes[one.name] = sum(file.stat().st_size for file in files if file.is_file()) / 1e6
    rows = [[name, f"{size:.1f}"] for name, size in sorted(sizes.items(), key=lambda item: -item[1])]
    return ["distribution", "MB"], [*rows, [f"all (bar {BAR})", f"{sum(sizes.values()):.1f}"]]


if __name__ == "__main__":
    main()
