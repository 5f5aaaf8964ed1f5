import os

import pytest

from yolov10.errors import UserError
from yolov10.files import identity, write_atomic


def test_writes_whole_and_makes_folders(tmp_path):
    path = write_atomic(tmp_path / "a" / "b.bin", b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in path.parent.iterdir()] == ["b.bin"]


@pytest.fixture
def at_most_4096_bytes():
    """A file cannot grow beyond; Python ignores the signal, so the write itself fails half-way."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("at_most_4096_bytes")
def test_a_write_that_fails_half_way_keeps_the_old_file_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "b.bin"
    path.write_bytes(b"old")
    with pytest.raises(UserError, match=r"cannot write .*b\.bin: File too large"):
        write_atomic(path, b"new" * 10_000)
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
