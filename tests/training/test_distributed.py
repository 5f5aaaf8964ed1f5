"""Two processes on gloo, started by torchrun: they learn as one would, and end as one would."""

import csv
import json
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from training.drawn import draw_dataset
from training.launch import errors, two_processes

from yolov10.data.batches import Loader, epoch_order, training_batches
from yolov10.data.dataset import open_dataset
from yolov10.evaluation import evaluate
from yolov10.training import TrainConfig, train
from yolov10.training.epoch import on_device
from yolov10.training.reporter import Quiet
from yolov10.training.session import prepare
from yolov10.training.state import read_state

BCCD = Path(__file__).parents[1] / "data" / "bccd" / "data.yaml"
PICTURES, BATCH = 9, 4  # the last batch is of one picture: the second process gets none of it


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return draw_dataset(tmp_path_factory.mktemp("nine"), train=PICTURES)


# --- What is learnt ----------------------------------------------------------------------------------------

LEARN = """
import json, math, sys
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from yolov10.errors import UserError
from yolov10.training import DualAssignmentLoss, TrainConfig
from yolov10.training.epoch import train_epoch
from yolov10.training.reporter import Quiet
from yolov10.training.session import prepare
from yolov10.training.together import together
from yolov10.training.trainer import open_loader

output, config = Path(sys.argv[1]), TrainConfig(**json.loads(sys.argv[2]))
try:
    with together() as processes:
        torch.manual_seed(0)
        session = prepare(config, Quiet(), processes=processes)
        learner, rules = session.learner, session.rules
        learner.network.train()
        with open_loader(session) as loader:
            batches = list(loader.batches(0, session.augmentation(0)))
        trained = train_epoch(learner, batches, rules, Quiet())
        gradients = {name: p.grad for name, p in learner.network.named_parameters() if p.grad is not None}
        save_file({k: g.contiguous() for k, g in gradients.items()}, output / f"{processes.rank}.safetensors")
        found = {"losses": trained.losses, "pictures": [[str(p) for p in b.sources] for b in batches]}
        (output / f"{processes.rank}.json").write_text(json.dumps(found))

        if processes.rank == 1:
            rules = replace(rules, loss=DualAssignmentLoss(2, box=math.nan))
        train_epoch(learner, batches, rules, Quiet())
except UserError as fault:
    (output / f"{processes.rank}.txt").write_text(f"{type(fault).__name__}: {fault}")
"""
"""An epoch whose batches make no step, so that their gradients are left; then a loss of the second process
that is no number.
"""


@pytest.fixture(scope="module")
def learnt(data, tmp_path_factory):
    """The settings, and the folder of what both processes found."""
    folder = tmp_path_factory.mktemp("learnt")
    settings = {"epochs": 9, "image_size": 64, "batch": BATCH, "workers": 0, "threads": 1, "device": "cpu"}
    settings |= {"nominal_batch": 1000, "warmup_epochs": 0, "validate_every": 0}
    script = folder / "learn.py"
    script.write_text(LEARN)
    result = two_processes(script, folder, json.dumps(settings | {"data": str(data)}))
    assert result.returncode == 0, result.stderr
    return TrainConfig(data, **settings), folder


@pytest.fixture(scope="module")
def expected(learnt):
    """Gradients and mean losses of one process that goes through the shares one after the other, and adds up.

    Statistics of a batch, of batch-norm and the sum of target scores that divides a loss, are thereby of each
    share alone (spec 4.2, 4.4).
    """
    config, _ = learnt
    with torch.random.fork_rng():
        torch.manual_seed(0)
        session = prepare(config, Quiet())
    network, rules = session.learner.network.train(), session.rules
    losses = []
    for batch in range(3):
        items = torch.zeros(6)
        for rank in range(2):
            share = shares(session, rank)[batch]
            if share.sources:
                images, targets = on_device(share, session.device)
                total, means = rules.loss(network(images), targets)
                total.backward()
                items += means * len(share.sources)
        losses.append(items / min(BATCH, PICTURES - batch * BATCH))
    gradients = {name: p.grad for name, p in network.named_parameters() if p.grad is not None}
    return gradients, torch.stack(losses).mean(0)


def shares(session, rank):
    config = session.config
    return list(
        training_batches(
            session.training,
            image_size=config.image_size,
            batch=BATCH // 2,
            augmentation=session.augmentation(0),
            seed=config.seed,
            epoch=0,
            workers=0,
            rank=rank,
            world=2,
        )
    )


def test_gradients_of_two_processes_are_the_sum_over_all_pictures(learnt, expected):
    found = [load_file(learnt[1] / f"{rank}.safetensors") for rank in range(2)]
    gradients, _ = expected
    assert found[0].keys() == found[1].keys() == gradients.keys()
    for name, gradient in gradients.items():
        assert torch.equal(found[0][name], found[1][name]), name
        assert (found[0][name] - gradient).abs().max() <= 1e-5 * gradient.abs().max(), name


def test_the_losses_that_are_told_are_the_means_over_all_pictures(learnt, expected):
    _, losses = expected
    for rank in range(2):
        found = json.loads((learnt[1] / f"{rank}.json").read_text())["losses"]
        assert found == pytest.approx(losses.tolist(), rel=1e-5)


def test_a_loss_that_is_no_number_in_one_process_stops_all_and_is_told_once(learnt):
    _, folder = learnt
    first, second = ((folder / f"{rank}.txt").read_text() for rank in range(2))
    assert first == "ToldElsewhereError: the loss of another process is no longer a number"
    (shown, *_), *_ = json.loads((folder / "1.json").read_text())["pictures"]
    assert second.startswith("UserError: the loss is no longer a number in epoch 2, at the batch of ")
    assert shown in second


# --- How it ends -------------------------------------------------------------------------------------------

