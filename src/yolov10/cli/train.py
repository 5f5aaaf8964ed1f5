"""`yolov10 train`: labelled pictures in, a model out."""

from dataclasses import dataclass
from pathlib import Path

from yolov10.cli.options import Common, option
from yolov10.cli.training_progress import TrainingProgress
from yolov10.errors import require
from yolov10.settings import GIVEN
from yolov10.training.config import TrainConfig


@dataclass(frozen=True)
class Options(TrainConfig, Common):
    """Train a network.

    DATA is a data.yaml, a COCO JSON (with --images) or a Pascal VOC folder. The defaults are the published
    recipe; --config takes a YAML with the names of these options, which those given here go before. A run can
    be broken off at any moment and gone on with: --resume RUN.
    """

    config: Path | None = option("YAML of settings, such as a run's config.yaml", group="Run", metavar="FILE")


def run(options: Options) -> int:
    """Train, or go on."""
    require("torch", install="open-yolov10[train]", purpose="training")
    from yolov10.training.processes import ToldElsewhereError, launched
    from yolov10.training.trainer import train

    given = {name: getattr(options, name) for name, origin in options.origins.items() if origin == GIVEN}
    config = TrainConfig.layered(given, "flag", options.config)
    progress = TrainingProgress(quiet=options.quiet)
    try:
        folder = train(config, progress)
    except ToldElsewhereError:
        return 1
    finally:
        progress.close()
    if launched().first:
        print(folder)
    return 0
