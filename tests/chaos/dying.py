"""The command in a process of its own, which may be killed at its n-th change of the file system."""

import itertools
import os
import signal
import subprocess
import sys

CHILD = """
import os, signal, sys

root, last, seen = sys.argv[1], int(sys.argv[2]), 0
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = {"os.rename": 1, "os.remove": 0, "os.mkdir": 0, "os.rmdir": 0, "os.truncate": 0, "os.link": 1}

def changed(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        return path if isinstance(flags, int) and flags & WRITES else None
    return arguments[CHANGES[event]] if event in CHANGES else None

def count(event, arguments):
    global seen
    path = changed(event, arguments)
    if isinstance(path, (str, bytes, os.PathLike)) and os.path.abspath(os.fsdecode(path)).startswith(root):
        seen += 1
        if seen == last:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(count)
from yolov10.cli.main import main
sys.exit(main(sys.argv[3:]))
"""
"""It dies just before the change, and so at the same place on a slow machine."""


def yolov10(*arguments, environment=None, **options):
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "yolov10", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | (environment or {}),
        timeout=600,
        **options,
    )


def killed_everywhere(root, *arguments, prepare=lambda: None, environment=None, step=1):
    """Run a command again and again, killed at its first change below `root`, then at one `step` later.

    Gives the number of the change after each kill, and ends when the command does. `prepare` comes before
    each run.
    """
    for last in itertools.count(1, step):
        prepare()
        command = [sys.executable, "-c", CHILD, str(root), str(last), *map(str, arguments)]
        done = subprocess.run(
            command, capture_output=True, text=True, env=os.environ | (environment or {}), timeout=600
        )
        if done.returncode != -signal.SIGKILL:
            assert done.returncode == 0, done.stderr
            assert last > 1, "it was never killed"
            return
        yield last


def the_error(done):
    """The only line of a command that failed as it should, but for what it said before."""
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    *before, last = done.stderr.splitlines()
    assert last.startswith("error: "), done.stderr
    assert not any(line.startswith(("error: ", "Traceback")) for line in before), done.stderr
    assert "unexpected" not in last, done.stderr
    return last
