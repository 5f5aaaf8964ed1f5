"""Training in several processes, as torchrun starts them: which of them this is, and what they exchange.

Gradients meet in torch's DistributedDataParallel, between GPUs over NCCL. All else goes over gloo and the
CPU, which notices at once that a process is gone. A process alone never comes near torch.distributed.
"""

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from yolov10.errors import UserError

T = TypeVar("T")


class ToldElsewhereError(UserError):
    """A fault that another process tells the user."""


@dataclass(frozen=True)
class Processes:
    """Which process this is, of how many that train one network together; alone unless said otherwise."""

    rank: int = 0
    """Number of this process, from 0."""
    world: int = 1
    local_rank: int = 0
    """Number of this process on its machine."""
    local_world: int = 1
    """Processes on this machine."""

    @property
    def first(self) -> bool:
        """Whether this is the one that writes, validates and speaks for all."""
        return self.rank == 0

    @property
    def cores(self) -> int:
        """Cores of this machine for each of its processes."""
        return max((os.cpu_count() or 1) // self.local_world, 1)

    def share(self, batch: int) -> int:
        """Pictures that each process gets of a batch. Raises UserError when they do not come out even."""
        if batch % self.world:
            raise UserError(
                f"a batch of {batch} cannot be shared out evenly among {self.world} processes: choose a "
                f"--batch that is a multiple of {self.world}, or another number of processes"
            )
        return batch // self.world

    def check_device(self, device: torch.device) -> None:
        """Raise UserError for a device that these processes cannot each have one of."""
        if self.world == 1 or device.type == "cpu":
            return
        if device.type != "cuda":
            raise UserError(f"several processes train on CUDA or the CPU, not on {device}: take --device cpu")
        if device.index is not None:
            raise UserError(f"{device} is one device: --device cuda gives every process its own")
        if self.local_rank >= torch.cuda.device_count():
            raise UserError(
                f"{self.local_world} processes on a machine of {torch.cuda.device_count()} GPUs: "
                "let torchrun start one a GPU, by --nproc-per-node gpu"
            )

    def parallel(self, network: nn.Module, *, sync_batch_norm: bool) -> nn.Module:
        """The network, or what does the same and averages the gradients over the processes as they arise.

        Batch-norm is by each process's own pictures (spec 4.4) unless it is to synchronise; the network is
        then changed in place. The running statistics are those of the first process. Names stay.
        """
        if self.world == 1:
            return network
        if sync_batch_norm:
            nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
        return DistributedDataParallel(network)

    def mean(self, values: Tensor, weight: int) -> tuple[list[float], int]:
        """Means of values [n] over all processes by their weights, and the sum of these; everywhere the same.

        Raises ToldElsewhereError when they are no numbers because of other processes alone.
        """
        own = values.tolist()
        if self.world == 1:
            return own, weight
        sums = torch.tensor([*(value * weight for value in own), weight], dtype=torch.float64)
        dist.all_reduce(sums)
        *totals, weights = sums.tolist()
        if all(map(math.isfinite, own)) and not all(map(math.isfinite, totals)):
            raise ToldElsewhereError("the loss of another process is no longer a number")
        return [total / weights for total in totals], int(weights)

    def from_first(self, make: Callable[[], T]) -> T:
        """What the first process makes, for all; the others wait for it."""
        if self.world == 1:
            return make()
        parcel = [make() if self.first else None]
        dist.broadcast_object_list(parcel, device=torch.device("cpu"))
        return parcel[0]  # type: ignore[return-value]


ALONE = Processes()


def launched() -> Processes:
    """As the environment variables of torchrun say."""
    variables = {
        "rank": "RANK",
        "world": "WORLD_SIZE",
        "local_rank": "LOCAL_RANK",
        "local_world": "LOCAL_WORLD_SIZE",
    }
    return Processes(
        **{field: int(os.environ[name]) for field, name in variables.items() if name in os.environ}
    )
