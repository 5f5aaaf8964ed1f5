"""The settings of the augmentation, whose defaults hang on the scale of the network (spec 4.6)."""

from dataclasses import fields
from typing import Any

from yolov10.data.augmentation import PUBLISHED, Augmentation
from yolov10.settings import setting

DEFAULT_SCALE = "n"

_FIELDS = [field.name for field in fields(Augmentation)]


def by_scale(help: str, name: str, *, most: float = 1) -> Any:  # noqa: ANN401 - a field
    """A setting of the augmentation; its default is the scale's published value."""
    values = {scale: getattr(augmentation, name) for scale, augmentation in PUBLISHED.items()}
    default = values[DEFAULT_SCALE]
    if len(set(values.values())) > 1:
        default = None  # `published_settings` says
        help += f" (by scale: {', '.join(f'{scale} {value:g}' for scale, value in values.items())})"
    return setting(help, default, group="Augmentation", metavar="X", least=0, most=most)


def published_settings(scale: str) -> dict[str, float]:
    """The published augmentation of a scale, by setting. An unknown scale is named elsewhere."""
    return {_setting_of(name): getattr(PUBLISHED[scale], name) for name in _FIELDS}


def augmentation_of(config: object) -> Augmentation:
    """The augmentation that the settings of a `TrainConfig` describe."""
    return Augmentation(**{name: getattr(config, _setting_of(name)) for name in _FIELDS})


def _setting_of(augmentation: str) -> str:
    """The setting of a field of `Augmentation`; `scale` is the network's."""
    return "scaling" if augmentation == "scale" else augmentation
