"""The container of a `.pt`: what is read, and that any change to its bytes is noticed."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from weights.checkpoints import archive_bytes
from weights.hostile import with_64_bit_end

from yolov10.errors import UserError
from yolov10.weights.archive import open_archive

PICKLE = b"\x80\x02}."
STORAGES = {"0": b"0123456789abcdef", "1": b"", "12": b"\x00\x01"}
GOOD = archive_bytes(PICKLE, STORAGES)


def written(folder: Path, data: bytes) -> Path:
    path = folder / "model.pt"
    path.write_bytes(data)
    return path


def contents(path: Path) -> list[bytes]:
    with open_archive(path) as archive:
        return [archive.pickle(), *(archive.storage(key, len(data)) for key, data in STORAGES.items())]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(GOOD, id="usual"),
        pytest.param(with_64_bit_end(GOOD), id="with the 64-bit end record that PyTorch writes"),
        pytest.param(archive_bytes(PICKLE, STORAGES, byteorder=None), id="no byteorder"),
        pytest.param(archive_bytes(PICKLE, STORAGES, top="mein größtes Modell (2)"), id="odd folder"),
        pytest.param(archive_bytes(PICKLE, STORAGES, top="archive"), id="another folder"),
    ],
)
def test_pickle_and_storages_are_read(data: bytes, tmp_path: Path) -> None:
    assert contents(written(tmp_path, data)) == [PICKLE, *STORAGES.values()]


def test_padding_between_entries_is_fine(tmp_path: Path) -> None:
    """PyTorch aligns storages by an extra field in the local header only."""
    data = bytearray(GOOD)
    at = data.rfind(b"PK\x03\x04", 0, data.find(b"0123456789abcdef"))
    name_length = int.from_bytes(data[at + 26 : at + 28], "little")
    data[at + 28 : at + 30] = (10).to_bytes(2, "little")
    data[at + 30 + name_length : at + 30 + name_length] = b"FB\x06\x00ZZZZZZ"
    start = data.find(b"PK\x01\x02")
    row = start
    while data[row : row + 4] == b"PK\x01\x02":  # entries behind the longer one moved
        offset = int.from_bytes(data[row + 42 : row + 46], "little")
        data[row + 42 : row + 46] = (offset + 10 * (offset > at)).to_bytes(4, "little")
        row += 46 + sum(
            int.from_bytes(data[row + field : row + field + 2], "little") for field in (28, 30, 32)
        )
    data[-6:-2] = start.to_bytes(4, "little")
    assert contents(written(tmp_path, bytes(data))) == [PICKLE, *STORAGES.values()]


def test_a_storage_must_have_the_size_that_is_asked_for(tmp_path: Path) -> None:
    with (
        open_archive(written(tmp_path, GOOD)) as archive,
        pytest.raises(UserError, match=r"model\.pt: storage 0 holds 16 bytes, its tensor says 8"),
    ):
        archive.storage("0", 8)


def test_more_is_not_handed_out_than_a_few_times_the_file(tmp_path: Path) -> None:
    large = bytes(100_000)
    with open_archive(written(tmp_path, archive_bytes(PICKLE, {"0": large}))) as archive:
        for _ in range(4):
            archive.storage("0", len(large))
        with pytest.raises(UserError, match="over and over"):
            archive.storage("0", len(large))


def test_what_is_no_file_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"missing\.pt: no such file"):
        open_archive(tmp_path / "missing.pt")
    with pytest.raises(UserError, match="not a file"):
        open_archive(tmp_path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the permission would not bind")
def test_a_file_that_may_not_be_read_is_said_to_be_so(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    path.chmod(0)
    with pytest.raises(UserError, match="cannot be read"):
        open_archive(path)


def test_a_refused_file_is_closed(tmp_path: Path) -> None:
    """Warnings are errors here: a file left open would fail this test; Windows could not remove it."""
    path = written(tmp_path, GOOD[:-1])
    with pytest.raises(UserError):
        open_archive(path)
    path.unlink()


def test_a_zip_of_another_hand_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "again.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("again/data.pkl", PICKLE)
        for key, data in STORAGES.items():
            archive.writestr(f"again/data/{key}", data)
    assert contents(path) == [PICKLE, *STORAGES.values()]


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, len(with_64_bit_end(GOOD)) - 1), change=st.integers(1, 255))
def test_a_changed_byte_is_noticed_or_changes_nothing(place: int, change: int, tmp_path: Path) -> None:
    data = bytearray(with_64_bit_end(GOOD))
    data[place] ^= change
    try:
        found = contents(written(tmp_path, bytes(data)))
    except UserError as refusal:
        assert str(refusal).isprintable()
    else:
        assert found == [PICKLE, *STORAGES.values()]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(length=st.integers(0, len(GOOD) - 1))
def test_a_file_cut_anywhere_is_refused(length: int, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cut short|empty file|not a PyTorch checkpoint"):
        open_archive(written(tmp_path, GOOD[:length]))


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=300),
    start=st.sampled_from([b"", b"PK\x03\x04"]),
    end=st.sampled_from([b"", GOOD[-22:]]),
)
def test_any_other_bytes_are_refused(data: bytes, start: bytes, end: bytes, tmp_path: Path) -> None:
    with pytest.raises(UserError):
        open_archive(written(tmp_path, start + data + end))


@pytest.mark.parametrize("file", ["authors-8.1.34-n-3classes.pt", "ultralytics-8.4.190-n-3classes.pt"])
def test_real_checkpoints_open(file: str, shared: Path) -> None:
    with open_archive(shared / "checkpoints" / file) as archive:
        assert archive.pickle()[:2] == b"\x80\x02"
        assert np.frombuffer(archive.storage("0", 864), "<f2").size == 16 * 3 * 3 * 3
