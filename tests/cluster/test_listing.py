"""What is found where: as `predict` finds it, by address too, and in tables."""

import zipfile

import pyarrow
import pytest
from conftest import DATA
from pyarrow import parquet

from yolov10.cluster.listing import RowGroup, listed
from yolov10.cluster.model import PackedModel, Settings
from yolov10.cluster.work import cut, joined, left_of
from yolov10.cluster.worker import opened
from yolov10.errors import UserError
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


@pytest.mark.parametrize("pattern", ["*.png", "**/*.png"])
def test_a_glob_at_an_address(folder, pattern):
    found = names(f"{folder.as_uri()}/{pattern}")
    assert found
    assert {name.removeprefix("file://") for name in found} <= set(names(folder))


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
        ("{folder}/text.parquet", "text.parquet: not a Parquet file"),
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
    settings = Settings(None, None, "64", 300, False, None, MOST, False, "auto", None, "auto", 1, True)
    model = PackedModel("a.onnx", (("a.onnx", b"x"),))
    from dataclasses import replace

    same = [replace(settings, threads=4), replace(settings, cache=False)]
    other = [
        replace(settings, confidence=0.5),
        replace(settings, image_size="96"),
        replace(settings, classes="1"),
    ]
    assert {one.fingerprint(model) for one in same} == {settings.fingerprint(model)}
    changed = PackedModel("a.onnx", (("a.onnx", b"y"),))
    digests = [settings.fingerprint(model), settings.fingerprint(changed)]
    assert len({*digests, *(one.fingerprint(model) for one in other)}) == 5
