"""The network in torch, fused."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray

from yolov10.errors import UserError, WrongValueError
from yolov10.model_card import ModelCard
from yolov10.network.model import YOLOv10
from yolov10.runtimes.runtime import Images, Precision, are_pictures, check_classes, no_rows
from yolov10.runtimes.torch_cpu import detect_fast, rearrange

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class TorchRuntime:
    """Runs a network on a torch device. Takes the network over: it is fused, moved and cast in place.

    threads: CPU threads during a call, as many as torch uses anyway unless given.
    """

    fixed_shape: tuple[int, int] | None = None
    gains_together = True

    def __init__(
        self,
        network: YOLOv10,
        device: str = "auto",
        precision: Precision = "fp32",
        threads: int | None = None,
    ) -> None:
        self.device = find_device(device)
        self.dtype = DTYPES[precision]
        self.threads = threads
        self.network = network.fuse().to(self.device, self.dtype)
        # float16 has no kernel of its own on most processors.
        self.on_cpu = self.device.type == "cpu" and self.dtype != torch.float16
        if self.on_cpu:
            self.network = rearrange(self.network)

    @property
    def card(self) -> ModelCard:
        """What the model file says of itself."""
        return self.network.card

    def __call__(self, images: Images, classes: Sequence[int] | None = None) -> NDArray[np.float32]:
        """As `Runtime` says; `classes` are chosen before the top-k."""
        if len(images) == 0 or (classes is not None and len(classes) == 0):
            return no_rows(len(images))
        check_classes(classes or [], self.card)
        with cpu_threads(self.threads), torch.inference_mode():
            detect = detect_fast if self.on_cpu else YOLOv10.detect
            planes = planes_on(self.device, images, self.dtype)
            found = detect(self.network, planes if self.on_cpu else planes.contiguous(), classes)
        rows: NDArray[np.float32] = found.float().cpu().numpy()
        return rows


def planes_on(device: torch.device, images: Images, dtype: torch.dtype) -> torch.Tensor:
    """Images, as `Runtime` takes them, as planes [B, 3, H, W], RGB 0..1, on a device.

    Of pictures, they lie channels last.
    """
    there = torch.from_numpy(np.require(images, requirements=["C", "W"])).to(device)  # as torch wants them
    if not are_pictures(images):
        return there.to(dtype)
    return there.permute(0, 3, 1, 2).flip(1).to(dtype).div_(255)


@contextmanager
def cpu_threads(count: int | None) -> Iterator[None]:
    """Torch's CPU threads set to `count`, then as before. The number belongs to the process.

    So calls that choose one take turns; without that, the last to end could leave another's number.
    """
    if count is None:
        yield
        return
    with _ONE_COUNT_AT_A_TIME:
        before = torch.get_num_threads()
        torch.set_num_threads(count)
        try:
            yield
        finally:
            torch.set_num_threads(before)


_ONE_COUNT_AT_A_TIME = threading.Lock()


def find_device(name: str) -> torch.device:
    """`auto` is the first GPU there is, else the CPU. Raises UserError for a device that is not there."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise WrongValueError(f"no device {name!r}: choose auto, cpu, cuda, cuda:N or mps") from None
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if not there.get(device.type, False):
        raise UserError(f"device {name!r} is not available on this machine: --device cpu works everywhere")
    return device
