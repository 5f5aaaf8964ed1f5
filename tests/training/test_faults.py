"""What goes wrong while training: one line each, and a run folder that can be used and gone on with."""

import os
import signal
from pathlib import Path

import pytest
import torch
from training.drawn import draw_dataset

from yolov10.errors import UserError
from yolov10.lock import locked
from yolov10.training import TrainConfig, train
from yolov10.training.reporter import Quiet
from yolov10.weights import load


@pytest.fixture
def data(tmp_path):
    return draw_dataset(tmp_path / "data")


class Watcher(Quiet):
    """Does something when an epoch begins, and remembers warnings."""

    def __init__(self, at_epoch=None):
        self.at_epoch, self.warned = at_epoch, []

    def warn(self, line):
        self.warned.append(line)

    def begin_epoch(self, epoch, epochs, batches):
        if self.at_epoch:
            self.at_epoch(epoch)


def assert_whole_after(folder, epochs):
    """The folder is that of so many epochs, its weights are numbers, and it can be gone on with."""
    assert not list(folder.glob(".*.tmp"))
    assert len((folder / "history.csv").read_text().splitlines()) == epochs + 1
    for name in ("best", "last"):
        state = load(folder / f"{name}.safetensors").state_dict()
        assert all(torch.isfinite(value).all() for value in state.values())
    train(TrainConfig(resume=folder, epochs=epochs + 1))
    assert len((folder / "history.csv").read_text().splitlines()) == epochs + 2


def test_a_disk_that_fills_up(short, tmp_path):
    """Files may not grow beyond a few bytes from the second epoch on."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(epoch):
        if epoch == 2:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))

    try:
        with pytest.raises(UserError, match=r"cannot write .*run/last.safetensors: File too large"):
            train(short(), Watcher(fill))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_whole_after(tmp_path / "run", 1)


def test_a_place_that_cannot_be_written(short, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot make the run folder .*file/run: Not a directory"):
        train(short(output=tmp_path / "file" / "run"))


def test_a_folder_with_files_is_left_alone(short, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").write_text("")
    with pytest.raises(UserError, match="is not empty: choose another --output, or go on with a run"):
        train(short())
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["thesis.tex"]


def test_without_an_output_runs_are_numbered(short, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = [train(short(output=None, epochs=1, validate_every=0)) for _ in range(2)]
    assert folders == [Path("runs/train-1"), Path("runs/train-2")]


def test_a_run_in_use_is_refused(short):
    folder = train(short(epochs=1, validate_every=0))
    in_use = f"in use by another training, process {os.getpid()}"
    with locked(folder / ".lock", what=folder, by="this test"), pytest.raises(UserError, match=in_use):
        train(TrainConfig(resume=folder, epochs=2))
    train(TrainConfig(resume=folder, epochs=2))


def test_a_picture_that_is_damaged_while_training_is_named_once_and_left_out(short, data):
    picture = data.parent / "images" / "train" / "003.png"

    def damage(_):
        picture.write_bytes(picture.read_bytes()[:-200])

    watcher = Watcher(damage)
    folder = train(short(data=data, validate_every=0), watcher)
    assert len(watcher.warned) == 1
    assert watcher.warned[0].startswith(str(picture))
    assert watcher.warned[0].endswith("left out of training")
    assert load(folder / "last.safetensors")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\x00\x01garbage\n", "002.txt:1"),
        ("0 0.5 0.5 0.2\n", "002.txt:1"),
        ("7 0.5 0.5 0.2 0.2\n", "002.txt:1: class 7"),
    ],
)
def test_labels_of_garbage_are_named_with_file_and_line(short, data, text, reason):
    (data.parent / "labels" / "train" / "002.txt").write_text(text)
    watcher = Watcher()
    train(short(data=data, epochs=1, validate_every=0), watcher)
    assert any(reason in line for line in watcher.warned), watcher.warned


@pytest.mark.parametrize(("split", "purpose"), [("train", "to learn from"), ("val", "to find")])
def test_a_split_without_labels_is_refused_before_anything_is_written(short, data, tmp_path, split, purpose):
    for label in (data.parent / "labels" / split).iterdir():
        label.unlink()
    with pytest.raises(UserError, match=f"data.yaml: no picture of '{split}' has a box {purpose}"):
        train(short(data=data), Watcher())
    assert not (tmp_path / "run").exists()


def test_a_data_set_without_val_split_says_what_to_do(short, data):
    data.write_text("train: images/train\nnames: [square, disc]\n")
    with pytest.raises(UserError, match="has no split 'val'"):
        train(short(data=data))


def test_no_data_set_says_what_one_is():
    with pytest.raises(UserError, match=r"no data set: give a data.yaml"):
        train(TrainConfig())


def test_a_loss_that_is_no_number_stops_and_names_the_batch(short, tmp_path):
    config = short(optimizer="sgd", lr=1e18, nominal_batch=4, warmup_epochs=1, epochs=30, validate_every=0)
    with pytest.raises(UserError) as fault:
        train(config)
    message = str(fault.value)
    assert "is no longer a number in epoch" in message
    assert "images/train/00" in message
    assert "smaller --lr" in message
    assert "\n" not in message
    state = load(tmp_path / "run" / "last.safetensors").state_dict()
    assert all(torch.isfinite(value).all() for value in state.values())


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc to find the workers")
def test_a_worker_that_is_killed(short, tmp_path):
    def kill_workers(epoch):
        children = [
            child
            for thread in Path("/proc/self/task").iterdir()
            for child in (thread / "children").read_text().split()
        ]
        for child in children:
            if epoch == 2 and b"yolov10.data.worker" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)

    with pytest.raises(UserError, match=r"prepares training pictures died of signal 9.* --resume"):
        train(short(workers=1, epochs=3), Watcher(kill_workers))
    assert_whole_after(tmp_path / "run", 1)
