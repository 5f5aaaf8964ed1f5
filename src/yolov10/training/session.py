"""What a training works with, made before anything is written, so that faults come early."""

from dataclasses import dataclass

import torch

from yolov10.data.augmentation import Augmentation
from yolov10.data.batches import batches_per_epoch
from yolov10.data.dataset import Dataset
from yolov10.errors import UserError
from yolov10.model_card import ModelCard
from yolov10.network.model import YOLOv10
from yolov10.runtimes.torch_runtime import find_device
from yolov10.training.batch_norm import merge_activations
from yolov10.training.config import TrainConfig
from yolov10.training.datasets import open_training, open_validation
from yolov10.training.ema import Ema
from yolov10.training.epoch import Rules
from yolov10.training.learner import Learner
from yolov10.training.loss import DualAssignmentLoss
from yolov10.training.manifest import data_hash
from yolov10.training.optimizer import Choice, build_optimizer, choose
from yolov10.training.precision import Precision, find_precision
from yolov10.training.processes import ALONE, Processes
from yolov10.training.reporter import Reporter
from yolov10.training.resume import require_same_data
from yolov10.training.schedule import Schedule
from yolov10.training.state import Saved, restore
from yolov10.training.transfer import freeze, transfer
from yolov10.weights.networks import open_network

FEW = 2_000
"""Pictures below which the published recipe, unless asked for, is not what most would choose."""


@dataclass(frozen=True, eq=False)
class Session:
    """One process's work on a run."""

    config: TrainConfig
    device: torch.device
    training: Dataset
    data_hash: str
    """Of `training`."""
    validation: Dataset | None
    """None where nothing is to be validated."""
    learner: Learner
    rules: Rules
    reporter: Reporter
    processes: Processes

    def augmentation(self, epoch: int) -> Augmentation:
        """That of an epoch, counted from 0: the last ones are without mosaic (spec 4.5)."""
        augmentation = self.config.augmentation()
        closed = epoch >= self.config.epochs - self.config.close_mosaic
        return augmentation.without_mosaic() if closed else augmentation

    def due(self, epoch: int) -> bool:
        """Whether an epoch, counted from 0, ends with a validation; the last does."""
        if self.validation is None:
            return False
        return (epoch + 1) % self.config.validate_every == 0 or epoch + 1 == self.config.epochs

    def over(self) -> bool:
        """Whether all epochs are done, or the best one lies too far back."""
        config, counters = self.config, self.learner.counters
        if counters.epochs >= config.epochs:
            return True
        judged = self.validation is not None and counters.best_epoch > 0
        return judged and 0 < config.patience <= counters.epochs - counters.best_epoch


def prepare(
    config: TrainConfig, reporter: Reporter, saved: Saved | None = None, processes: Processes = ALONE
) -> Session:
    """Open the data, build the network and all that makes it learn, as it was saved or afresh.

    Every process does, with the same settings. Raises UserError for whatever is wrong with the settings or
    what they name.
    """
    device = choose_device(config, processes)
    processes.share(config.batch)
    precision = find_precision(config, device)
    if config.threads is not None or processes.local_world > 1:
        torch.set_num_threads(config.threads or processes.cores)
    training = open_training(config, reporter)
    digest = data_hash(training)
    validation = open_validation(config, training, reporter)
    if saved is None:
        config, network = fresh_network(config, training.names, reporter)
    else:
        require_same_data(saved, training.source, digest)
        network = YOLOv10(saved.card)
    learner, choice = make_learner(config, network.to(device), precision, len(training.samples))
    if saved is not None:
        restore(learner, saved)
    reporter.say(described(config, choice, device, processes))
    if "recipe" not in config.given() and len(training.samples) < FEW:
        reporter.say(f"{len(training.samples):,} pictures: --recipe small is made for so few")
    if processes.from_first(lambda: digest) != digest:
        raise UserError(f"{training.source} holds other pictures or labels than that of the first process")
    forward = processes.parallel(network, sync_batch_norm=config.sync_batch_norm)
    rules = Rules(
        forward=torch.compile(forward) if config.compile else forward,
        loss=DualAssignmentLoss(len(training.names), box=config.box, cls=config.cls, dfl=config.dfl),
        schedule=make_schedule(config, choice, len(training.samples)),
        precision=precision,
        clip=config.clip,
        processes=processes,
    )
    return Session(config, device, training, digest, validation, learner, rules, reporter, processes)


def choose_device(config: TrainConfig, processes: Processes) -> torch.device:
    """What this process computes on. Raises UserError where that is not possible."""
    device = find_device(config.device)
    processes.check_device(device)
    if config.sync_batch_norm and device.type != "cuda":
        raise UserError(f"--sync-batch-norm needs CUDA, not {device}: leave it out")
    return device


def described(config: TrainConfig, choice: Choice, device: torch.device, processes: Processes) -> str:
    """What is trained, on what and how, in one line."""
    number = f"{processes.world} processes on " if processes.world > 1 else ""
    return (
        f"YOLOv10-{config.scale}, {number}{device}, {config.image_size} pixels, batch {config.batch}, "
        f"a step every {choice.accumulate} batches; {choice.kind}, learning rate {choice.lr:g}, "
        f"weight decay {choice.weight_decay:g}"
    )


def fresh_network(config: TrainConfig, names: list[str], reporter: Reporter) -> tuple[TrainConfig, YOLOv10]:
    """A network for these classes, at random or from `--weights`, whose scale and licence it then shares."""
    if config.weights is None:
        return config, YOLOv10(ModelCard(config.scale, tuple(names), config.image_size))
    source = open_network(config.weights)
    if "scale" not in config.given():
        config = config.with_given("weights", scale=source.card.scale)
    network = YOLOv10(ModelCard(config.scale, tuple(names), config.image_size, license=source.card.license))
    reporter.say(f"{config.weights}: {transfer(network, source, str(config.weights))}")
    return config, network


def make_learner(
    config: TrainConfig, network: YOLOv10, precision: Precision, pictures: int
) -> tuple[Learner, Choice]:
    """The network with its average and its optimizer, channels last in memory."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    ema = Ema(network, decay=config.ema_decay, time_constant=config.ema_updates)
    freeze(network, config.freeze)
    if precision.device.type == "cpu" and not config.compile:  # CUDA has merged steps; a compiler makes some
        merge_activations(network)
    choice = choose(config, pictures, len(network.card.names))
    return Learner(network, build_optimizer(network, choice), ema, precision.scaler()), choice


def make_schedule(config: TrainConfig, choice: Choice, pictures: int) -> Schedule:
    """The schedule of the settings, over so many pictures an epoch."""
    return Schedule(
        epochs=config.epochs,
        batches=batches_per_epoch(pictures, config.batch),
        lr=choice.lr,
        accumulate=config.nominal_batch / config.batch,
        final_lr=config.final_lr,
        shape=config.lr_schedule,
        momentum=config.momentum,
        warmup_epochs=config.warmup_epochs,
        warmup_momentum=config.warmup_momentum,
        warmup_bias_lr=choice.warmup_bias_lr,
    )
