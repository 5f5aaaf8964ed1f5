"""Which process this is, what it may do, and how a fault is told once: all that needs no second process."""

import os
import signal
import subprocess
import sys

import pytest
import torch
from torch import nn

from yolov10.errors import UserError
from yolov10.network import build
from yolov10.training import processes as module
from yolov10.training import together as together_module
from yolov10.training import train
from yolov10.training.processes import ALONE, Processes, ToldElsewhereError, launched
from yolov10.training.reporter import Follower, Quiet
from yolov10.training.together import meet, tell_once, together

TORCHRUN = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")


@pytest.fixture
def torchrun(monkeypatch):
    """Set the variables that torchrun sets."""

    def start(*values):
        for name, value in zip(TORCHRUN, values, strict=True):
            monkeypatch.setenv(name, str(value))

    return start


@pytest.fixture
def sigterm():
    """The handler as it was, afterwards."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_torchruns_variables_say_which_process_this_is(torchrun):
    assert launched() == ALONE
    assert ALONE.first
    torchrun(5, 8, 1, 4)
    assert launched() == Processes(rank=5, world=8, local_rank=1, local_world=4)
    assert not launched().first


def test_a_process_alone_never_touches_torch_distributed(short, monkeypatch):
    class Untouchable:
        def __getattr__(self, name):
            raise AssertionError(name)

    for used_by in (module, together_module):
        monkeypatch.setattr(used_by, "dist", Untouchable())
    assert train(short(epochs=1)).is_dir()
    network = nn.Linear(1, 1)
    assert ALONE.parallel(network, sync_batch_norm=False) is network
    assert ALONE.mean(torch.tensor([0.1, 0.2]), 3) == (torch.tensor([0.1, 0.2]).tolist(), 3)
    assert ALONE.from_first(lambda: "made") == "made"


def test_a_batch_is_shared_out_evenly_or_not_at_all():
    assert Processes(world=4).share(12) == 3
    with pytest.raises(
        UserError, match=r"a batch of 6 cannot be shared out evenly among 4 processes: .*of 4"
    ):
        Processes(world=4).share(6)


def test_cores_are_shared_by_the_processes_of_a_machine(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert [Processes(local_world=count).cores for count in (1, 3, 20)] == [8, 2, 1]


@pytest.mark.parametrize(
    ("device", "fault"),
    [
        ("mps", "several processes train on CUDA or the CPU, not on mps: take --device cpu"),
        ("cuda:1", "cuda:1 is one device: --device cuda gives every process its own"),
        ("cuda", "3 processes on a machine of 2 GPUs: let torchrun start one a GPU"),
    ],
)
def test_every_process_needs_a_device_of_its_own(monkeypatch, device, fault):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    third = Processes(rank=2, world=3, local_rank=2, local_world=3)
    with pytest.raises(UserError, match=fault):
        third.check_device(torch.device(device))
    third.check_device(torch.device("cpu"))
    ALONE.check_device(torch.device(device))
    Processes(rank=1, world=3, local_rank=1, local_world=3).check_device(torch.device("cuda"))


def test_synchronised_batch_norm_is_for_cuda(short):
    with pytest.raises(UserError, match=r"--sync-batch-norm needs CUDA, not cpu: leave it out"):
        train(short(sync_batch_norm=True))


def test_synchronising_batch_norms_changes_no_name_and_no_parameter(monkeypatch):
    monkeypatch.setattr(module, "DistributedDataParallel", lambda network: network)
    network = build("n", 2)
    names, parameters = list(network.state_dict()), list(network.parameters())
    parallel = Processes(world=2).parallel(network, sync_batch_norm=True)
    assert sum(isinstance(part, nn.SyncBatchNorm) for part in parallel.modules()) > 50
    assert not any(isinstance(part, nn.BatchNorm2d) for part in network.modules())
    assert list(network.state_dict()) == names
    assert all(one is other for one, other in zip(network.parameters(), parameters, strict=True))


def test_the_first_fault_is_told_and_the_others_are_not(sigterm):
    counts = iter([1, 2, 3])
    with pytest.raises(UserError) as first:
        tell_once(UserError("the reason"), lambda: next(counts))
    assert not isinstance(first.value, ToldElsewhereError)
    with pytest.raises(ToldElsewhereError):
        tell_once(UserError("what follows from it"), lambda: next(counts))
    with pytest.raises(ToldElsewhereError):
        tell_once(ToldElsewhereError("who had it tells"), lambda: 1)


def test_a_fault_is_told_when_nobody_counts_any_more(sigterm):
    def gone():
        raise torch.distributed.DistNetworkError("the other end hung up")

    with pytest.raises(UserError, match="the reason"):
        tell_once(UserError("the reason"), gone)


TOLD_TO_END = """
import signal
from yolov10.errors import UserError
from yolov10.training import together

together.meet = lambda _: lambda: 1
try:
    with together.together():
        signal.raise_signal(signal.SIGTERM)
except UserError as fault:
    print(fault)
"""


def test_being_ended_is_one_line(torchrun):
    torchrun(1, 2, 1, 2)
    done = subprocess.run([sys.executable, "-c", TOLD_TO_END], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "told to end, by the user or because another process of this training is gone"
    )
    assert "--resume" in done.stdout


def test_losing_the_others_is_one_line(torchrun, sigterm, monkeypatch):
    torchrun(1, 2, 1, 2)
    monkeypatch.setattr(together_module, "meet", lambda _: lambda: 1)
    with pytest.raises(UserError, match="is gone: start all of them again, with --resume"), together():
        lose("[gloo/transport/tcp/pair.cc:5] Connection closed by peer")


def test_a_mistake_of_ours_is_no_lost_process(torchrun, sigterm, monkeypatch):
    torchrun(1, 2, 1, 2)
    monkeypatch.setattr(together_module, "meet", lambda _: lambda: 1)
    with pytest.raises(RuntimeError, match="shapes differ"), together():
        lose("shapes differ")


def lose(reason):
    raise RuntimeError(reason)


def test_processes_that_cannot_meet_say_so(torchrun, monkeypatch):
    torchrun(0, 2, 0, 2)
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(UserError, match="cannot meet the other 1 processes: .*MASTER_ADDR"):
        meet(launched())


def test_a_follower_warns_only_of_what_it_meets_while_learning():
    class Listener(Quiet):
        heard = ()

        def warn(self, line):
            self.heard += (line,)

    listener = Listener()
    follower = Follower(listener)
    follower.warn("a fault of the labels, which the first process names")
    follower.begin_epoch(1, 1, 1)
    follower.warn("a picture that broke since")
    assert listener.heard == ("a picture that broke since",)
