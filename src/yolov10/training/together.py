"""How the processes of a training begin and end together, and how the user hears of a fault just once."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NoReturn

import torch
import torch.distributed as dist

from yolov10.errors import UserError
from yolov10.training.processes import Processes, ToldElsewhereError, launched

PATIENCE = timedelta(days=1)
"""More than the others wait for the first process while it validates or reads a data set."""

Count = Callable[[], int]
"""How often it was called by now, by any process."""


@contextmanager
def together() -> Iterator[Processes]:
    """Meet the processes that torchrun started with this one, if any, and end with them.

    When one fails, all do. The first fault is raised as it is. What follows from it in the others, or is the
    same there, is raised as ToldElsewhereError. That a process just vanished, or that this one is told to
    end, is a UserError. After a fault a process is expected to end: it no longer hears SIGTERM, by which
    torchrun would cut it off before it has said why.
    """
    processes = launched()
    if processes.world == 1:
        yield processes
        return
    count_fault = meet(processes)
    before = signal.signal(signal.SIGTERM, _told_to_end)
    try:
        yield processes
    except UserError as fault:
        tell_once(fault, count_fault)
    except RuntimeError as fault:
        if not isinstance(fault, dist.DistError) and "gloo" not in str(fault):
            raise
        gone = UserError("another process of this training is gone: start all of them again, with --resume")
        tell_once(gone, count_fault)
    dist.destroy_process_group()  # not after a fault: NCCL might wait for those that are gone
    signal.signal(signal.SIGTERM, before)


def meet(processes: Processes) -> Count:
    """Wait until all are there, and take a GPU where this machine has enough; returns a count for all.

    Raises UserError when they do not find each other.
    """
    if not dist.is_available():
        raise UserError(
            "this build of torch trains in one process only: install another, or go without torchrun"
        )
    if processes.local_rank < torch.cuda.device_count():
        torch.cuda.set_device(processes.local_rank)
    nccl = torch.cuda.is_available() and dist.is_nccl_available()
    backend = "cpu:gloo,cuda:nccl" if nccl else "gloo"
    try:
        store, rank, world = next(dist.rendezvous("env://"))  # type: ignore[attr-defined]
        dist.init_process_group(backend, store=store, rank=rank, world_size=world, timeout=PATIENCE)
    except (ValueError, dist.DistError) as fault:
        raise UserError(f"cannot meet the other {processes.world - 1} processes: {fault}") from None
    return lambda: int(store.add("faults", 1))


def tell_once(fault: UserError, count_fault: Count) -> NoReturn:
    """Raise the fault, or ToldElsewhereError where another process was the first to have one."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # all that is left is to say why
    try:
        told = isinstance(fault, ToldElsewhereError) or count_fault() > 1
    except dist.DistError:  # the process that counted is gone
        told = False
    raise (ToldElsewhereError(str(fault)) if told else fault) from None


def _told_to_end(*_: object) -> NoReturn:
    """Be ended as torchrun ends the others when a process dies."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise UserError(
        "told to end, by the user or because another process of this training is gone: go on with --resume"
    )
