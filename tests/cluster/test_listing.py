"""What is found where: as `predict` finds it, by address too, and in tables."""

import pickle
import zipfile
from pathlib import Path

import pyarrow
import pytest
from conftest import DATA
from pyarrow import parquet

from yolov10.cluster.listing import listed
from yolov10.cluster.model import PackedModel, fingerprint
from yolov10.cluster.tables import RowGroup
from yolov10.cluster.work import cut, joined, left_of
from yolov10.cluster.worker import opened
from yolov10.errors import UserError
from yolov10.prediction.detector_settings import DetectorSettings
from yolov10.prediction.sources import Picture, pictures

PICTURE = (DATA / "odd_images" / "00_reference.png").read_bytes()
MOST = 10**8


@pytest.fixture
def folder(tmp_path):
    for name in ("b.png", "a/c.png", "a.png", "a/a/d.png", ".hidden.png", "notes.md", "z/e.png", ".h/f.png"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PICTURE)
    return tmp_path / "in"


def names(*sources):
    return [one.source for one in listed(map(str, sources), MOST)]


def test_a_folder_here_is_listed_as_predict_lists_it(folder):
    assert names(folder) == [one.source for one in pictures([str(folder)])]


def test_a_folder_at_an_address_has_its_pictures_in_the_same_order(folder):
    address = folder.as_uri()
    inner = [name.removeprefix(str(folder)) for name in names(folder)]
    assert names(address) == [address + name for name in inner]
    assert len(inner) == 5


@pytest.mark.parametrize(
    "pattern",
    [
        *("*.png", "**/*.png", "**", "*/*.png", "?.png", "[ab].png", "a/**/*.png", "*"),
        *(".h/*.png", ".h/**/*.png", ".*/*.png", ".hidden.p*", "**/.h*.png", "*/.deep/*.png"),
    ],
)
def test_a_glob_at_an_address_gives_what_predict_gives_for_it_here(folder, pattern):
    (folder / "z" / ".deep").mkdir()
    (folder / "z" / ".deep" / "g.png").write_bytes(PICTURE)
    expected = [one.source for one in pictures([f"{folder}/{pattern}"])]
    assert names(f"{folder.as_uri()}/{pattern}") == [f"file://{name}" for name in expected]
    assert names(f"{folder}/{pattern}") == expected


def test_a_glob_below_a_hidden_folder_finds_its_pictures(folder):
    hidden = (folder / ".h").rename(folder.parent / ".hidden")
    assert names(f"{hidden.as_uri()}/*.png") == [f"{hidden.as_uri()}/f.png"]
    assert names(f"{hidden.as_uri()}/") == [f"{hidden.as_uri()}/f.png"]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(folder):
    (folder / "[ab]*.png").write_bytes(PICTURE)
    assert names(f"file://{folder}/[ab]*.png") == [f"file://{folder}/[ab]*.png"]


def test_pictures_inside_an_archive_are_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("deep/a.png", PICTURE)
    (one,) = listed([f"zip://**/*.png::{tmp_path / 'all.zip'}"], MOST)
    assert one.source == f"zip://deep/a.png::{tmp_path / 'all.zip'}"
    assert one.read().shape[2] == 3


def test_a_list_may_hold_addresses_and_paths_and_lie_at_an_address(folder):
    text = f"{folder}/a.png\n\n{folder.as_uri()}/b.png\r\n"
    (folder / "list.txt").write_text(text)
    assert names(folder / "list.txt") == names(f"{folder.as_uri()}/list.txt") == text.split()
    assert all(one.read().size for one in listed([str(folder / "list.txt")], MOST))


RULES = {
    "blank lines and Windows line ends": b"\r\n  b.png \r\n\n\ta.png\n",
    "a byte order mark": "\ufeffb.png\n".encode(),
    "names with other line separators": "a\u2028b.png\nx\x0by.png".encode(),
    "relative paths, from here first": b"here.png\na/c.png\n../in/b.png\ngone.png",
    "what is a list, a folder or a glob elsewhere": b"list.txt\na\n*.png\n",
    "nothing": b" \n\n",
    "no text": b"\xff\xd8\xff",
    "a zero byte": b"a.png\0",
    "too long": b"a.png\n" * 12,
}


@pytest.mark.parametrize("content", RULES.values(), ids=RULES)
def test_a_list_at_an_address_is_read_by_the_rules_of_predict(folder, monkeypatch, content):
    monkeypatch.setattr("yolov10.prediction.lists.MAX_LIST", 60)
    monkeypatch.setattr("yolov10.cluster.addresses.MAX_LIST", 60)
    monkeypatch.chdir(folder.parent)
    (folder.parent / "here.png").write_bytes(PICTURE)
    path = folder / "list.txt"
    path.write_bytes(content)

    def outcome(list_paths):
        try:
            return [
                one.source.removeprefix(f"{folder.as_uri()}/").removeprefix(f"{folder}/")
                for one in list_paths()
            ]
        except UserError as fault:
            return str(fault).removeprefix("file://")

    expected = outcome(lambda: pictures([str(path)]))
    assert (
        outcome(lambda: listed([path.as_uri()], MOST))
        == outcome(lambda: listed([str(path)], MOST))
        == expected
    )


