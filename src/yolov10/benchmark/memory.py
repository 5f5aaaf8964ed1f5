"""The most memory that a process holds which loads a model and detects once: `python -m` this, in a child."""

import json
import os
import subprocess
import sys
from pathlib import Path


def peak_megabytes(
    model: str | os.PathLike[str], runtime: str, precision: str, picture: Path
) -> float | None:
    """Of a process of its own; None where the system does not tell (Windows)."""
    if sys.platform == "win32":
        return None
    wanted = json.dumps({"model": os.fspath(model), "runtime": runtime, "precision": precision})
    command = [sys.executable, "-m", __name__, wanted, os.fspath(picture)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603


def _main() -> None:
    from yolov10.prediction.detector import Detector

    wanted = json.loads(sys.argv[1])
    precision = None if wanted["runtime"] == "onnx" else wanted["precision"]
    detector = Detector(
        wanted["model"], runtime=wanted["runtime"], precision=precision, device="cpu", cache=False
    )
    detector(sys.argv[2])
    print(_most())  # noqa: T201 - the answer to the parent


def _most() -> float:
    """Megabytes this process held at most; `getrusage` on Linux would count its parent's, too."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    _main()
