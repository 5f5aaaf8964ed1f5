import os
import subprocess
import sys

import pytest

from yolov10.errors import UserError
from yolov10.files import identity, unreadable, write_atomic


def test_writes_whole_and_makes_folders(tmp_path):
    path = write_atomic(tmp_path / "a" / "b.bin", b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in path.parent.iterdir()] == ["b.bin"]


# In a process of its own: the limit holds for every file a process writes, its own output among them.
WRITE_TOO_MUCH = """
import resource, sys
from yolov10.errors import UserError
from yolov10.files import write_atomic
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
try:
    write_atomic(sys.argv[1], b"new" * 10_000)
except UserError as fault:
    print(fault)
"""


def test_a_write_that_fails_half_way_keeps_the_old_file_and_leaves_nothing_behind(tmp_path):
    pytest.importorskip("resource")
    path = tmp_path / "b.bin"
    path.write_bytes(b"old")
    command = [sys.executable, "-c", WRITE_TOO_MUCH, str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == f"cannot write {path}: File too large\n"
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["b.bin"]


@pytest.mark.parametrize("length", [246, 255])
def test_a_name_as_long_as_the_file_system_allows_can_be_written(tmp_path, length):
    path = tmp_path / "n".ljust(length, "n")
    assert write_atomic(path, b"new").read_bytes() == b"new"
    assert os.listdir(tmp_path) == [path.name]


def test_a_file_is_the_same_by_every_spelling_and_link(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"x")
    (tmp_path / "link").symlink_to(file)
    (tmp_path / "other").write_bytes(b"x")
    assert identity(file) == identity(tmp_path / "." / "link") != identity(tmp_path / "other")
    assert identity(tmp_path / "gone") is identity("n" * 300) is identity("zero\0byte") is None


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="cannot write"):
        write_atomic(tmp_path / "file" / "b.bin", b"new")


def test_what_cannot_be_read_is_told_with_the_reason_of_the_system_or_of_the_library():
    assert (
        unreadable("a.txt", OSError(13, "Permission denied")) == "a.txt: cannot be read (Permission denied)"
    )
    assert unreadable("a.txt", OSError("closed")) == "a.txt: cannot be read (closed)"
