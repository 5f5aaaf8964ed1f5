# ruff: noqa: RUF009 - the fields are made by `setting`
"""All settings of a training; the defaults are the published recipe (spec chapter 4)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

from yolov10.data.augmentation import Augmentation
from yolov10.evaluation.shapes import Shapes
from yolov10.image_size import MAX_SIDE, check_image_size
from yolov10.model_names import weights_file
from yolov10.settings import (
    GIVEN,
    defaults_of,
    given_of,
    read_settings,
    setting,
    settings_of,
    settle,
    write_settings,
)
from yolov10.training.by_scale import DEFAULT_SCALE, augmentation_of, by_scale, published_settings
from yolov10.training.recipes import RECIPES


@dataclass(frozen=True)
class TrainConfig:
    """The settings of one training, complete once made: what is not given, the recipe or the default says.

    Raises UserError for a value of another type or out of its bounds.
    """

    data: Path | None = setting("data set", group="Data", metavar="[DATA]", argument=True)
    images: Path | None = setting("folder of the pictures of a COCO JSON", group="Data", metavar="DIR")
    validation: Path | None = setting(
        "data set to validate on; the val split of DATA unless given", group="Data", metavar="DATA"
    )
    validation_images: Path | None = setting(
        "folder of the pictures of --validation", group="Data", metavar="DIR"
    )
    image_size: int = setting(
        "side of the square training pictures in pixels, up to a multiple of 32",
        640,
        group="Data",
        metavar="N",
        least=32,
        most=MAX_SIDE,
    )
    batch: int = setting(
        "pictures a batch, over all processes (published: 256 over 8 GPUs)",
        16,
        group="Data",
        metavar="N",
        least=1,
    )
    workers: int | None = setting(
        "processes that prepare pictures; 0: this one; one a core, at most 8, unless given",
        group="Data",
        metavar="N",
        least=0,
    )

    scale: Literal["n", "s", "m", "b", "l", "x"] = setting(
        "size of the network; with --weights, that of theirs", DEFAULT_SCALE, group="Model"
    )
    weights: Path | None = setting(
        "model to start from; cells: the one that comes with the package", group="Model", metavar="FILE"
    )
    freeze: int = setting("leave the first N layers as they are", 0, group="Model", metavar="N", least=0)

    output: Path | None = setting(
        "run folder; the next runs/train-N unless given", group="Run", metavar="DIR"
    )
    resume: Path | None = setting("run folder to go on with", group="Run", metavar="RUN")
    recipe: Literal["published", "small"] = setting(
        "where the defaults come from; small is for hundreds of pictures", "published", group="Run"
    )
    seed: int = setting("decides every random choice", 0, group="Run", metavar="N", least=0, most=2**63 - 1)

    epochs: int = setting("passes over the pictures", 500, group="Schedule", metavar="N", least=1)
    patience: int = setting(
        "stop after so many epochs without a better AP; 0 never", 100, group="Schedule", metavar="N", least=0
    )
    validate_every: int = setting(
        "epochs from one validation to the next, the last always; 0 never",
        1,
        group="Schedule",
        metavar="N",
        least=0,
    )
    protocol: Shapes = setting(
        "how validation shows pictures: as the authors did, or as predict does",
        "published",
        group="Schedule",
    )
    close_mosaic: int = setting(
        "last epochs without mosaic, mixup and copy-paste", 10, group="Schedule", metavar="N", least=0
    )
    lr_schedule: Literal["linear", "cosine"] = setting(
        "how the learning rate falls", "linear", group="Schedule"
    )
    final_lr: float = setting(
        "the last learning rate, as part of the first", 0.01, group="Schedule", metavar="X", least=0, most=1
    )
    warmup_epochs: float = setting(
        "epochs of warm-up, 100 steps at least", 3.0, group="Schedule", metavar="X", least=0
    )
    warmup_momentum: float = setting(
        "momentum at the beginning", 0.8, group="Schedule", metavar="X", least=0, most=0.999
    )
    warmup_bias_lr: float | None = setting(
        "learning rate of biases at the beginning; 0 under auto, else 0.1, unless given",
        group="Schedule",
        metavar="X",
        least=0,
    )

    optimizer: Literal["auto", "sgd", "adamw"] = setting(
        "auto: sgd for more than 10,000 steps, else adamw", "auto", group="Optimizer"
    )
    lr: float | None = setting(
        "learning rate; of sgd 0.01, of adamw 0.01 / (4 + classes) unless given",
        group="Optimizer",
        metavar="X",
        least=0,
    )
    one2one_lr: float = setting(
        "learning rate of the one-to-one head, as a multiple of the others'",
        1.0,
        group="Optimizer",
        metavar="X",
        least=0,
    )
    momentum: float = setting("of sgd", 0.937, group="Optimizer", metavar="X", least=0, most=0.999)
    weight_decay: float = setting(
        "at the nominal batch; in proportion at another", 5e-4, group="Optimizer", metavar="X", least=0
    )
    nominal_batch: int = setting(
        "gradients of smaller batches are added up to it", 64, group="Optimizer", metavar="N", least=1
    )
    clip: float = setting(
        "gradients are shortened to this length", 10.0, group="Optimizer", metavar="X", least=1e-9
    )
    ema_decay: float = setting(
        "what the average of the weights keeps a step, in the end",
        0.9999,
        group="Optimizer",
        metavar="X",
        least=0,
        most=1,
    )
    ema_updates: int = setting(
        "steps within which it comes near that", 2000, group="Optimizer", metavar="N", least=1
    )

    box: float = setting("gain of the boxes", 7.5, group="Loss gains", metavar="X", least=0)
    cls: float = setting("gain of the classes", 0.5, group="Loss gains", metavar="X", least=0)
    dfl: float = setting("gain of the distributions", 1.5, group="Loss gains", metavar="X", least=0)

    mosaic: float = by_scale("probability of four pictures in one", "mosaic")
    mixup: float = by_scale("probability of blending two", "mixup")
    copy_paste: float = by_scale("part of the outlined objects that are pasted again", "copy_paste")
    degrees: float = by_scale("rotation, either way", "degrees", most=180)
    translate: float = by_scale("shift, as part of the picture", "translate")
    scaling: float = by_scale("size times 1 - X to 1 + X", "scale", most=0.99)
    shear: float = by_scale("shear in degrees, either way", "shear", most=80)
    perspective: float = by_scale("change of depth a pixel", "perspective", most=0.0007)
    hsv_h: float = by_scale("change of hue", "hsv_h")
    hsv_s: float = by_scale("change of saturation", "hsv_s")
    hsv_v: float = by_scale("change of brightness", "hsv_v")
    flipud: float = by_scale("probability of up for down", "flipud")
    fliplr: float = by_scale("probability of left for right", "fliplr")

    device: str = setting("auto, cpu, cuda, cuda:N or mps", "auto", group="Device", metavar="NAME")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = setting(
        "mixed with fp32; auto: fp16 on CUDA, else fp32", "auto", group="Device"
    )
    threads: int | None = setting(
        "CPU threads of each process; all cores unless given", group="Device", metavar="N", least=1
    )
    compile: bool = setting("compile the network first (torch.compile)", False, group="Device")
    sync_batch_norm: bool = setting(
        "batch-norm over the pictures of all processes, on CUDA", False, group="Device"
    )

    origins: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False, kw_only=True)
    """Of every setting: "default", "recipe …", "given", or whatever a value was said to come from."""

    def __post_init__(self) -> None:
        given = given_of(self)
        if "image_size" in given:
            given["image_size"] = check_image_size(given["image_size"])
        recipe = given.get("recipe", "published")
        origins = settle(
            self,
            {
                "default": defaults_of(self) | published_settings(given.get("scale", DEFAULT_SCALE)),
                f"recipe {recipe}": RECIPES[recipe],
                GIVEN: given,
            },
        )
        named = {name: self.origins.get(name, GIVEN) for name in given}
        object.__setattr__(self, "origins", origins | named)

    @classmethod
    def layered(
        cls, given: Mapping[str, Any], origin: str = GIVEN, file: str | os.PathLike[str] | None = None
    ) -> Self:
        """The settings that are given, over those of a YAML file. Raises UserError naming a wrong key.

        Of the `config.yaml` of a run, which lists all settings, those that its own recipe and scale decided
        are left to the recipe and scale of this one.
        """
        values = {} if file is None else read_settings(file, cls)
        if values.keys() == settings_of(cls).keys():
            defaults = defaults_of(cls)
            decided = vars(cls(recipe=values["recipe"], scale=values["scale"]))
            decided |= {name: defaults[name] for name in ("recipe", "scale")}
            values = {name: value for name, value in values.items() if value != decided[name]}
        origins = dict.fromkeys(values, f"file {file}") | dict.fromkeys(given, origin)
        return cls(**values | dict(given), origins=origins)

    def given(self) -> dict[str, Any]:
        """The settings that neither the default nor the recipe decided."""
        return {
            name: getattr(self, name)
            for name, origin in self.origins.items()
            if origin != "default" and not origin.startswith("recipe ")
        }

    def with_given(self, origin: str, **values: Any) -> "TrainConfig":  # noqa: ANN401 - settings of any type
        """The same but for some values, for which `origin` answers; defaults that hang on them follow."""
        given = self.given()
        origins = {name: self.origins[name] for name in given} | dict.fromkeys(values, origin)
        return TrainConfig(**given | values, origins=origins)

    def anchored(self) -> "TrainConfig":
        """The same with absolute paths, which hold from any working directory."""
        paths: dict[str, Any] = {
            name: value.absolute() for name, value in vars(self).items() if isinstance(value, Path)
        }
        if self.weights is not None:
            paths["weights"] = weights_file(self.weights).absolute()
        return replace(self, **paths)

    def to_yaml(self) -> str:
        """Every value and its origin; `layered` takes the file back."""
        return write_settings(self, self.origins)

    def augmentation(self) -> Augmentation:
        """How training pictures are changed."""
        return augmentation_of(self)
