"""A run that is broken off, by whatever, goes on and ends with the same weights, bit for bit."""

import random
import re
import signal
import subprocess
import sys

import pytest
import torch
from safetensors.numpy import load_file
from training.drawn import draw_dataset

from yolov10.errors import UserError
from yolov10.training import TrainConfig, train
from yolov10.training.epoch import train_epoch
from yolov10.training.reporter import Quiet
from yolov10.training.session import prepare
from yolov10.training.state import read_state, restore, write_state
from yolov10.training.trainer import first_batch

CHILD = """
import os, signal, sys
from yolov10.training import TrainConfig, train

data, output, resume, last_call = sys.argv[1:]
calls = 0

def count(frame, event, argument):
    global calls
    if event == "call" and "yolov10" in frame.f_code.co_filename:
        calls += 1
        if calls == int(last_call):
            os.kill(os.getpid(), signal.SIGKILL)

settings = {"resume": resume} if resume else {
    "data": data, "epochs": 4, "image_size": 64, "batch": 3, "workers": 1, "threads": 1, "device": "cpu",
    "output": output, "optimizer": "sgd", "nominal_batch": 9, "warmup_epochs": 0.1,
}
sys.setprofile(count)
train(TrainConfig(**settings))
sys.setprofile(None)
print(calls)
"""
"""A run that kills itself at its n-th call of our functions, so that a slow machine moves no moment.

Eight pictures are three batches, and after the warm-up three batches make a step.
"""


def run(data, output, resume="", last_call=0):
    """The number of our functions' calls, or None where the run was killed."""
    command = [sys.executable, "-c", CHILD, str(data), str(output), str(resume), str(last_call)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return int(done.stdout) if done.returncode == 0 else None


def weights(folder):
    return {name: load_file(folder / f"{name}.safetensors") for name in ("best", "last")}


def assert_same(found, expected):
    for name, tensors in expected.items():
        assert tensors.keys() == found[name].keys()
        assert all((tensors[key] == found[name][key]).all() for key in tensors), name


@pytest.fixture(scope="module")
def unbroken(drawn, tmp_path_factory):
    """The weights of a run that nothing broke off, and its calls."""
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    calls = run(drawn, folder)
    return weights(folder), calls


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3, 4))])
def test_a_run_killed_at_random_moments_ends_with_the_same_weights(drawn, tmp_path, unbroken, seed):
    expected, calls = unbroken
    folder, resume = tmp_path / "run", ""
    moments = random.Random(seed)
    kills = [moments.randrange(1, calls) for _ in range(3)]
    ended = []
    for last_call in [*kills, 0]:
        ended.append(run(drawn, folder, resume, last_call))
        if ended[-1] is not None:
            break
        if (folder / "resume.safetensors").exists():
            resume = folder
        else:
            folder = folder.with_name(f"{folder.name}-again")
    assert ended[0] is None, "it was never killed"
    assert_same(weights(folder), expected)
    assert len((folder / "history.csv").read_text().splitlines()) == 5
    assert not list(folder.glob(".*.tmp"))


def test_a_finished_run_can_be_given_more_epochs(short):
    folder = train(short(epochs=1))
    train(TrainConfig(resume=folder, epochs=2))
    assert read_state(folder / "resume.safetensors").counters.epochs == 2
    assert "epochs: 2  # given" in (folder / "config.yaml").read_text()
    assert "batch: 4  # given" in (folder / "config.yaml").read_text()


def test_a_setting_that_the_weights_depend_on_cannot_change(short):
    folder = train(short(epochs=1, validate_every=0))
    with pytest.raises(UserError, match="was begun with batch 4, which cannot become 8: leave --batch out"):
        train(TrainConfig(resume=folder, batch=8))
    train(TrainConfig(resume=folder, batch=4))  # nothing new


def test_a_data_set_that_changed_is_noticed(short, tmp_path):
    data = draw_dataset(tmp_path / "data")
    folder = train(short(data=data, epochs=1, validate_every=0))
    label = tmp_path / "data" / "labels" / "train" / "000.txt"
    label.write_text(label.read_text().splitlines()[0] + "\n")
    with pytest.raises(UserError, match=r"data.yaml is not as it was when the run began"):
        train(TrainConfig(resume=folder, epochs=2))


def test_a_data_set_may_move(short, tmp_path):
    data = draw_dataset(tmp_path / "data")
    folder = train(short(data=data, epochs=1, validate_every=0))
    moved = data.parent.rename(tmp_path / "elsewhere") / "data.yaml"
    train(TrainConfig(moved, resume=folder, epochs=2))
    assert read_state(folder / "resume.safetensors").counters.epochs == 2


def test_what_is_no_run_is_named(tmp_path):
    with pytest.raises(UserError, match=re.escape(f"{tmp_path} holds nothing to go on with")):
        train(TrainConfig(resume=tmp_path))
    (tmp_path / "resume.safetensors").write_bytes(b"nonsense")
    for name in ("resume.safetensors", "last.safetensors"):
        with pytest.raises(UserError, match=re.escape(f"name its folder: --resume {tmp_path}")):
            train(TrainConfig(resume=tmp_path / name))
    with pytest.raises(UserError, match=r"resume.safetensors: not a readable safetensors file"):
        train(TrainConfig(resume=tmp_path))


def test_weights_are_no_state_to_go_on_from(short):
    folder = train(short(epochs=1, validate_every=0))
    (folder / "resume.safetensors").write_bytes((folder / "last.safetensors").read_bytes())
    with pytest.raises(UserError, match="is not a file that a training goes on from"):
        train(TrainConfig(resume=folder))


def test_the_state_holds_every_tensor_in_its_layout(short):
    config = short(optimizer="adamw", nominal_batch=8, warmup_epochs=0)
    session = prepare(config, Quiet())
    train_epoch(session.learner, [first_batch(session)] * 3, session.rules, Quiet())  # a step and a half
    path = config.output.with_name("state.safetensors")
    write_state(path, session.learner, config, session.data_hash)

    other = prepare(config, Quiet()).learner
    restore(other, read_state(path))
    assert other.counters == session.learner.counters
    assert other.ema.updates == session.learner.ema.updates == 1
    gradients = 0
    for ours, theirs in zip(other.network.parameters(), session.learner.network.parameters(), strict=True):
        assert torch.equal(ours, theirs)
        assert (ours.grad is None) == (theirs.grad is None)
        if theirs.grad is not None:
            gradients += 1
            assert torch.equal(ours.grad, theirs.grad)
            assert ours.grad.stride() == theirs.grad.stride()
        for slot, value in session.learner.optimizer.state[theirs].items():
            assert torch.equal(other.optimizer.state[ours][slot], value)
            assert other.optimizer.state[ours][slot].stride() == value.stride()
    assert gradients
    for network, again in (
        (session.learner.network, other.network),
        (session.learner.ema.network, other.ema.network),
    ):
        for name, value in network.state_dict().items():
            assert torch.equal(value, again.state_dict()[name])
