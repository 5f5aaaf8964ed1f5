"""What a user calls a source, as single pictures."""

import errno
import os
from pathlib import Path
from types import SimpleNamespace

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
        ("empty", "no pictures or videos in this folder"),
        ("ftp://host/clip.mp4", "not an address of a stream"),
        ("file:///etc/passwd", "not an address of a stream"),
        ("rtsp://", "not an address of a stream"),
        ("12345", "no such file or folder, and no number of a camera"),
    ],
)
def test_what_is_no_source_is_named(here, source, reason):
    (here / "empty").mkdir()
    (here / "clip.mp4").write_bytes(b"x")
    with pytest.raises(UserError, match=f"{source}: {reason}"):
        sources(source)


def test_own_annotated_output_inside_the_source_is_not_detected_again(here):
    output = here / "out"
    (output / "deep").mkdir(parents=True)
    (output / "deep" / "a.PNG").write_bytes(b"x")
    assert "./out/deep/a.PNG" in sources(".")
    assert [p.source for p in pictures(["."], skip=output)] == [
        *("./a.PNG", "./b.jpg", "./drawing.svg", "./sub/c.webp"),
    ]
    assert [p.source for p in pictures(["out"], skip=output)] == ["out/deep/a.PNG"]  # asked for by name


def test_an_output_folder_made_on_the_way_is_not_walked_into(here):
    output = here / "sub" / "out"
    walk = pictures(["."], skip=output)
    first = next(walk)
    output.mkdir()
    (output / "a.PNG").write_bytes(b"x")
    assert [p.source for p in [first, *walk]] == ["./a.PNG", "./b.jpg", "./drawing.svg", "./sub/c.webp"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("source", [".", "*.jpg"])
def test_a_pipe_or_device_in_a_folder_does_not_hang_the_run(here, source):
    os.mkfifo(here / "pipe.jpg")
    (here / "zero.jpg").symlink_to("/dev/zero")
    found = [Path(name).name for name in sources(source)]
    assert "b.jpg" in found
    assert not {"pipe.jpg", "zero.jpg"} & set(found)
    assert sources("pipe.jpg") == ["pipe.jpg"]  # given directly, it is meant


def test_a_broken_link_in_a_folder_is_not_passed_over(here):
    (here / "link.jpg").symlink_to("gone.jpg")
    assert "./link.jpg" in sources(".")


class TestUnreadableFolders:
    @pytest.fixture(autouse=True)
    def locked(self, here, monkeypatch):
        scandir = os.scandir

        def guarded(path):
            if Path(path).name == "locked":
                raise PermissionError(errno.EACCES, "Permission denied", path)
            return scandir(path)

        (here / "locked").mkdir()
        monkeypatch.setattr("os.scandir", guarded)  # the tests may run as root, whom nothing is denied

    def test_an_unreadable_subfolder_is_not_passed_over(self, here):
        found = list(pictures(["."]))
        assert [p.source for p in found] == [
            *("./a.PNG", "./b.jpg", "./drawing.svg", "./locked", "./sub/c.webp"),
        ]
        with pytest.raises(UserError, match=r"^\./locked: cannot be read \(Permission denied\)$"):
            found[3].read()

    def test_an_unreadable_source_is_not_called_empty(self, here):
        with pytest.raises(UserError, match=r"^locked: cannot be read \(Permission denied\)$"):
            sources("locked")


def test_a_source_that_cannot_be_looked_at_is_one_line(here):
    (here / "self").symlink_to("self")
    with pytest.raises(UserError, match=r"^self: cannot be read \(Too many levels of symbolic links\)$"):
        sources("self")


@pytest.mark.parametrize("name", ["n" * 300 + ".jpg", "zero\0byte.jpg"])
def test_a_name_that_no_file_can_have_is_no_such_file(here, name):
    with pytest.raises(UserError, match="no such file or folder"):
        sources(name)


def test_linked_subfolders_are_followed_and_loops_end(here, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "e.jpg").write_bytes(b"x")
    (here / "linked").symlink_to(elsewhere)
    (here / "sub" / "loop").symlink_to(here)
    (here / "twice").symlink_to(elsewhere)
    assert sources(".") == ["./a.PNG", "./b.jpg", "./drawing.svg", "./linked/e.jpg", "./sub/c.webp"]


@pytest.mark.parametrize("pattern", ["**/*.jpg", "**/**/*.jpg", "./**/*.jpg", "**/*/*.jpg", "**/s*/**/*.jpg"])
def test_a_glob_through_loops_of_links_ends_and_gives_each_file_once(here, pattern):
    for name in ("one", "two"):  # with two loops, each turn doubles the ways on
        (here / "sub" / name).symlink_to(here)
    (here / "sub" / "d.jpg").write_bytes(b"x")
    found = [os.path.realpath(name) for name in sources(pattern)]
    assert sorted(found) == [str(here / name) for name in ("b.jpg", "sub/d.jpg")]


def test_a_glob_goes_through_linked_folders(here, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "e.jpg").write_bytes(b"x")
    (here / "linked").symlink_to(elsewhere)
    (here / "twice").symlink_to(elsewhere)
    assert sources("**/*.jpg") == ["b.jpg", "linked/e.jpg"]


@pytest.mark.parametrize(
    "pattern,expected",
    [
        ("**/*.jpg", ["a/b/z.jpg", "a/y.jpg", "x.jpg"]),
        ("./**/*.jpg", ["./a/b/z.jpg", "./a/y.jpg", "./x.jpg"]),
        ("a/**", ["a/b/z.jpg", "a/y.jpg"]),
        ("a/**//z*", ["a/b/z.jpg"]),
        ("**/b/**/*.jpg", ["a/b/z.jpg"]),
        ("[a]/**/z*", ["a/b/z.jpg"]),
        ("a**/*.jpg", ["a/y.jpg"]),
    ],
)
def test_any_depth_in_a_glob(tmp_path, monkeypatch, pattern, expected):
    for name in ("x.jpg", "a/y.jpg", "a/b/z.jpg", "a/.hidden/h.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    assert sources(pattern) == expected


@pytest.mark.parametrize("address", ["http://camera/stream?a=1", "https://x/" + "y" * 300 + "*"])
def test_an_address_that_looks_like_a_glob_is_a_stream(here, address):
    (video,) = pictures([address])
    assert (video.source, video.kind) == (address, "address")


def test_a_list_with_a_byte_order_mark_and_windows_line_ends(here):
    (here / "list.txt").write_bytes("\ufeffb.jpg\r\na.PNG\r\n".encode())
    assert sources("list.txt") == ["b.jpg", "a.PNG"]


def test_names_in_a_list_may_hold_other_line_separators(here):
    names = ["form\x0cfeed.jpg", "next\x85line.jpg", "line\u2028separator.jpg", "carriage\rreturn.jpg"]
    (here / "list.txt").write_bytes("\n".join(names).encode())
    assert sources("list.txt") == names


def test_a_name_too_long_in_a_list_fails_alone(here):
    (here / "list.txt").write_text("n" * 300 + ".jpg\nb.jpg\n")
    assert sources("list.txt")[1] == "b.jpg"


def test_a_list_too_long_says_so(here, monkeypatch):
    monkeypatch.setattr("yolov10.prediction.lists.MAX_LIST", 10)
    (here / "list.txt").write_text("b.jpg\n" * 2)
    with pytest.raises(UserError, match=r"list\.txt: longer than 10 bytes"):
        sources("list.txt")


def test_a_standard_input_without_end_is_refused(monkeypatch):
    class Endless:
        given = 0

        def read(self, size=None):
            assert size is not None, "reads everything at once"
            self.given += size
            return bytes(size)

    endless = Endless()
    monkeypatch.setattr("yolov10.images.MAX_BYTES", 2**22)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=endless))
    (picture,) = pictures(["-"])
    with pytest.raises(UserError, match=r"^standard input: over .* GiB, which is no picture$"):
        picture.read()
    assert endless.given <= 2**22 + 2**20


