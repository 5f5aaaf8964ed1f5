"""How long each layer takes on this machine: torch, the fused network, one picture."""

import statistics
import time
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import nn

from yolov10.network.head import top_detections
from yolov10.network.model import YOLOv10

WARM_UP = 3


def time_layers(network: YOLOv10, height: int, width: int, device: torch.device, runs: int) -> list[float]:
    """Median milliseconds of each row over `runs` pictures of random pixels; fuses and moves the network.

    The last row's time is that of the head in use with decoding and top-k.
    """
    network = network.fuse().to(device)
    images = torch.rand(1, 3, height, width, device=device)
    wait = WAITS.get(device.type, _no_wait)
    stamps: list[float] = []
    hooks = [module.register_forward_hook(_stamper(stamps, wait)) for module in network.model[:-1]]
    try:
        with torch.inference_mode():
            times = [_one_run(network, images, stamps, wait) for _ in range(WARM_UP + runs)]
    finally:
        for hook in hooks:
            hook.remove()
    return [1000 * statistics.median(column) for column in zip(*times[WARM_UP:], strict=True)]


def _one_run(
    network: YOLOv10, images: torch.Tensor, stamps: list[float], wait: Callable[[], None]
) -> list[float]:
    wait()
    stamps[:] = [time.perf_counter()]
    maps = network.head.one2one(network.features(images))
    top_detections(*network.head.decode(maps))
    wait()
    stamps.append(time.perf_counter())
    return [after - before for before, after in pairwise(stamps)]


def _stamper(stamps: list[float], wait: Callable[[], None]) -> Callable[..., None]:
    def stamp(module: nn.Module, inputs: object, output: object) -> None:
        wait()
        stamps.append(time.perf_counter())

    return stamp


def _no_wait() -> None:
    """A CPU's work is done when the call returns."""


WAITS: dict[str, Callable[[], None]] = {"cuda": torch.cuda.synchronize, "mps": torch.mps.synchronize}
"""How to wait until a device has done what it was given."""
