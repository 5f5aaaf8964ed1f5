"""`yolov10 predict` on videos and streams, as a user runs it, with a model that finds coloured squares."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
from itertools import pairwise

import cv2
import numpy as np
import pytest
from conftest import DATA, hear_ctrl_c
from prediction.drawn_video import CROSSING, EASY, KNOWN, SQUARES, World, write
from prediction.mjpeg_server import Camera
from prediction.mot_metrics import score
from prediction.sequences import CONFIDENCE, FIGURES

from yolov10.cli import progress

TOY = DATA / "models" / "toy.onnx"
TRACK = ("--track", "--confidence", 0.5)  # of the three that the toy finds, the last is unsure
SMALL = World(width=96, height=64, frames=10_000, squares=KNOWN.squares[:1])


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    return write(KNOWN, tmp_path_factory.mktemp("known") / "known.mp4", 30000 / 1001)


@pytest.fixture(scope="module")
def crossing(tmp_path_factory):
    return write(CROSSING, tmp_path_factory.mktemp("crossing") / "crossing.mp4")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write(SMALL, tmp_path_factory.mktemp("clip") / "clip.mp4", frames=30)


def frames_of(path):
    video = cv2.VideoCapture(str(path))
    found = []
    while True:
        there, pixels = video.read()
        if not there:
            return found
        found.append(pixels)


def lines(result):
    return [json.loads(line) for line in result.out.splitlines()]


def started(*arguments):
    """`yolov10 …` as a process of its own, its standard output a pipe."""
    command = [sys.executable, "-m", "yolov10", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=hear_ctrl_c)


def test_a_video_of_600_frames_with_known_boxes(run, known, tmp_path):
    result = run("predict", known, "--model", SQUARES, "--format", "jsonl", "--output", tmp_path)
    assert result.code == 0
    assert "600 frames: 1000 green, 600 red, 600 blue" in result.err
    entries = lines(result)
    assert [entry["frame"] for entry in entries] == list(range(600))
    assert {(entry["source"], entry["width"], entry["height"]) for entry in entries} == {
        (str(known), 320, 240)
    }
    worst = 0
    for number, entry in enumerate(entries):
        objects, boxes = KNOWN.truth(number)
        found = {tuple(one["box"]): one["class"] for one in entry["detections"]}
        assert sorted(found.values()) == sorted(KNOWN.squares[index].index for index in objects)
        far = np.abs(np.array(list(found))[:, None] - boxes).max(axis=2)
        nearest = far.argmin(axis=1)
        assert [KNOWN.squares[objects[index]].index for index in nearest] == list(found.values())
        worst = max(worst, far.min(axis=1).max())
    assert worst <= 2
    source, copy = (cv2.VideoCapture(str(path)) for path in (known, tmp_path / "known.mp4"))
    for fact in (cv2.CAP_PROP_FPS, cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT):
        assert copy.get(fact) == pytest.approx(source.get(fact), rel=1e-3)
    assert len(frames_of(tmp_path / "known.mp4")) == 600


def truly_crossed(world, at):
    """How many centres of a drawn world go to the right past x = `at`, and to the left, by class name."""
    forward, backward = {}, {}
    for square in world.squares:
        xs = [square.box(frame)[[0, 2]].mean() for frame in square.frames]
        for before, after in pairwise(xs):
            if (before < at) != (after < at):
                side = forward if after > before else backward
                name = ("red", "green", "blue")[square.index]
                side[name] = side.get(name, 0) + 1
    return forward, backward


def test_objects_are_followed_and_counted_in_a_drawn_video(run, crossing, tmp_path):
    result = run(
        *("predict", crossing, "--model", SQUARES, "--format", "jsonl", "--confidence", CONFIDENCE),
        *(
            "--count-line",
            "160,0,160,240",
            "--count-zone",
            "0,0,320,240",
            "--save-counts",
            tmp_path / "c.json",
        ),
    )
    assert result.code == 0
    tracks = [
        ([one["track"] for one in entry["detections"]], [one["box"] for one in entry["detections"]])
        for entry in lines(result)
    ]
    truth = [(objects.tolist(), boxes) for objects, boxes in map(CROSSING.truth, range(CROSSING.frames))]
    judged, easy = score(truth, tracks), score(truth[:EASY], tracks[:EASY])
    print(f"MOTA {judged.mota:.4f} IDF1 {judged.idf1:.4f} switches {judged.switches}; easy part {easy}")
    assert easy.switches == 0
    assert abs(judged.mota - FIGURES["drawn"]["MOTA"]) <= 0.01
    assert abs(judged.idf1 - FIGURES["drawn"]["IDF1"]) <= 0.01
    ((source, counted),) = [entry.values() for entry in json.loads((tmp_path / "c.json").read_text())]
    line, zone = counted
    forward, backward = truly_crossed(CROSSING, 160)
    assert source == str(crossing)
    assert (line["forward"], line["backward"]) == (forward, backward)
    assert f"crossing.mp4: line 160,0,160,240: forward {sum(forward.values())} (" in result.err
    assert zone["kind"] == "zone"
    assert "300 frames: " in result.err


def test_tracks_in_every_form_and_in_the_drawing(run, clip, tmp_path):
    common = ("predict", clip, "--model", TOY, *TRACK)
    entries = lines(run(*common, "--format", "jsonl"))
    assert [[one["track"] for one in entry["detections"]] for entry in entries] == [[1, 2]] * 30
    rows = list(csv.DictReader(run(*common, "--format", "csv").out.splitlines()))
    assert {(row["frame"], row["track"]) for row in rows} == {(str(n), t) for n in range(30) for t in "12"}
    images = [entry["image_id"] for entry in json.loads(run(*common, "--format", "coco").out)]
    assert images[0] == f"{clip}#0"
    assert len(set(images)) == 30
    assert run(*common, "--format", "yolo", "--output", tmp_path / "labels").code == 0
    assert sorted(os.listdir(tmp_path / "labels")) == [f"clip-{number:06}.txt" for number in range(30)]
    run(*common, "--output", tmp_path / "tracked")
    run(*common[:4], "--output", tmp_path / "plain")
    tracked, plain = (frames_of(tmp_path / kind / "clip.mp4")[15] for kind in ("tracked", "plain"))
    assert np.abs(tracked.astype(int) - plain).max() > 60


@pytest.mark.parametrize("name", ["clip-000000.png", "clip.png", "clip-2-000000.png"])
def test_a_picture_named_like_a_frame_and_the_frame_keep_their_text_files(run, clip, tmp_path, name):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "clip.mp4").write_bytes(clip.read_bytes())
    cv2.imwrite(str(tmp_path / "in" / name), np.full((64, 96, 3), 255, np.uint8))
    for sources in (["in"], [f"in/{name}", "in/clip.mp4"], ["in/clip.mp4", f"in/{name}"]):
        labels = tmp_path / f"labels-{len(os.listdir(tmp_path))}"
        places = [tmp_path / source for source in sources]
        assert run("predict", *places, "--model", TOY, "--format", "yolo", "--output", labels).code == 0
        assert len(os.listdir(labels)) == 31


def test_without_tracking_there_are_no_tracks(run, clip):
    (entry, *_) = lines(run("predict", clip, "--model", TOY, "--format", "jsonl"))
    assert all("track" not in one for one in entry["detections"])


def test_every_video_is_numbered_from_1(run, clip, tmp_path):
    (tmp_path / "b.mp4").write_bytes(clip.read_bytes())
    result = run("predict", clip, tmp_path / "b.mp4", "--model", TOY, *TRACK, "--format", "jsonl")
    assert {one["track"] for entry in lines(result) for one in entry["detections"]} == {1, 2}
    assert "60 frames: 2 RBC, 2 WBC" in result.err


def test_pictures_are_followed_as_the_frames_of_one_video(run, tmp_path):
    for number in range(4):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((64, 96, 3), 255, np.uint8))
    result = run("predict", tmp_path, "--model", TOY, *TRACK, "--format", "jsonl")
    assert [[one["track"] for one in entry["detections"]] for entry in lines(result)] == [[1, 2]] * 4


def test_skipping_frames_keeps_the_duration(run, clip, tmp_path):
    result = run(
        "predict", clip, "--model", TOY, "--frame-step", 5, "--format", "jsonl", "--output", tmp_path
    )
    assert [entry["frame"] for entry in lines(result)] == list(range(0, 30, 5))
    copy = cv2.VideoCapture(str(tmp_path / "clip.mp4"))
    assert (copy.get(cv2.CAP_PROP_FPS), len(frames_of(tmp_path / "clip.mp4"))) == (5, 6)


def test_a_folder_with_pictures_and_videos_and_one_that_is_broken(run, clip, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.mp4").write_bytes(clip.read_bytes())
    (tmp_path / "in" / "broken.mp4").write_bytes(clip.read_bytes()[:500])
    cv2.imwrite(str(tmp_path / "in" / "a.png"), np.full((64, 96, 3), 255, np.uint8))
    result = run(
        "predict",
        tmp_path / "in",
        "--model",
        TOY,
        "--output",
        tmp_path / "out",
        "--save-to",
        tmp_path / "f.json",
    )
    assert result.code == 1
    entries = json.loads((tmp_path / "f.json").read_text())
    assert [entry.get("frame") for entry in entries] == [None, *range(30), None]
    assert "broken.mp4: a damaged video" in entries[-1]["error"]
    assert sorted(os.listdir(tmp_path / "out")) == ["a.png", "b.mp4"]
    assert "1 picture and 30 frames: " in result.err
    assert "1 could not be read" in result.err


def test_of_broken_videos_our_lines_stand_alone_on_stderr(tmp_path):
    for suffix in ("mp4", "mkv", "avi", "ts"):
        data = write(SMALL, tmp_path / f"whole.{suffix}", frames=30).read_bytes()
        third = len(data) // 3
        (tmp_path / f"head.{suffix}").write_bytes(data[:500])
        (tmp_path / f"cut.{suffix}").write_bytes(data[: 2 * third])
        (tmp_path / f"hole.{suffix}").write_bytes(data[:third] + bytes(third) + data[2 * third :])
    process = started("predict", *sorted(tmp_path.iterdir()), "--model", TOY, "--quiet")
    out, err = process.communicate()
    assert process.returncode == 1
    faults = [entry["error"] for entry in json.loads(out) if "error" in entry]
    assert err.decode().splitlines() == [f"warning: {fault}" for fault in faults]
    assert {fault.partition(": ")[0] for fault in faults} >= {
        *(str(tmp_path / f"head.{suffix}") for suffix in ("mp4", "mkv", "avi", "ts")),
        *(str(tmp_path / name) for name in ("cut.mp4", "hole.mp4", "cut.avi", "hole.avi")),
    }


def test_progress_tells_frames_a_second(run, clip, monkeypatch):
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    result = run("predict", clip, "--model", TOY)
    assert "detecting: 30 of 30 frames, " in result.err
    assert " a second\n" in result.err


def test_the_video_itself_is_never_overwritten(run, clip, tmp_path):
    (tmp_path / "clip.mp4").write_bytes(clip.read_bytes())
    result = run("predict", tmp_path / "clip.mp4", "--model", TOY, "--output", tmp_path)
    assert result.code == 1
    assert "would overwrite" in result.err
    assert (tmp_path / "clip.mp4").read_bytes() == clip.read_bytes()
    result = run(
        "predict", tmp_path / "clip.mp4", "--model", TOY, "--output", tmp_path, "--video-format", "mkv"
    )
    assert result.code == 0
    assert sorted(os.listdir(tmp_path)) == ["clip.mp4", "clip.mp4.mkv"]


@pytest.mark.parametrize(
    "arguments,reason",
    [
        (["--frame-step", "0"], "frame_step 0 is not between 1 and 1000000"),
        (["--reconnect", "-1"], "reconnect -1.0 is not between 0 and 1000000"),
        (["--count-line", "1,2,3"], "line '1,2,3' is not"),
        (["--count-zone", "1,2"], "zone '1,2' is not"),
        (["--save-counts", "c.json"], "--count-line or --count-zone"),
        (["--vid-stride", "2"], "--frame-step"),
        (["--when-behind", "panic"], "'panic' is not one of"),
    ],
)
def test_wrong_usage(run, clip, arguments, reason):
    result = run("predict", clip, "--model", TOY, *arguments)
    assert result.code == 2
    assert reason in result.err


def test_without_scipy_nothing_is_written(run, clip, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    result = run("predict", clip, "--model", TOY, "--track", "--save-to", tmp_path / "f.json")
    assert (result.code, list(tmp_path.iterdir())) == (1, [])
    assert "pip install 'open-yolov10[track]'" in result.err


@pytest.fixture
def camera():
    camera = Camera()
    yield camera
    camera.leave()


def test_a_stream_until_its_end(run, camera, tmp_path):
    camera.send(40)
    camera.end()
    result = run(
        *("predict", camera.address, "--model", TOY, "--format", "jsonl", "--output", tmp_path),
        *("--when-behind", "wait", "--reconnect", 0),
    )
    assert result.code == 0
    assert [entry["frame"] for entry in lines(result)] == list(range(40))
    (copy,) = tmp_path.iterdir()
    assert copy.name == f"127-0-0-1-{camera.server.server_port}-camera.mkv"
    assert len(frames_of(copy)) == 40


def test_a_stream_that_breaks_off_goes_on_with_its_numbers_and_tracks(camera):
    camera.sent = camera.allowed = 1  # its first picture is black: the toy finds nothing in it
    camera.send(6)
    process = started(
        *("predict", camera.address, "--model", TOY, *TRACK, "--format", "jsonl"),
        *("--when-behind", "wait", "--quiet"),
    )
    entries = [json.loads(process.stdout.readline()) for _ in range(6)]
    camera.hang_up()
    camera.send(6)
    entries += [json.loads(process.stdout.readline()) for _ in range(6)]
    process.send_signal(signal.SIGINT)
    camera.send(1)
    _, err = process.communicate()
    assert [entry["frame"] for entry in entries] == list(range(12))
    assert [[one["track"] for one in entry["detections"]] for entry in entries] == [[1, 2]] * 12
    assert err.decode().splitlines() == [
        f"warning: {camera.address}: broke off; trying to reach it again",
        "interrupted",
    ]


def test_a_stream_that_was_never_there_is_one_line(camera):
    camera.leave()
    process = started("predict", camera.address, "--model", TOY, "--format", "jsonl", "--quiet")
    out, err = process.communicate()
    fault = f"{camera.address}: cannot be reached, or sends no video"
    assert (process.returncode, err.decode()) == (1, f"warning: {fault}\n")
    assert json.loads(out) == {"source": camera.address, "error": fault}


@pytest.mark.parametrize("form,container", [("json", "mp4"), ("jsonl", "mkv")])
def test_ctrl_c_leaves_whole_files(camera, tmp_path, form, container):
    camera.send(5)
    process = started(
        *("predict", camera.address, "--model", TOY, "--format", form, "--when-behind", "wait"),
        *("--output", tmp_path, "--video-format", container, "--count-line", "1,0,1,9"),
    )
    camera.send(1000)
    out = process.stdout.read1(1)  # it has begun to write
    process.send_signal(signal.SIGINT)
    rest, err = process.communicate()
    assert process.returncode == 130, err
    assert err.decode().splitlines()[-1] == "interrupted"
    assert re.search(r"^\d+ frames?: ", err.decode(), re.MULTILINE)  # the summary
    text = (out + rest).decode()
    entries = json.loads(text) if form == "json" else [json.loads(line) for line in text.splitlines()]
    assert [entry["frame"] for entry in entries] == list(range(len(entries)))
    (copy,) = tmp_path.iterdir()
    assert copy.suffix == f".{container}"
    assert frames_of(copy)


@pytest.mark.skipif(sys.platform == "win32", reason="kills as Unix does")
def test_an_mkv_killed_on_the_way_can_be_played(known, tmp_path):
    process = started(
        *(
            "predict",
            known,
            "--model",
            SQUARES,
            "--format",
            "jsonl",
            "--output",
            tmp_path,
            "--video-format",
            "mkv",
        )
    )
    for _ in range(450):
        assert process.stdout.readline()
    process.kill()
    process.communicate()
    found = frames_of(tmp_path / "known.mp4.mkv")
    print(f"{len(found)} frames can be played")
    assert len(found) >= 150  # it is written in clusters of up to five seconds
    for number in (0, 75, len(found) - 1):
        assert np.abs(found[number].astype(int) - KNOWN.draw(number)).mean() < 12  # boxes are drawn on it


def growth(frames, tmp_path):
    """Megabytes that a process has more towards the end of a video than after its first 200 frames."""
    video = write(SMALL, tmp_path / "long.mp4", frames=frames)
    process = started(
        *("predict", video, "--model", TOY, "--format", "jsonl", "--output", tmp_path / "out"),
        *("--count-line", "48,0,48,64"),
    )
    sizes = []
    with process:
        for number, _ in enumerate(process.stdout):
            if number >= 200 and number % 20 == 0:
                with open(f"/proc/{process.pid}/statm") as status:
                    sizes.append(int(status.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20)
        assert process.wait() == 0, process.stderr.read()
    assert number == frames - 1
    assert len(frames_of(tmp_path / "out" / "long.mp4")) == frames
    return max(sizes) - sizes[0]


needs_proc = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="memory is read from /proc")


@needs_proc
def test_memory_is_flat_over_1000_frames(tmp_path):
    assert growth(1000, tmp_path) < 10


@needs_proc
@pytest.mark.slow
def test_memory_is_flat_over_10000_frames(tmp_path):
    grown = growth(10_000, tmp_path)
    print(f"{grown:.1f} MB")
    assert grown < 10


def test_objects_after_a_video_are_counted_like_objects_before_it(run, clip, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((320, 320, 3), 255, np.uint8))
    told = [
        run("predict", *sources, "--model", TOY, *TRACK).err.splitlines()[-1]
        for sources in ((clip, tmp_path / "a.png"), (tmp_path / "a.png", clip))
    ]
    assert told[0] == told[1]


def test_what_pictures_cross_is_told_once(run, tmp_path):
    for name in ("a.png", "b.png", "c.png"):
        cv2.imwrite(str(tmp_path / name), np.full((320, 320, 3), 255, np.uint8))
    counts = tmp_path / "counts.json"
    result = run(
        "predict", tmp_path, "--model", TOY, *TRACK, "--count-line", "0,0,320,320", "--save-counts", counts
    )
    assert result.code == 0
    assert [entry["source"] for entry in json.loads(counts.read_text())] == [str(tmp_path / "a.png")]
