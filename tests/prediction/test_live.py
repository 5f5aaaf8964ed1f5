"""Cameras and streams: never behind them, and back to one that breaks off. The camera is real HTTP."""

import queue
import subprocess
import sys
import threading
import time

import pytest
from conftest import DATA
from prediction.mjpeg_server import Camera, numbered, read_number

from yolov10 import Detector
from yolov10.errors import UserError
from yolov10.prediction import capture, live
from yolov10.prediction.capture import Capture
from yolov10.prediction.frames import Playback, each_picture
from yolov10.prediction.live import newest
from yolov10.prediction.video import camera_or_stream


def until(condition):
    """Wait for what other threads do; how long it takes is of no meaning."""
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it never came true")


@pytest.fixture
def camera(monkeypatch):
    monkeypatch.setattr(capture, "READ_TIMEOUT", 600_000)  # no slow machine is taken for a silent camera
    monkeypatch.setattr(capture, "OPEN_TIMEOUT", 600_000)
    monkeypatch.setattr(live, "SHORTEST_WAIT", 0.01)
    monkeypatch.setattr(live, "LONGEST_WAIT", 0.05)
    camera = Camera()
    yield camera
    camera.leave()


@pytest.fixture
def received(monkeypatch):
    """Numbers of the frames that came from the camera, whether anybody looked at them or not."""
    numbers = []
    own = Capture.next

    def noted(self, *, wanted):
        there, pixels = own(self, wanted=wanted)
        if there:
            numbers.append(None if pixels is None else read_number(pixels))
        return there, pixels

    monkeypatch.setattr(Capture, "next", noted)
    return numbers


def frames(camera, told=None, **playback):
    entry = camera_or_stream(camera.address)
    return each_picture([entry], Playback(**playback), tell=(told if told is not None else []).append)


def numbers(pictures):
    return [(picture.moment.number, read_number(picture.read())) for picture in pictures]


class TestNewest:
    def test_what_nobody_asked_for_in_time_is_dropped(self):
        came, taken = queue.Queue(), []

        def items(stop):
            while (item := came.get()) is not None:
                taken.append(item)
                yield item

        stream = newest(items)
        for item in "ab":
            came.put(item)
        assert next(stream) in "ab"
        for item in "cdef":
            came.put(item)
        came.put("g")
        until(lambda: taken[-1] == "g")
        came.put(None)  # the thread has put away "g" when it asks for this
        until(came.empty)
        assert list(stream) == ["g"]

    def test_a_fault_is_raised_after_what_came_before_it(self):
        def items(stop):
            yield 1
            raise UserError("gone")

        stream = newest(items)
        assert next(stream) == 1
        with pytest.raises(UserError, match="gone"):
            next(stream)

    def test_closed_it_stops_the_thread(self):
        def items(stop):
            while not stop.wait(0.001):
                yield 1

        stream = newest(items)
        next(stream)
        assert any(thread.name.startswith("yolov10-live") for thread in threading.enumerate())
        stream.close()
        assert not any(thread.name.startswith("yolov10-live") for thread in threading.enumerate())


PROGRAM = """
from yolov10.prediction.live import newest
def items(stop):
    while not stop.wait(0.001):
        yield 1
    print("let go")
stream = newest(items)
print(next(stream))
"""


def test_a_program_may_end_without_closing_it():
    command = [sys.executable, "-c", PROGRAM]
    assert subprocess.run(command, capture_output=True, text=True, timeout=120).stdout == "1\nlet go\n"


def test_a_slow_looker_always_sees_the_newest_frame(camera, received):
    camera.send(5)
    pictures = frames(camera)
    next(pictures)
    for _ in range(5):
        camera.send(20)
        until(lambda: len(received) == camera.allowed)
        shown = read_number(next(pictures).read())
        if shown < camera.allowed - 1:  # the newest was just being put into its place
            shown = read_number(next(pictures).read())
        assert shown == camera.allowed - 1
    camera.leave()  # or closing would wait for the next frame, or the timeout
    pictures.close()


def test_frame_numbers_count_those_that_were_dropped(camera, received):
    camera.send(5)  # as many as FFmpeg wants to see before it opens
    pictures = frames(camera)
    seen = [next(pictures)]
    camera.send(50)
    until(lambda: len(received) == 55)
    seen.append(next(pictures))
    camera.leave()
    pictures.close()
    assert all(number == shown for number, shown in numbers(seen))
    assert seen[1].moment.seconds > seen[0].moment.seconds


def test_waiting_nothing_is_dropped(camera):
    camera.send(12)
    pictures = frames(camera, when_behind="wait")
    assert numbers(next(pictures) for _ in range(12)) == [(n, n) for n in range(12)]
    pictures.close()


@pytest.mark.parametrize("batch", [1, 8])
def test_a_frame_is_answered_before_the_next_one_is_taken_whatever_the_batch(camera, received, batch):
    camera.send(12)
    detector = Detector(DATA / "models" / "toy.onnx")
    stream = detector.stream(camera.address, batch=batch, playback=Playback(when_behind="wait"))
    for count in range(12):
        assert next(stream).frame == count
        assert len(received) == count + 1
    stream.close()


