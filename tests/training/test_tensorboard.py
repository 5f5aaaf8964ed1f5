import struct

import pytest

from yolov10.errors import UserError
from yolov10.training.history import COLUMNS
from yolov10.training.tensorboard import TAGS, Events

ROW = dict.fromkeys(COLUMNS, 0.5) | {"epoch": 300, "AP": 0.25, "AP_small": None}


def records(path):
    data = path.read_bytes()
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        yield data[12 : 12 + length]
        data = data[16 + length :]


def test_every_epoch_is_a_record_with_its_step_and_figures(tmp_path):
    events = Events(tmp_path)
    events.add(ROW)
    events.add(ROW | {"epoch": 301})
    first, second, third = records(events.path)
    assert b"brain.Event:2" in first
    assert b"\x10\xac\x02" in second  # field 2, 300
    assert b"\x10\xad\x02" in third
    assert b"validation/AP\x15" + struct.pack("<f", 0.25) in second
    assert b"AP_small" not in second


def test_all_columns_but_those_of_bookkeeping_are_shown():
    assert set(COLUMNS) - set(TAGS) == {"epoch", "seconds", "threshold"}


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "tensorboard").write_text("in the way")
    with pytest.raises(UserError, match=r"cannot write .*tensorboard"):
        Events(tmp_path)


def test_tensorboard_reads_it(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = Events(tmp_path)
    events.add(ROW)
    with events.path.open("ab") as file:
        file.write(b"\x09\x00\x00\x00")  # a kill in the middle of a record
    found = accumulator.EventAccumulator(str(events.path.parent))
    found.Reload()
    assert [(event.step, event.value) for event in found.Scalars("validation/AP")] == [(300, 0.25)]
