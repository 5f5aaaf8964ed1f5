"""A network while it learns: all that changes from step to step."""

from dataclasses import dataclass, field

from torch.amp import GradScaler
from torch.optim import Optimizer

from yolov10.network.model import YOLOv10
from yolov10.training.ema import Ema


@dataclass
class Counters:
    """Where a training stands."""

    epochs: int = 0
    """That are over."""
    iterations: int = 0
    """Batches seen."""
    last_step: int = -1
    """Iteration of the optimizer's last step."""
    best_ap: float = -1.0
    best_epoch: int = 0
    """Counted from 1; 0 before the first validation."""

    def judge(self, ap: float) -> None:
        """Take note of the AP after the epoch that is just over; of equal ones the later is the best."""
        if ap >= self.best_ap:
            self.best_ap, self.best_epoch = ap, self.epochs


@dataclass
class Learner:
    """The network, what makes it better, and how far it has come."""

    network: YOLOv10
    optimizer: Optimizer
    ema: Ema
    scaler: GradScaler
    counters: Counters = field(default_factory=Counters)
