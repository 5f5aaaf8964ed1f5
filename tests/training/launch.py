"""Starting a training in two processes, as a user does, with warnings as errors."""

import os
import socket
import subprocess
import sys


def two_processes(*program, cwd=None):
    """What came of two processes of a script and its arguments, or of `-m MODULE` and arguments."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    rendezvous = ["--master-addr", "127.0.0.1", "--master-port", str(port)]
    return subprocess.run(
        [*torchrun, *rendezvous, *map(str, program)],
        env=os.environ | {"PYTHONWARNINGS": "error", "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=600,
    )


def errors(result):
    """The lines that tell the user of a fault."""
    return [line for line in result.stderr.splitlines() if line.startswith("error: ")]
