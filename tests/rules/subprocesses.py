"""Running Python in a process of its own: what is loaded and done there is what a user's process would."""

import os
import subprocess
import sys
from pathlib import Path


def clean_environment(home):
    """A fresh HOME, without the variables of CI and pytest under which libraries hide what they do."""
    kept = {k: v for k, v in os.environ.items() if k != "CI" and not k.startswith(("PYTEST", "COV", "XDG"))}
    return kept | {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}


def run_python(code, *, home):
    """Standard output of `python -c code` in that environment."""
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=clean_environment(home),
        cwd=Path(home),
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout
