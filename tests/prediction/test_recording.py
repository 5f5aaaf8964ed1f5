"""Annotated videos: as many frames, of the same size and speed; and what can go wrong."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from yolov10.errors import UserError
from yolov10.prediction.picture import Picture
from yolov10.prediction.places import copy_place
from yolov10.prediction.recording import Recording, Recordings
from yolov10.prediction.video import Footage, Moment, Video, camera_or_stream


def frame(number, height=96, width=128):
    """A picture whose left part, wide as its number, is white."""
    pixels = np.full((height, width, 3), 40, np.uint8)
    pixels[:, :number] = 220
    return pixels


def played(path):
    """Facts and frames of a video file."""
    video = cv2.VideoCapture(str(path))
    found = []
    while True:
        there, pixels = video.read()
        if not there:
            return video.get(cv2.CAP_PROP_FPS), found
        found.append(pixels)


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
@pytest.mark.parametrize("fps", [25.0, 30000 / 1001, 5.0, 60.0])
def test_as_many_frames_at_the_same_speed(tmp_path, suffix, fps):
    recording = Recording(tmp_path / "deep" / f"a.{suffix}", fps, (128, 96))
    for number in range(40):
        recording.write(frame(number))
    recording.close()
    speed, found = played(tmp_path / "deep" / f"a.{suffix}")
    assert speed == pytest.approx(fps, rel=1e-3)
    assert len(found) == 40
    for number, pixels in enumerate(found):
        assert pixels.shape == (96, 128, 3)
        assert abs((pixels[48, :, 0] > 128).sum() - number) <= 1


def test_a_frame_of_another_size_is_scaled(tmp_path):
    recording = Recording(tmp_path / "a.mp4", 25, (128, 96))
    for pixels in (frame(64), frame(128, 192, 256), frame(35, 50, 70)):
        recording.write(pixels)
    recording.close()
    shown = played(tmp_path / "a.mp4")[1]
    assert [pixels.shape for pixels in shown] == [(96, 128, 3)] * 3
    assert all(abs((pixels[48, :, 0] > 128).sum() - 64) <= 2 for pixels in shown)


def test_of_an_odd_size_the_last_row_and_column_are_left_out(tmp_path):
    recording = Recording(tmp_path / "a.mp4", 25, (129, 97))
    recording.write(frame(5, 97, 129))
    recording.close()
    assert played(tmp_path / "a.mp4")[1][0].shape == (96, 128, 3)


def test_where_nothing_may_be_written_the_file_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    for place in (tmp_path / "file" / "a.mp4", tmp_path / "caf\udce9.mp4"):
        with pytest.raises(UserError, match="cannot write"):
            Recording(place, 25, (128, 96))
    (tmp_path / "a.mp4").mkdir()
    with pytest.raises(UserError, match=r"cannot write .*a\.mp4"):
        Recording(tmp_path / "a.mp4", 25, (128, 96))


FULL = """
import resource, signal, sys
import numpy as np
from pathlib import Path
from yolov10.errors import UserError
from yolov10.prediction.recording import Recording
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
recording = Recording(Path(sys.argv[1]), 25, (640, 480))
rng = np.random.default_rng(0)
for _ in range(60):
    recording.write(rng.integers(0, 255, (480, 640, 3), np.uint8))
try:
    recording.close()
except UserError as fault:
    print(fault)
