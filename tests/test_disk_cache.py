"""The cache on disk: whole entries or none, whoever writes, whatever happened to them."""

import os
import subprocess
import sys

import pytest

from yolov10 import disk_cache
from yolov10.disk_cache import cache_folder, entry_key, read_entry, write_entry


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "open-yolov10"


def test_what_is_written_is_read(folder):
    assert cache_folder() == folder
    assert read_entry("a") is None
    write_entry("a", b"contents")
    assert read_entry("a") == b"contents"
    assert folder.stat().st_mode & 0o777 == 0o700
    write_entry("a", b"newer")
    assert read_entry("a") == b"newer"


@pytest.mark.parametrize(
    "damage", [lambda d: d[:-1], lambda d: b"", lambda d: d[:40] + b"?" + d[41:], lambda d: d + b"x"]
)
def test_a_damaged_entry_is_no_entry(folder, damage):
    write_entry("a", b"contents" * 10)
    (path,) = folder.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert read_entry("a") is None
    write_entry("a", b"again")
    assert read_entry("a") == b"again"


def test_a_key_tells_its_facts_apart():
    keys = {entry_key(facts) for facts in (["a", 1], ["a", 2], ["a1"], ["a", "1", ""], ["", "a", 1])}
    assert len(keys) == 5
    assert entry_key(["a", (1, 2)]) == entry_key(["a", (1, 2)])


def test_the_entries_not_used_for_longest_go(folder, monkeypatch):
    monkeypatch.setattr(disk_cache, "MAX_BYTES", 3 * (100 + 32))
    for age, key in enumerate("abc"):
        write_entry(key, key.encode() * 100)
        os.utime(folder / f"{key}.entry", (1000 + age, 1000 + age))
    assert read_entry("a")  # used: now b is the oldest
    write_entry("d", b"d" * 100)
    assert [key for key in "abcd" if read_entry(key)] == ["a", "c", "d"]


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(folder):
    folder.write_text("a file")
    write_entry("a", b"contents")
    assert read_entry("a") is None


def test_an_entry_of_another_user_is_not_read(folder, monkeypatch):
    write_entry("a", b"contents")
    monkeypatch.setattr(os, "getuid", lambda: 4242)
    assert read_entry("a") is None


WRITER = """
import sys
from yolov10.disk_cache import read_entry, write_entry
for turn in range(30):
    write_entry("shared", bytes([turn]) * 100_000)
    found = read_entry("shared")
    assert found is not None and len(found) == 100_000 and len(set(found)) == 1, "torn"
"""


def test_processes_may_write_one_entry_at_once(folder):
    running = [subprocess.Popen([sys.executable, "-c", WRITER]) for _ in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    assert len(read_entry("shared")) == 100_000
    assert [path.name for path in folder.iterdir()] == ["shared.entry"]
