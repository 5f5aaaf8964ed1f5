"""Progress: a bar on a terminal, plain lines elsewhere."""

import io
import sys

import pytest

from yolov10.cli import progress
from yolov10.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_on_a_terminal_and_lines_above_it(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress("detecting", 3, "pictures", quiet=False) as bar:
        for _ in range(3):
            bar.advance()
        bar.warn("a.jpg: broken")
    assert "detecting" in terminal.getvalue()
    assert "warning: a.jpg: broken" in terminal.getvalue()


@pytest.mark.parametrize("quiet", [False, True])
def test_plain_lines_now_and_then_elsewhere(monkeypatch, capsys, quiet):
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    with Progress("detecting", 2, "pictures", quiet=quiet) as lines:
        lines.advance()
        lines.warn("a.jpg: broken")
    out, err = capsys.readouterr()
    assert out == ""
    assert ("detecting: 1 of 2 pictures" in err) == (not quiet)
    assert "warning: a.jpg: broken" in err