KILLED = """
import json, os, signal, sys

from yolov10.cli.main import main
from yolov10.data.batches import Loader

log, *arguments = sys.argv[1:]
rank, whole = int(os.environ["RANK"]), Loader.batches

def batches(self, epoch, augmentation, *, start=0):
    for number, batch in enumerate(whole(self, epoch, augmentation, start=start)):
        with open(f"{log}/{rank}.jsonl", "a") as file:
            print(json.dumps([epoch, number, [path.name for path in batch.sources]]), file=file)
        if (rank, epoch, number) == (1, 2, 1):
            os.kill(os.getpid(), signal.SIGKILL)
        yield batch

Loader.batches = batches
sys.exit(main(arguments))
"""
"""The command line; but the second process dies in the third epoch, and what each learns from is written."""

SETTINGS = (
    "--epochs",
    4,
    "--image-size",
    64,
    "--batch",
    BATCH,
    "--workers",
    0,
    "--threads",
    1,
    "--device",
    "cpu",
)


@pytest.fixture(scope="module")
def killed(data, tmp_path_factory):
    """What came of a run of two processes of which the second died, its folder, and the pictures of both."""
    folder = tmp_path_factory.mktemp("killed")
    script = folder / "killed.py"
    script.write_text(KILLED)
    result = two_processes(script, folder, "train", data, *SETTINGS, "--output", folder / "run")
    seen = {}
    for rank in range(2):
        for line in (folder / f"{rank}.jsonl").read_text().splitlines():
            epoch, number, names = json.loads(line)
            seen[epoch, number, rank] = names
    return result, folder / "run", seen


def learning_rates(folder):
    with (folder / "history.csv").open(newline="") as file:
        return [row["learning_rate"] for row in csv.DictReader(file)]


def test_when_a_process_dies_the_others_end_with_one_line(killed):
    result, folder, _ = killed
    assert result.returncode == 1
    (line,) = errors(result)
    assert line.endswith("--resume")
    assert "another process of this training is gone" in line
    assert f"exitcode: {-signal.SIGKILL}" in result.stderr  # torchrun's own word on the cause
    assert "epoch 2/4" in result.stderr
    assert result.stderr.count("run folder:") == 1  # the first alone speaks
    assert not list(folder.glob(".*.tmp"))
    assert len(learning_rates(folder)) == 2


def test_one_process_goes_on_where_two_were_killed(killed, data, short, monkeypatch):
    """Same schedule as an unbroken run of one process, no picture skipped or repeated."""
    _, folder, seen = killed
    names = [sample.path.name for sample in open_dataset(data, "train").samples]
    whole = Loader.batches

    def batches(self, epoch, augmentation, *, start=0):
        for number, batch in enumerate(whole(self, epoch, augmentation, start=start)):
            seen[epoch, number, 0] = [path.name for path in batch.sources]
            yield batch

    monkeypatch.setattr(Loader, "batches", batches)
    for key in [key for key in seen if key[0] >= 2]:
        del seen[key]  # the epoch that was broken off has left no trace
    train(TrainConfig(resume=folder))

    for epoch in range(4):
        order = [names[index] for index in epoch_order(PICTURES, seed=0, epoch=epoch)]
        for number, first in enumerate(range(0, PICTURES, BATCH)):
            together = [name for rank in range(2) for name in seen.get((epoch, number, rank), [])]
            assert sorted(together) == sorted(order[first : first + BATCH]), (epoch, number)

    unbroken = train(short(data=data, epochs=4))
    assert learning_rates(folder) == learning_rates(unbroken)
    ours, theirs = (read_state(run / "resume.safetensors") for run in (folder, unbroken))
    assert (ours.counters.iterations, ours.counters.last_step) == (
        theirs.counters.iterations,
        theirs.counters.last_step,
    )
    assert ours.ema_updates == theirs.ema_updates
    assert ours.tensors.keys() == theirs.tensors.keys()
    sessions = json.loads((folder / "manifest.json").read_text())["sessions"]
    assert [session["processes"] for session in sessions] == [2, 1]


def test_a_batch_that_does_not_divide_is_refused_in_one_line(data, tmp_path):
    folder = tmp_path / "run"
    result = two_processes("-m", "yolov10", "train", data, *SETTINGS, "--batch", 5, "--output", folder)
    assert result.returncode == 1
    (line,) = errors(result)
    assert "a batch of 5 cannot be shared out evenly among 2 processes" in line
    assert not folder.exists()


# --- The same again ----------------------------------------------------------------------------------------


@pytest.mark.slow  # its twin of one process is in test_train.py
def test_two_processes_are_reproducible_and_their_ap_is_that_of_one(tmp_path):
    arguments = ("--weights", "cells", "--epochs", 2, "--image-size", 320, "--batch", 4, "--workers", 1)
    arguments += ("--lr", 1e-4, "--optimizer", "sgd", "--nominal-batch", 4, "--threads", 1, "--device", "cpu")
    runs = []
    for name in ("one", "two"):
        folder = tmp_path / name
        result = two_processes("-m", "yolov10", "train", BCCD, *arguments, "--output", folder)
        assert result.returncode == 0, result.stderr
        assert result.stdout == f"{folder}\n"
        with (folder / "history.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        runs.append((rows, load_file(folder / "last.safetensors")))
    for rows, _ in runs:
        for row in rows:
            del row["seconds"], row["images_per_second"]
    assert runs[0][0] == runs[1][0]
    assert all(torch.equal(tensor, runs[1][1][name]) for name, tensor in runs[0][1].items())

    found = evaluate(folder / "last.safetensors", BCCD, image_size=320, runtime="torch")
    assert found["AP"] > 0.3
    assert found["AP"] == pytest.approx(float(rows[-1]["AP"]), abs=1e-6)
