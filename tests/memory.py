"""How much memory a piece of Python takes, seen from outside: in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

PEAK = """
try:  # not ru_maxrss: a child starts with its parent's
    with open("/proc/self/status") as status:
        print(next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 2**10)
except OSError:
    print(0)
"""


def peak_megabytes(code, *arguments):
    """The most resident memory of `python -c code arguments`; 0 where the system does not tell."""
    result = subprocess.run(
        [sys.executable, "-c", code + PEAK, *map(os.fspath, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return float(result.stdout.splitlines()[-1])


def write_all(folder, files, suffix):
    """Write the contents of a corpus as numbered files."""
    for number, content in enumerate(files.values()):
        Path(folder, f"{number:03}{suffix}").write_bytes(content)