"""


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
@pytest.mark.skipif(sys.platform == "win32", reason="a limit on files is a thing of Unix")
def test_a_full_disk_is_told(tmp_path, suffix):
    """A limit on the size of files stands for it, in a process of its own."""
    command = [sys.executable, "-c", FULL, str(tmp_path / f"a.{suffix}")]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "it is not whole; the disk may be full" in result.stdout
    assert result.stderr == ""  # OpenCV would print a line a frame


def test_each_video_has_its_own_file_and_a_skipping_one_takes_as_long(tmp_path):
    places = []
    recordings = Recordings(lambda video: places.append(video) or tmp_path / video.place)
    for name, step in (("a.mp4", 1), ("b.mp4", 5)):
        footage = Footage(Video(name, Path(name)), 25.0, step, live=False, drops=False)
        for number in range(0, 50, step):
            recordings.write(Moment(footage, number, number / 25), frame(number))
    recordings.close()
    recordings.close()
    assert [video.source for video in places] == ["a.mp4", "b.mp4"]
    (fast, all_frames), (slow, some) = played(tmp_path / "a.mp4"), played(tmp_path / "b.mp4")
    assert (round(fast), len(all_frames), round(slow), len(some)) == (25, 50, 5, 10)


@pytest.mark.parametrize(
    "seconds,expected",
    [
        ([0, 0.04, 0.08, 0.12], [0, 1, 2, 3]),  # as it should be
        ([0, 0.12, 0.24], [0, 1, 1, 1, 2, 2, 2]),  # two of three were dropped
        ([0, 0.01, 0.02, 0.03, 0.04], [0, 3]),  # faster than it says
        ([0, 100, 100.04], [0, *[1] * 25, 2]),  # out of reach for a while
    ],
)
def test_a_live_recording_keeps_to_the_clock(tmp_path, seconds, expected):
    footage = Footage(Video("0", Path("camera-0"), "camera"), 25.0, 1, live=True, drops=True)
    recordings = Recordings(lambda video: tmp_path / "live.mkv")
    for number, at in enumerate(seconds):
        recordings.write(Moment(footage, number, at), frame(10 * number))
    recordings.close()
    shown = [round((pixels[48, :, 0] > 128).sum() / 10) for pixels in played(tmp_path / "live.mkv")[1]]
    assert shown == expected


@pytest.mark.parametrize(
    "entry,container,place",
    [
        (Video("x/a.mp4", Path("x/a.mp4")), None, "x/a.mp4"),
        (Video("a.MKV", Path("a.MKV")), None, "a.MKV"),
        (Video("a.avi", Path("a.avi")), None, "a.avi.mp4"),
        (Video("a.mp4", Path("a.mp4")), "mkv", "a.mp4.mkv"),
        (Video("a.mkv", Path("a.mkv")), "mp4", "a.mkv.mp4"),
        (camera_or_stream("0"), None, "camera-0.mkv"),
        (camera_or_stream("0"), "mp4", "camera-0.mp4"),
        (
            camera_or_stream("rtsp://me:secret@10.0.0.5:554/live/main.sdp?x=1"),
            None,
            "10-0-0-5-554-live-main-sdp.mkv",
        ),
        (camera_or_stream("http://host/clip.mp4"), None, "host-clip-mp4.mkv"),
        (Video("caf\udce9.mp4", Path("caf\udce9.mp4")), None, "caf\ufffd.mp4"),
        (Picture("a.gif", lambda: None, Path("a.gif")), "mkv", "a.gif.jpg"),
    ],
)
def test_where_annotated_copies_go(entry, container, place):
    assert copy_place(entry, container) == Path(place)


@pytest.mark.parametrize("fps", [118.719, 71.234, 239.76, 999.9, 65.536, 0.0005, 30000 / 1001])
def test_any_frame_rate_is_written(tmp_path, fps):
    video = Video(str(tmp_path / "v.mp4"), "file", Path("v.mp4"))
    footage = Footage(video, fps, 1, live=False, drops=False)
    recordings = Recordings(lambda video: tmp_path / "out.mp4")
    for number in range(5):
        recordings.write(Moment(footage, number, number / fps), np.zeros((32, 48, 3), np.uint8))
    recordings.close()
    written = cv2.VideoCapture(str(tmp_path / "out.mp4"))
    assert written.get(cv2.CAP_PROP_FRAME_COUNT) == 5
    assert written.get(cv2.CAP_PROP_FPS) == pytest.approx(max(fps, 0.01), rel=2e-3)
