"""Running Python in a process of its own: what is loaded and done there is what a user's process would."""

import os
import subprocess
import sys
from pathlib import Path


def run_python(code, *, home, **environment):
    """Standard output of `python -c code`, in a fresh HOME and without the variables of CI and pytest."""
    kept = {k: v for k, v in os.environ.items() if k != "CI" and not k.startswith(("PYTEST", "COV", "XDG"))}
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=kept | {"HOME": str(home), **environment},
        cwd=Path(home),
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout
