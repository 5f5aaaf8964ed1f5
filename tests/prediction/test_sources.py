"""What a user calls a source, as single pictures."""

import os

import pytest

from yolov10.errors import UserError
from yolov10.prediction.sources import pictures


@pytest.fixture
def here(tmp_path, monkeypatch):
    for name in (
        "b.jpg",
        "a.PNG",
        "sub/c.webp",
        "sub/.hidden.jpg",
        ".cache/d.jpg",
        "notes.md",
        "drawing.svg",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sources(*given):
    return [picture.source for picture in pictures(given)]


def test_a_folder_is_walked_in_order_without_hidden_files(here):
    assert sources(".") == ["./a.PNG", "./b.jpg", "./drawing.svg", "./sub/c.webp"]


def test_places_below_a_folder_keep_its_structure(here):
    assert [str(p.place) for p in pictures(["."])] == [
        "a.PNG",
        "b.jpg",
        "drawing.svg",
        os.path.join("sub", "c.webp"),
    ]


def test_names_stay_as_given(here):
    assert sources("b.jpg", "./b.jpg", str(here / "b.jpg")) == ["b.jpg", "./b.jpg", str(here / "b.jpg")]


def test_globs(here):
    assert sources("*.jpg") == ["b.jpg"]
    assert sources("**/*.webp") == [os.path.join("sub", "c.webp")]
    with pytest.raises(UserError, match=r"\*\.gif: no file matches"):
        sources("*.gif")


def test_a_file_whose_name_looks_like_a_glob(here):
    (here / "a[1].jpg").write_bytes(b"x")
    assert sources("a[1].jpg") == ["a[1].jpg"]


def test_a_list_of_paths_relative_to_here_or_to_the_list(here):
    (here / "sub" / "list.txt").write_text("b.jpg\n\n  c.webp  \n" + str(here / "a.PNG") + "\ngone.jpg\n")
    assert sources("sub/list.txt") == [
        "b.jpg",
        os.path.join("sub", "c.webp"),
        str(here / "a.PNG"),
        "gone.jpg",
    ]


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe\x00bad"])
def test_a_list_without_paths_is_refused(here, content):
    (here / "list.txt").write_bytes(content)
    with pytest.raises(UserError, match=r"list\.txt"):
        sources("list.txt")


@pytest.mark.parametrize("name", ["sp ace é 적혈구.jpg", "new\nline.jpg", "-dash.jpg"])
def test_odd_names(here, name):
    (here / name).write_bytes(b"x")
    assert sources(os.path.join(".", name)) == [os.path.join(".", name)]


@pytest.mark.parametrize(
    "source,reason",
    [
        ("gone.jpg", "no such file or folder"),
        ("gone/", "no such file or folder"),
        ("empty", "no pictures in this folder"),
        ("clip.mp4", "videos are not supported"),
        ("rtsp://camera/1", "streams and cameras are not supported"),
        ("0", "streams and cameras are not supported"),
    ],
)
def test_what_is_no_source_is_named(here, source, reason):
    (here / "empty").mkdir()
    (here / "clip.mp4").write_bytes(b"x")
    with pytest.raises(UserError, match=f"{source}: {reason}"):
        sources(source)