def test_a_list_inside_an_archive_has_its_pictures_beside_it(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("deep/a.png", PICTURE)
        archive.writestr("deep/list.txt", "a.png")
    (one,) = listed([f"zip://deep/list.txt::{tmp_path / 'all.zip'}"], MOST)
    assert one.source == f"zip://deep/a.png::{tmp_path / 'all.zip'}"
    assert one.read().shape[2] == 3


def test_pictures_of_the_web_in_a_list_are_no_streams(folder):
    (folder / "list.txt").write_text("https://a.example/b.jpg\n")
    assert names(folder / "list.txt") == names((folder / "list.txt").as_uri()) == ["https://a.example/b.jpg"]


def test_what_cannot_be_listed_inside_a_folder_can_be_sent_to_a_worker():
    from yolov10.prediction.picture import refused

    sent = pickle.loads(pickle.dumps(refused("a", "a: cannot be read", Path("a"))))
    with pytest.raises(UserError, match="a: cannot be read"):
        sent.read()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("-", "a picture on standard input is for one machine"),
        ("film.mp4", r"film\.mp4: videos are for one machine"),
        (".", r"film\.mp4: videos are for one machine"),
        ("0", "0: videos are for one machine"),
        ("rtsp://camera/1", "rtsp://camera/1: Protocol not known: rtsp"),
    ],
)
def test_what_only_one_machine_can_look_at_is_refused(folder, monkeypatch, source, said):
    monkeypatch.chdir(folder)
    (folder / "film.mp4").write_bytes(b"x")
    with pytest.raises(UserError, match=said):
        names(source)


def write_table(path, rows=5, /, **columns):
    columns = columns or {"image": [PICTURE] * rows}
    parquet.write_table(pyarrow.table(columns), path, row_group_size=3)
    return path


def test_a_table_of_picture_files_is_read_by_row_groups(tmp_path):
    values = [PICTURE, None, b"no picture", PICTURE, PICTURE]
    for kind, column in (("plain", values), ("struct", [{"bytes": one, "path": "x"} for one in values])):
        path = write_table(tmp_path / f"{kind}.parquet", image=column)
        groups = list(listed([str(path)], MOST))
        assert [(one.index, one.first, one.rows) for one in groups] == [(0, 0, 3), (1, 3, 2)]
        tasks = cut(groups, "")
        assert [len(task.chunks) for task in tasks] == [1, 1]
        found = [one for task in tasks for _, some in opened(task, MOST) for one in some]
        assert [one.source for one in found] == [f"{path}#{row}" for row in range(5)]
        assert found[3].read().shape[2] == 3
        with pytest.raises(UserError, match=r"parquet#1: no picture in this row"):
            found[1].read()
        with pytest.raises(UserError, match=r"parquet#2: .*not a picture"):
            found[2].read()


DAMAGE = {
    "cut short": lambda data: data[:-100],
    "empty": lambda data: b"",
    "a damaged end": lambda data: data[:-60] + bytes(50) + data[-10:],
    "damaged rows": lambda data: data[:40] + bytes(200) + data[240:],
    "text that is no UTF-8": lambda data: data.replace(b"/a.png", b"/\xff.png"),
}


@pytest.mark.parametrize(
    ("column", "damage"),
    [("image", "cut short"), ("image", "damaged rows"), *(("path", damage) for damage in DAMAGE)],
)
def test_a_damaged_table_is_named_in_one_line_with_the_cure(tmp_path, damage, column):
    value = b"/a.png" * 50 if column == "image" else "/a.png" * 50
    path = write_table(tmp_path / "t.parquet", **{column: [value] * 9})
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    with pytest.raises(UserError) as fault:
        for task in cut(list(listed([str(path)], MOST)), ""):
            list(opened(task, MOST))
    assert str(fault.value).startswith(f"{path}: not a Parquet file, or a damaged one (")
    assert str(fault.value).endswith("): copy it again or leave it out")
    assert "\n" not in str(fault.value)


def test_of_a_row_group_only_the_rows_that_are_left_are_given(tmp_path):
    group = RowGroup(str(write_table(tmp_path / "t.parquet", 100)), "image", 0, 0, 3, 1)
    whole = RowGroup(str(path_of_one_group(tmp_path)), "image", 0, 0, 100, 1)
    (task,) = cut([whole], "")
    assert [chunk.count for chunk in task.chunks] == [16] * 6 + [4]
    (left,) = left_of([task], {task.chunks[0].key, task.chunks[3].key})
    given = [[int(one.source.rpartition("#")[2]) for one in some] for _, some in opened(left, MOST)]
    assert [(some[0], some[-1]) for some in given] == [(16, 31), (32, 47), (64, 79), (80, 95), (96, 99)]
    assert group.rows == 3


