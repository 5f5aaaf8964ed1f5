"""The event files, read back by their documented format: records, and the protocol buffers in them."""

import struct

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from yolov10.errors import UserError
from yolov10.training.history import COLUMNS
from yolov10.training.tensorboard import TAGS, Events

ROW = dict.fromkeys(COLUMNS, 0.5) | {"epoch": 300, "AP": 0.25, "AP_small": None}

# From event.proto and summary.proto of TensorFlow: message → name, number and type of its fields.
MESSAGES = {
    "Value": [("tag", 1, "STRING"), ("simple_value", 2, "FLOAT")],
    "Summary": [("value", 1, "Value")],
    "Event": [
        *(("wall_time", 1, "DOUBLE"), ("step", 2, "INT64")),
        *(("file_version", 3, "STRING"), ("summary", 5, "Summary")),
    ],
}


def event_class():
    """The message type Event, made by the protobuf library."""
    file = descriptor_pb2.FileDescriptorProto(name="events.proto", package="events", syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind in fields:
            repeated = "LABEL_REPEATED" if field == "value" else "LABEL_OPTIONAL"
            added = message.field.add(name=field, number=number, label=repeated)
            added.type = f"TYPE_{'MESSAGE' if kind in MESSAGES else kind}"
            if kind in MESSAGES:
                added.type_name = f".events.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("events.Event"))


def crc32c(data):
    """Castagnoli's check sum, by polynomial division over the bits; of b"123456789" it is 0xE3069283."""
    bits = int.from_bytes(bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)) << 32
    length = 8 * len(data)
    bits ^= 0xFFFFFFFF << length
    for shift in range(length - 1, -1, -1):
        if bits >> (shift + 32) & 1:
            bits ^= 0x11EDC6F41 << shift
    return int(f"{bits ^ 0xFFFFFFFF:032b}"[::-1], 2)


def checked(data, masked):
    """`data`, whose masked check sum must be the four bytes `masked` (TFRecord format)."""
    crc = crc32c(data)
    assert struct.unpack("<I", masked)[0] == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    return data


def events_in(path):
    data, event = path.read_bytes(), event_class()
    while data:
        (length,) = struct.unpack("<Q", checked(data[:8], data[8:12]))
        end = 12 + length
        yield event.FromString(checked(data[12:end], data[end : end + 4]))
        data = data[end + 4 :]


def test_the_check_sum_of_these_tests_is_the_documented_one():
    assert crc32c(b"123456789") == 0xE3069283


def test_every_epoch_is_a_record_with_its_step_and_figures(tmp_path):
    events = Events(tmp_path)
    events.add(ROW)
    events.add(ROW | {"epoch": 301})
    first, second, third = events_in(events.path)
    assert first.file_version == "brain.Event:2"
    assert (second.step, third.step) == (300, 301)
    assert first.wall_time <= second.wall_time <= third.wall_time
    figures = {value.tag: value.simple_value for value in second.summary.value}
    expected = {tag: 0.25 if name == "AP" else 0.5 for name, tag in TAGS.items() if name != "AP_small"}
    assert figures == expected


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
