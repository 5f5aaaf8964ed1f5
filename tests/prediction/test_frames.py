"""Video files as pictures: every frame once, in order; damaged and strange files; what is held meanwhile."""

import os
import weakref
from struct import pack_into, unpack_from

import cv2
import numpy as np
import pytest
from conftest import DATA
from prediction.drawn_video import KNOWN, write

from yolov10 import Detector, opencv
from yolov10.errors import UserError, WrongValueError
from yolov10.prediction.frames import Playback, each_picture, frame_count
from yolov10.prediction.sources import pictures
from yolov10.prediction.video import Video


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """The same sixty frames in three containers."""
    folder = tmp_path_factory.mktemp("clips")
    return {
        suffix: write(KNOWN, folder / f"clip.{suffix}", 30000 / 1001, 60) for suffix in ("mp4", "mkv", "avi")
    }


def frames(*sources, **options):
    return list(each_picture(pictures(map(str, sources)), **options))


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_every_frame_comes_once_and_in_order(clips, suffix):
    found = frames(clips[suffix])
    assert [picture.moment.number for picture in found] == list(range(60))
    assert {picture.source for picture in found} == {str(clips[suffix])}
    footage = found[0].moment.footage
    assert all(picture.moment.footage is footage for picture in found)
    assert footage.fps == pytest.approx(29.97, abs=0.01)
    assert not footage.drops
    for number in (0, 30, 59):
        picture = found[number]
        assert picture.moment.seconds == pytest.approx(number / 29.97, abs=0.01)
        pixels = picture.read()
        assert (pixels.shape, pixels.dtype) == ((240, 320, 3), np.uint8)
        assert np.abs(pixels.astype(int) - KNOWN.draw(number)).mean() < 4
    assert frame_count(Video(str(clips[suffix]), clips[suffix]), Playback()) == 60


@pytest.mark.parametrize("step,count", [(1, 60), (7, 9), (60, 1), (100, 1)])
def test_every_so_manieth_frame(clips, step, count):
    found = frames(clips["mp4"], playback=Playback(step=step))
    assert [picture.moment.number for picture in found] == list(range(0, 60, step))
    assert len(found) == count == frame_count(Video(str(clips["mp4"]), clips["mp4"]), Playback(step=step))


def test_a_frame_rate_that_no_video_has_is_not_believed(tmp_path):
    found = frames(write(KNOWN, tmp_path / "odd.mp4", 1000, 5))
    assert [picture.moment.footage.fps for picture in found] == [25] * 5