class TestVideos:
    def test_videos_are_found_in_folders_globs_and_lists(self, here):
        for name in ("sub/clip.MP4", "film.mkv"):
            (here / name).write_bytes(b"x")
        (here / "list.txt").write_text("film.mkv\nb.jpg\nrtsp://camera/1\n")
        kinds = {entry.source: type(entry).__name__ for entry in pictures(["."])}
        assert kinds["./film.mkv"] == kinds["./sub/clip.MP4"] == "Video"
        assert kinds["./b.jpg"] == "Picture"
        assert [(entry.source, type(entry).__name__) for entry in pictures(["*.mkv", "list.txt"])] == [
            *(("film.mkv", "Video"), ("film.mkv", "Video"), ("b.jpg", "Picture")),
            ("rtsp://camera/1", "Video"),
        ]

    def test_programs_in_a_folder_are_no_videos_but_given_directly_they_are_taken_for_some(self, here):
        (here / "index.ts").write_text("export {}")
        assert "./index.ts" not in sources(".")
        assert [entry.kind for entry in pictures(["index.ts"])] == ["file"]

    def test_a_number_is_a_camera_unless_a_file_is_called_so(self, here):
        (camera,) = pictures(["0"])
        assert (camera.kind, camera.source, str(camera.place)) == ("camera", "0", "camera-0")
        (here / "0").write_bytes(b"x")
        (file,) = pictures(["0"])
        assert type(file).__name__ == "Picture"

    def test_an_address_in_a_list_that_is_none_fails_alone(self, here):
        (here / "list.txt").write_text("gopher://host/1\nb.jpg\n")
        bad, good = pictures(["list.txt"])
        with pytest.raises(UserError, match="gopher://host/1: not an address of a stream"):
            bad.read()
        assert good.source == "b.jpg"
