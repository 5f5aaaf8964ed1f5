"""Batches: order and contents follow from the seed alone, whoever makes them, and nothing hangs."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from data_sets.painted import paint_samples
from data_sets.unchanged import OFF
from hypothesis import given
from hypothesis import strategies as st

from yolov10.data import open_dataset
from yolov10.data.augmentation import PUBLISHED
from yolov10.data.batches import Loader, batches_per_epoch, epoch_order, training_batches
from yolov10.data.dataset import Dataset
from yolov10.errors import UserError
from yolov10.images import read
from yolov10.letterbox import fit, letterbox

STRONG = PUBLISHED["x"]


@pytest.fixture
def dataset(tmp_path):
    """Eleven painted pictures with outlines."""
    return as_dataset(tmp_path, paint_samples(tmp_path, 11, outlines=True)[0])


def as_dataset(folder, samples):
    return Dataset(folder, "train", [str(i) for i in range(44)], samples, [], [])


def epoch(dataset, **changed):
    settings = {"image_size": 64, "batch": 4, "augmentation": STRONG, "seed": 7, "epoch": 2, "workers": 0}
    return list(training_batches(dataset, **(settings | changed)))


def assert_same(batches, others):
    assert len(batches) == len(others)
    for batch, other in zip(batches, others, strict=True):
        assert (batch.images == other.images).all()
        assert (batch.targets == other.targets).all()
        assert batch.sources == other.sources


# --- What a batch is ---------------------------------------------------------------------------------------


def test_images_are_rgb_planes_and_targets_normalised(bccd):
    data = open_dataset(bccd / "data.yaml", "train")
    (batch,) = training_batches(data, image_size=320, batch=16, augmentation=OFF, seed=0, epoch=0, workers=0)
    assert batch.images.shape == (4, 3, 320, 320)
    assert batch.images.dtype == np.uint8
    assert batch.targets.dtype == np.float32
    by_path = {sample.path: sample for sample in data.samples}
    assert set(batch.sources) == set(by_path)
    for number, path in enumerate(batch.sources):
        sample = by_path[path]
        frame = fit(sample.width, sample.height, (320, 320))
        boxed = letterbox(read(path), frame)
        assert (batch.images[number] == boxed[..., ::-1].transpose(2, 0, 1)).all()
        rows = batch.targets[batch.targets[:, 0] == number]
        assert (rows[:, 1] == sample.classes).all()
        centres = (sample.boxes[:, :2] + sample.boxes[:, 2:]) / 2 * frame.gain + (frame.left, frame.top)
        np.testing.assert_allclose(rows[:, 2:4] * 320, centres, atol=1e-3)
        np.testing.assert_allclose(
            rows[:, 4:] * 320, (sample.boxes[:, 2:] - sample.boxes[:, :2]) * frame.gain, atol=1e-3
        )


def test_an_epoch_has_every_picture_once_and_a_smaller_last_batch(dataset):
    batches = epoch(dataset)
    assert [len(batch.images) for batch in batches] == [4, 4, 3]
    assert [len(batch.sources) for batch in batches] == [4, 4, 3]
    used = [path for batch in batches for path in batch.sources]
    assert sorted(used) == sorted(sample.path for sample in dataset.samples)
    for batch in batches:
        assert set(batch.targets[:, 0]) <= set(range(len(batch.images)))


def test_a_batch_larger_than_a_worker_takes_at_a_time_is_put_together_right(dataset):
    large = as_dataset(dataset.source, dataset.samples * 5)
    (batch,) = epoch(large, batch=55, workers=2)
    small = epoch(large, batch=1)
    assert (batch.images == np.concatenate([single.images for single in small])).all()
    for number, single in enumerate(small):
        assert (batch.targets[batch.targets[:, 0] == number, 1:] == single.targets[:, 1:]).all()


def test_background_gives_no_rows(dataset):
    (sample,) = paint_samples(dataset.source, 1)[0]
    empty = {"classes": sample.classes[:0], "boxes": sample.boxes[:0], "crowd": sample.crowd[:0]}
    background = sample.__class__(**(vars(sample) | empty))
    (batch,) = epoch(as_dataset(dataset.source, [background]))
    assert batch.targets.shape == (0, 6)


# --- Everything follows from (seed, epoch, index) ----------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_number_of_workers_changes_no_byte(dataset, workers):
    assert_same(epoch(dataset, workers=workers), epoch(dataset))


def test_batches_are_the_same_whatever_came_before(dataset):
    with Loader(dataset, image_size=64, batch=4, seed=7, workers=2, cache_bytes=100_000) as loader:
        for _ in loader.batches(0, OFF):
            pass
        assert_same(list(loader.batches(2, STRONG)), epoch(dataset))


@pytest.mark.parametrize("start", [0, 1, 2, 3])
def test_skipped_batches_change_nothing_of_the_rest(dataset, start):
    assert_same(epoch(dataset, start=start, workers=1), epoch(dataset)[start:])


def test_what_is_made_of_a_picture_does_not_depend_on_its_batch(dataset):
    alone = {batch.sources[0]: batch for batch in epoch(dataset, batch=1)}
    for batch in epoch(dataset, batch=5):
        for image, path in zip(batch.images, batch.sources, strict=True):
            assert (image == alone[path].images[0]).all()


@pytest.mark.parametrize("changed", [{"seed": 8}, {"epoch": 3}])
def test_another_seed_or_epoch_gives_another_order_and_other_pictures(dataset, changed):
    one, other = epoch(dataset, batch=11)[0], epoch(dataset, batch=11, **changed)[0]
    assert one.sources != other.sources
    for path, image in zip(one.sources, one.images, strict=True):
        assert (image != other.images[other.sources.index(path)]).any()


def test_first_draws_of_neighbouring_pictures_and_epochs_are_unrelated(dataset):
    """Left-right flips over pictures and epochs: as many as of a fair coin; rows and columns differ."""
    flips = replace_off(fliplr=0.5)
    with Loader(dataset, image_size=64, batch=11) as loader:
        upright = {path: image for batch in loader.batches(0, OFF) for path, image in pairs(batch)}
        table = []
        for number in range(40):
            found = {path: image for batch in loader.batches(number, flips) for path, image in pairs(batch)}
            table.append([(found[path] != upright[path]).any() for path in upright])
    table = np.array(table)
    assert abs(table.mean() - 0.5) < 4 * 0.5 / table.size**0.5
    assert len(np.unique(table, axis=0)) >= 36  # of 2048 rows, 40 draws repeat 0.4 on average
    assert len(np.unique(table, axis=1).T) == 11


def replace_off(**changed):
    return OFF.__class__(**(vars(OFF) | changed))


def pairs(batch):
    return zip(batch.sources, batch.images, strict=True)


@given(count=st.integers(1, 60), world=st.integers(1, 5), batch=st.integers(1, 8), seed=st.integers(0, 2**64))
def test_shares_of_an_epoch_interleave_to_the_order_of_one_process(count, world, batch, seed):
    shares = [epoch_order(count, seed=seed, epoch=3, rank=rank, world=world) for rank in range(world)]
    alone = epoch_order(count, seed=seed, epoch=3)
    assert sorted(alone) == list(range(count))
    for rank, share in enumerate(shares):
        assert (share == alone[rank::world]).all()
    batches = len(range(0, count, batch * world))
    assert batches_per_epoch(count, batch, world) == batches_per_epoch(count, batch * world) == batches


@pytest.mark.parametrize("count", [8, 9, 10, 11])
@pytest.mark.parametrize("workers", [0, 1])
def test_two_processes_together_make_the_batches_of_one(dataset, count, workers):
    """Also where the last batch is smaller: of nine pictures the second process gets none of the last."""
    some = as_dataset(dataset.source, dataset.samples[:count])
    whole = epoch(some, batch=4)
    halves = [epoch(some, batch=2, rank=rank, world=2, workers=workers) for rank in range(2)]
    for batch, *shares in zip(whole, *halves, strict=True):
        for rank, share in enumerate(shares):
            assert (share.images == batch.images[rank::2]).all()
            assert share.targets.shape[1:] == (6,)
            assert share.sources == batch.sources[rank::2]


# --- What goes wrong ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_a_picture_that_breaks_is_named_once_and_training_goes_on(tmp_path, dataset, workers):
    broken = dataset.samples[4].path
    broken.write_bytes(broken.read_bytes()[:300])
    warnings = []
    with Loader(dataset, image_size=64, batch=4, workers=workers, warn=warnings.append) as loader:
        epochs = [list(loader.batches(number, STRONG)) for number in range(2)]
    assert len(warnings) == 1
    assert str(broken) in warnings[0]
    for number, batches in enumerate(epochs):
        assert sum(len(batch.images) for batch in batches) == 11
        with Loader(dataset, image_size=64, batch=4, warn=warnings.append) as alone:
            assert_same(batches, list(alone.batches(number, STRONG)))
        assert not np.isin(np.concatenate([batch.targets[:, 1] for batch in batches]), range(16, 20)).any()


def workers_of(pid):
    """Process ids of the children of a process."""
    return [int(line) for line in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


linux = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds the workers by /proc")


@linux
@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_worker_ends_the_epoch_with_one_line(dataset, victim):
    large = as_dataset(dataset.source, dataset.samples * 20)
    before = workers_of(os.getpid())
    with Loader(large, image_size=320, batch=32, workers=2) as loader:
        batches = loader.batches(0, STRONG)
        next(batches)
        workers = [pid for pid in workers_of(os.getpid()) if pid not in before]
        assert len(workers) == 2
        os.kill(workers[victim], signal.SIGKILL)
        with pytest.raises(UserError, match=r"died of signal 9 .*--workers.*--resume") as caught:
            list(batches)
        assert "\n" not in str(caught.value)
    assert workers_of(os.getpid()) == before


@linux
def test_leaving_an_epoch_early_leaves_no_process_and_the_next_is_right(dataset):
    before = workers_of(os.getpid())
    with Loader(dataset, image_size=64, batch=2, seed=7, workers=2) as loader:
        for _ in loader.batches(0, STRONG):
            break
        assert_same(list(loader.batches(2, STRONG)), epoch(dataset, batch=2))
    assert workers_of(os.getpid()) == before


SCRIPT = """
import os, sys, signal
from pathlib import Path
from yolov10.data import open_dataset
from yolov10.data.augmentation import PUBLISHED
from yolov10.data.batches import Loader
print("started", flush=True)
loader = Loader(open_dataset({yaml!r}), image_size=64, batch=2, workers=2)
batches = loader.batches(0, PUBLISHED["n"])
print(next(batches).images.shape, flush=True)
"""


def run_script(tmp_path, bccd, end, code=SCRIPT, **options):
    script = tmp_path / "script.py"
    script.write_text(code.format(yaml=str(bccd / "data.yaml")) + end)
    (tmp_path / "cv2.py").write_text("raise SystemExit('the working directory was imported')")
    path = os.pathsep.join(filter(None, sys.path))
    return subprocess.run(
        [sys.executable, "-P", script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


def test_a_script_needs_no_main_guard(tmp_path, bccd):
    result = run_script(tmp_path, bccd, "list(batches)\nloader.close()\n")
    assert result.stdout == "started\n(2, 3, 64, 64)\n"
    assert result.stderr == ""
    assert result.returncode == 0


@linux
def test_workers_end_with_the_process_that_started_them_however_it_ends(tmp_path, bccd):
    end = "print(*open(f'/proc/{os.getpid()}/task/{os.getpid()}/children').read().split(), flush=True)\n"
    result = run_script(tmp_path, bccd, end + "os.kill(os.getpid(), signal.SIGKILL)\n")
    assert result.returncode == -signal.SIGKILL
    assert result.stderr == ""
    workers = result.stdout.splitlines()[-1].split()
    assert len(workers) == 2
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in workers):
        assert time.monotonic() < deadline, "a worker outlived its parent"
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform == "win32", reason="no process groups here")
def test_ctrl_c_while_workers_start_prints_nothing_of_theirs(tmp_path, bccd):
    press = "signal.signal(signal.SIGINT, lambda *_: None)\n"
    start = SCRIPT.replace("batches =", "os.killpg(0, signal.SIGINT)\nbatches =")
    result = run_script(
        tmp_path, bccd, "loader.close()\n", start.replace("print", press + "print", 1), start_new_session=True
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "started\n(2, 3, 64, 64)\n"


def alive(pid):
    """Whether a process runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_nothing_of_the_loader_imports_torch():
    code = "import sys; sys.modules['torch'] = None; import yolov10.data.batches, yolov10.data.worker"
    subprocess.run(
        [sys.executable, "-c", code], check=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    )


def test_workers_do_not_need_the_label_files(tmp_path, bccd):
    """They get the samples, not the data set to read again."""
    shutil.copytree(bccd, tmp_path / "bccd")
    data = open_dataset(tmp_path / "bccd" / "data.yaml", "train")
    shutil.rmtree(tmp_path / "bccd" / "labels")
    (batch,) = epoch(data, workers=1)
    assert len(batch.targets) > 0