def path_of_one_group(tmp_path):
    path = tmp_path / "one.parquet"
    parquet.write_table(pyarrow.table({"image": [PICTURE] * 100}), path)
    return path


def test_a_table_of_paths_is_a_list(folder):
    path = write_table(folder / "t.parquet", path=[f"{folder}/a.png", None, f"{folder.as_uri()}/b.png"])
    assert names(path) == names(path.as_uri()) == [f"{folder}/a.png", f"{folder.as_uri()}/b.png"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nonsense://a/b.png", "Protocol not known: nonsense"),
        ("file:///nowhere/at/all/", "no pictures there"),
        ("{folder}/no.parquet", "no.parquet: no such file or folder"),
        ("file://{folder}/no.txt", "no.txt: no such file or folder"),
        ("{folder}/text.parquet", "text.parquet: not a Parquet file, or a damaged one"),
        ("{folder}/odd.parquet", "odd.parquet: no column of pictures among weight, name: call one image"),
        ("{folder}/gone.png", "gone.png: no such file or folder"),
    ],
)
def test_what_cannot_be_listed_is_named(folder, source, said):
    (folder / "text.parquet").write_text("text")
    write_table(folder / "odd.parquet", weight=[1.0], name=["x"])
    with pytest.raises(UserError, match=said):
        names(source.format(folder=folder))


def test_a_picture_that_is_gone_is_named_when_it_is_read(folder):
    (one,) = listed([f"{folder.as_uri()}/gone.png"], MOST)
    with pytest.raises(UserError, match=r"file://.*gone.png: no such file or folder"):
        one.read()


def entries(count):
    return [Picture(f"{number}.png", bytes, None) for number in range(count)]


def test_chunks_are_known_by_what_they_are_about():
    keys = [
        [task.chunks[0].key for task in cut(entries(count), mark)] for count, mark in ((40, ""), (41, ""))
    ]
    assert keys[0][:2] == keys[1][:2]
    assert keys[0][2] != keys[1][2]
    assert not set(keys[0]) & {task.chunks[0].key for task in cut(entries(40), "other settings")}


@pytest.mark.parametrize(("count", "size"), [(10_000, 16), (10_001, 64), (1_000_001, 256)])
def test_of_more_pictures_more_are_kept_together(count, size):
    tasks = cut(entries(count), "")
    assert tasks[0].chunks[0].count == size
    assert sum(chunk.count for task in tasks for chunk in task.chunks) == count


def test_much_work_goes_in_fewer_tasks_and_none_is_lost_or_out_of_order():
    tasks = cut(entries(10_000), "")
    together = joined(tasks, workers=2)
    assert len(together) < len(tasks) / 10
    assert [chunk for task in together for chunk in task.chunks] == [task.chunks[0] for task in tasks]
    assert joined(tasks[:5], workers=2) == tasks[:5]


def test_the_fingerprint_is_of_what_results_depend_on():
    settings = DetectorSettings(
        None, None, "64", 300, False, None, MOST, False, "auto", None, "auto", 1, True
    )
    model = PackedModel("a.onnx", (("a.onnx", b"x"),))
    from dataclasses import replace

    same = [replace(settings, threads=4), replace(settings, cache=False)]
    other = [
        replace(settings, confidence=0.5),
        replace(settings, image_size="96"),
        replace(settings, classes="1"),
    ]
    assert {fingerprint(model, one) for one in same} == {fingerprint(model, settings)}
    changed = PackedModel("a.onnx", (("a.onnx", b"y"),))
    digests = [fingerprint(model, settings), fingerprint(changed, settings)]
    assert len({*digests, *(fingerprint(model, one) for one in other)}) == 5


@pytest.mark.parametrize("name", ["a b", "bücher", "50%", "a#b", "a?b"])
def test_a_table_whose_path_needs_escapes_in_an_address_is_opened(tmp_path, name):
    (tmp_path / name).mkdir()
    write_table(tmp_path / name / f"{name}.parquet", 5, image=[PICTURE] * 5)
    assert sum(one.rows for one in listed([str(tmp_path / name / f"{name}.parquet")], MOST)) == 5


def test_a_picture_that_was_replaced_is_not_taken_for_done(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (before,) = cut(list(listed(["a.png"], MOST)), "model")
    (again,) = cut(list(listed(["a.png"], MOST)), "model")
    assert again.chunks[0].key == before.chunks[0].key
    (folder / "a.png").write_bytes(PICTURE + b" ")
    (after,) = cut(list(listed(["a.png"], MOST)), "model")
    monkeypatch.chdir(folder / "a")
    (folder / "a" / "a.png").write_bytes(PICTURE)
    (elsewhere,) = cut(list(listed(["a.png"], MOST)), "model")
    assert len({task.chunks[0].key for task in (before, after, elsewhere)}) == 3
