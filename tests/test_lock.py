"""A lock is held, or not to be had, for a reason that is told."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from yolov10.errors import UserError
from yolov10.lock import locked

HOLD = """
import sys
from pathlib import Path
from yolov10.lock import locked
with locked(Path(sys.argv[1]), what=Path("it"), by="another"):
    print("held", flush=True)
    sys.stdin.read()
"""


def refusal(path):
    with pytest.raises(UserError) as fault, locked(path, what=Path("it"), by="another"):
        pass
    return str(fault.value)


def test_what_another_process_holds_is_in_use_until_it_ends(tmp_path):
    path = tmp_path / "a.lock"
    program = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        assert refusal(path) == f"it is in use by another, process {holder.pid}"
        holder.kill()
        holder.wait()
    with locked(path, what=path, by="another"):
        assert path.read_text() == f"{os.getpid()}\n"


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EROFS, errno.EIO])
def test_a_disk_without_locks_is_not_said_to_be_in_use(tmp_path, monkeypatch, number):
    fcntl = pytest.importorskip("fcntl")

    def refused(file, operation):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refused)
    path = tmp_path / "a.lock"
    assert (
        refusal(path)
        == f"cannot lock {path}: {os.strerror(number)}: choose a folder on a disk of this machine"
    )


def test_where_nothing_can_be_written_that_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "a.lock"
    assert refusal(path) == f"cannot write {path}: Not a directory"
