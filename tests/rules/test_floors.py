"""Imports go down only; the floors are in pyproject.toml."""

import subprocess
import sys

CHECK = "from importlinter import cli; raise SystemExit(cli.lint_imports(no_cache=True))"


def test_imports_go_down_only():
    from conftest import ROOT

    # In a process of its own: it prints through a console that keeps the stream it first met.
    done = subprocess.run([sys.executable, "-c", CHECK], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
