"""The most memory that a process holds which loads a model and detects once: `python -m` this, in a child."""

import json
import os
import subprocess
import sys
from pathlib import Path


def peak_megabytes(
    model: str | os.PathLike[str],
    runtime: str,
    precision: str,
    picture: Path,
    image_size: str | None = None,
    threads: int | None = None,
) -> float | None:
    """Of a process of its own; None where the system does not tell (Windows), or has ended the process."""
    if sys.platform == "win32":
        return None
    wanted = {
        "model": os.fspath(model),
        "runtime": runtime,
        "precision": None if runtime == "onnx" else precision,
        "image_size": image_size,
        "threads": threads,
    }
    command = [sys.executable, "-m", __name__, json.dumps(wanted), os.fspath(picture)]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
    return float(done.stdout) if done.returncode == 0 else None


def _main() -> None:
    from yolov10.prediction.detector import Detector

    detector = Detector(**json.loads(sys.argv[1]), device="cpu", cache=False)
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