def test_frames_that_are_skipped_on_purpose_are_not_decoded(camera, received):
    camera.send(12)
    pictures = frames(camera, when_behind="wait", step=3)
    assert numbers(next(pictures) for _ in range(4)) == [(n, n) for n in (0, 3, 6, 9)]
    assert received == [0, None, None, 3, None, None, 6, None, None, 9]
    pictures.close()


def test_a_skipped_frame_is_grabbed_alone():
    class Calls:
        def __init__(self):
            self.made = []

        def grab(self):
            self.made.append("grab")
            return True

        def read(self):
            self.made.append("read")
            return True, numbered(0)

    opened = Capture.__new__(Capture)
    opened.capture = Calls()
    for wanted in (True, False, False, True):
        opened.next(wanted=wanted)
    assert opened.capture.made == ["read", "grab", "grab", "read"]


def test_a_stream_that_breaks_off_is_reached_again_and_goes_on(camera):
    told = []
    camera.send(5)
    pictures = frames(camera, told, when_behind="wait", reconnect=30)
    before = numbers(next(pictures) for _ in range(5))
    camera.hang_up()
    camera.send(5)
    after = numbers(next(pictures) for _ in range(5))
    assert [number for number, _ in before + after] == list(range(10))
    assert [shown for _, shown in after] == list(range(5, 10))
    assert camera.connections == 2
    assert told == [f"{camera.address}: broke off; trying to reach it again"]
    pictures.close()


def test_breaking_off_is_told_by_default_as_a_warning(camera):
    camera.send(5)
    pictures = each_picture([camera_or_stream(camera.address)], Playback(when_behind="wait"))
    for _ in range(5):
        next(pictures)
    camera.hang_up()
    camera.send(5)
    with pytest.warns(UserWarning, match=f"^{camera.address}: broke off; trying to reach it again$"):
        next(pictures)
    pictures.close()


def test_breaking_off_among_skipped_frames_is_told_each_time_and_the_numbers_go_on(camera, received):
    told = []
    camera.send(6)
    pictures = frames(camera, told, when_behind="wait", step=10)
    seen = [next(pictures)]
    for count in (1, 2):  # between two frames that are looked at
        reader = threading.Thread(target=lambda: seen.append(next(pictures)))
        reader.start()
        until(lambda count=count: len(received) == 6 + 10 * (count - 1))
        camera.hang_up()
        until(lambda count=count: len(told) == count)
        camera.send(10)
        reader.join()
    assert numbers(seen) == [(0, 0), (10, 10), (20, 20)]
    assert [picture.moment.absences for picture in seen] == [0, 1, 2]
    pictures.close()


def test_a_stream_that_fell_silent_is_sought_again_though_its_timeout_is_longer_than_the_patience(
    camera, monkeypatch
):
    monkeypatch.setattr(capture, "READ_TIMEOUT", 500)
    told = []
    camera.send(5)
    pictures = frames(camera, told, when_behind="wait", reconnect=0.1)
    assert numbers(next(pictures) for _ in range(5)) == [(n, n) for n in range(5)]
    after = []
    reader = threading.Thread(target=lambda: after.extend(numbers([next(pictures)])))
    reader.start()
    until(lambda: told)
    camera.send(5)
    reader.join()
    assert [number for number, _ in after] == [5]
    pictures.close()


def test_a_stream_that_stays_away_ends_in_a_picture_that_cannot_be_read(camera):
    camera.send(3)
    pictures = frames(camera, when_behind="wait", reconnect=0.2)
    for _ in range(3):
        next(pictures)
    camera.leave()
    (last,) = pictures
    assert last.source == camera.address
    with pytest.raises(
        UserError, match=f"^{camera.address}: broke off, and was out of reach for 0.2 seconds$"
    ):
        last.read()


def test_a_stream_that_is_not_sought_again_just_ends(camera):
    camera.send(3)
    pictures = frames(camera, reconnect=0, when_behind="wait")
    seen = [next(pictures)]
    camera.hang_up()
    seen += pictures
    assert numbers(seen) == [(0, 0), (1, 1), (2, 2)]


def test_a_stream_that_falls_silent_is_given_up_after_its_timeout_and_no_library_prints(
    camera, capfd, monkeypatch
):
    monkeypatch.setattr(capture, "READ_TIMEOUT", 500)
    camera.send(3)
    pictures = frames(camera, reconnect=0, when_behind="wait")
    assert len(numbers(pictures)) == 3  # and no fourth: the camera sends nothing, and does not hang up
    assert capfd.readouterr() == ("", "")


def test_an_address_where_nobody_is_says_so_and_is_not_sought_again(camera):
    camera.leave()
    told = []
    (only,) = frames(camera, told)
    assert told == []
    with pytest.raises(UserError, match="cannot be reached, or sends no video"):
        only.read()


def test_a_camera_that_is_not_there_says_so():
    (only,) = each_picture([camera_or_stream("99")])
    with pytest.raises(UserError, match="^camera 99: cannot be opened$"):
        only.read()


def test_closing_lets_go_of_the_camera_and_ends_the_thread(camera):
    camera.send(1_000_000)
    pictures = frames(camera)
    next(pictures)
    pictures.close()
    assert not any(thread.name.startswith("yolov10-live") for thread in threading.enumerate())
