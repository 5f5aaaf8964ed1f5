"""In which types the network computes while it learns."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from yolov10.errors import UserError
from yolov10.training.config import TrainConfig

DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class Precision:
    """`dtype` of the network's inner values, None for float32; weights and loss are float32 always."""

    device: torch.device
    dtype: torch.dtype | None

    def autocast(self) -> AbstractContextManager[object]:
        """Where the network runs."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype is not None)

    def scaler(self) -> torch.amp.GradScaler:
        """Keeps the small gradients of float16 from vanishing; does nothing for other types (spec 4.4)."""
        return torch.amp.GradScaler(self.device.type, enabled=self.dtype is torch.float16)


def find_precision(config: TrainConfig, device: torch.device) -> Precision:
    """What the settings mean on a device. Raises UserError for fp16 anywhere but on CUDA."""
    name = config.precision
    if name == "auto":
        name = "fp16" if device.type == "cuda" else "fp32"
    if name == "fp16" and device.type != "cuda":
        raise UserError(f"fp16 needs a CUDA device to train, not {device}: take --precision bf16 or fp32")
    return Precision(device, DTYPES.get(name))