def test_videos_and_pictures_keep_their_turns(clips, tmp_path):
    for name in ("a.png", "c.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "b.mp4").write_bytes(clips["mp4"].read_bytes())
    found = frames(tmp_path, playback=Playback(step=30))
    assert [os.path.basename(picture.source) for picture in found] == ["a.png", "b.mp4", "b.mp4", "c.png"]
    assert [str(picture.place) for picture in found] == ["a.png", "b.mp4", "b.mp4", "c.png"]
    assert [picture.moment is None for picture in found] == [True, False, False, True]


def test_frames_are_read_when_asked_for_and_let_go(clips):
    held = []
    for picture in each_picture(pictures([str(clips["mp4"])])):
        held.append(weakref.ref(picture.read()))
        del picture
        assert sum(ref() is not None for ref in held) <= 2
    assert len(held) == 60


def test_a_detector_reads_a_few_frames_ahead_and_no_more(clips):
    held, batch = [], 2

    def noted():
        for picture in each_picture(pictures([str(clips["mp4"])])):
            held.append(weakref.ref(picture.read()))
            yield picture

    for count, _ in enumerate(Detector(DATA / "models" / "toy.onnx").results(noted(), batch=batch), 1):
        assert sum(ref() is not None for ref in held) <= 3 * batch + 1
        assert len(held) <= count + 3 * batch
    assert len(held) == 60


def test_a_damaged_stretch_costs_its_frames_and_is_told(clips, tmp_path):
    data = bytearray(clips["mp4"].read_bytes())
    data[len(data) // 3 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 3)
    (tmp_path / "damaged.mp4").write_bytes(data)
    *found, last = frames(tmp_path / "damaged.mp4")
    assert 35 < len(found) < 54
    with pytest.raises(UserError, match=r"damaged\.mp4: \d+ of 60 frames can be read: damaged or cut off"):
        last.read()


def test_a_trimmed_mp4_is_whole_though_its_file_holds_more(clips, tmp_path):
    """As telephones trim, and `ffmpeg -ss 1 -c copy`: an edit list shows the last 30 of 60 frames."""
    data = bytearray(clips["mp4"].read_bytes())
    ticks, media_ticks = (unpack_from(">I", data, data.index(box) + 16)[0] for box in (b"mvhd", b"mdhd"))
    begin = 30 * 1001 / 30000
    pack_into(">Ii", data, data.index(b"elst") + 12, round(begin * ticks), round(begin * media_ticks))
    trimmed = tmp_path / "trimmed.mp4"
    trimmed.write_bytes(data)
    found = frames(trimmed)
    assert [picture.moment.number for picture in found] == list(range(30))
    assert np.abs(found[0].read().astype(int) - KNOWN.draw(30)).mean() < 4
    assert frame_count(Video(str(trimmed), trimmed), Playback()) == 30


def test_a_trimmed_mp4_that_is_damaged_is_still_told(clips, tmp_path):
    data = bytearray(clips["mp4"].read_bytes())
    (ticks,) = unpack_from(">I", data, data.index(b"mvhd") + 16)
    pack_into(">I", data, data.index(b"elst") + 12, round(30 * 1001 / 30000 * ticks))
    data[len(data) // 6 : len(data) // 3] = bytes(len(data) // 3 - len(data) // 6)
    (tmp_path / "both.mp4").write_bytes(data)
    *_, last = frames(tmp_path / "both.mp4")
    with pytest.raises(UserError, match=r"both\.mp4: \d+ of (29|30) frames can be read: damaged or cut off"):
        last.read()


def test_a_cut_mkv_is_played_as_far_as_it_goes(clips, tmp_path):
    data = clips["mkv"].read_bytes()
    (tmp_path / "cut.mkv").write_bytes(data[: len(data) // 2])
    found = frames(tmp_path / "cut.mkv")
    assert 10 < len(found) < 60
    assert all(picture.read().shape == (240, 320, 3) for picture in found)


@pytest.mark.parametrize(
    "name,content,reason",
    [
        ("empty.mp4", b"", "no video"),
        ("text.mkv", b"this is not a video", "no video"),
        ("photo.avi", b"\x89PNG\r\n\x1a\n" + bytes(50), "no video"),
        ("head.mp4", b"\0\0\0\x18ftypmp42" + bytes(300), "a damaged video"),
        ("list.mp4", b"#EXTM3U\n#EXTINF:1,\nclip.ts\n", "no video"),
        ("list.avi", b"ffconcat version 1.0\nfile clip.mp4\n", "no video"),
        ("list.mkv", b"<?xml version='1.0'?><MPD></MPD>", "no video"),
    ],
)
def test_what_is_no_video_is_named_and_the_rest_goes_on(clips, tmp_path, name, content, reason):
    (tmp_path / "clip.mp4").write_bytes(clips["mp4"].read_bytes())
    (tmp_path / name).write_bytes(content)
    bad, *good = frames(tmp_path / name, tmp_path / "clip.mp4", playback=Playback(step=30))
    assert bad.source == str(tmp_path / name)
    with pytest.raises(UserError, match=f"{name}: {reason}"):
        bad.read()
    assert len(good) == 2
    assert frame_count(Video(str(tmp_path / name), tmp_path), Playback()) == 1


def test_a_video_that_went_away_is_named(tmp_path):
    (only,) = each_picture([Video(str(tmp_path / "gone.mp4"), tmp_path)])
    with pytest.raises(UserError, match=r"gone\.mp4: cannot be read \(No such file or directory\)"):
        only.read()


def test_too_many_pixels_are_refused_before_one_is_decoded(clips):
    (only,) = frames(clips["mp4"], max_pixels=320 * 240 - 1)
    with pytest.raises(UserError, match=r"clip\.mp4: 320x240 = .*raise --max-pixels"):
        only.read()
    assert len(frames(clips["mp4"], max_pixels=320 * 240)) == 60


@pytest.mark.parametrize(
    "name",
    [b"caf\xe9.mp4", "적혈구 é.mp4".encode(), b"concat:a|b.mp4", b"-dash.mp4", b"http:.mp4", b"%03d.mp4"],
)
def test_odd_names(clips, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with open(name, "wb") as file:
        file.write(clips["mp4"].read_bytes())
    before = set(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else None
    assert len(frames(os.fsdecode(name))) == 60
    if before is not None:
        assert len(os.listdir("/proc/self/fd")) <= len(before)


def test_the_environment_is_left_alone(clips):
    opencv._silence_ffmpeg.cache_clear()  # it may have been done before this test
    before = dict(os.environ)
    frames(clips["mp4"])
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    "values,reason",
    [
        ({"step": 0}, "frame_step 0 is not between 1 and 1000000"),
        ({"step": 1.5}, "frame_step 1.5 is not between 1 and 1000000"),
        ({"step": "2"}, "frame_step '2' is not between"),
        ({"step": None}, "frame_step None is not between"),
        ({"reconnect": None}, "reconnect None is not between"),
        ({"reconnect": -1}, "reconnect -1 is not between 0 and 1000000"),
        ({"reconnect": float("nan")}, "reconnect nan is not between"),
        ({"reconnect": "30"}, "reconnect '30' is not between"),
        ({"when_behind": "panic"}, "when_behind 'panic' is not drop or wait"),
    ],
)
def test_wrong_values_are_named_as_on_the_command_line(values, reason):
    with pytest.raises(WrongValueError, match=reason):
        Playback(**values)
