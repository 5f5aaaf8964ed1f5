"""Which network `info` is asked about: a scale, or what a file says of itself."""

from dataclasses import dataclass
from pathlib import Path

from yolov10.architecture import SCALES
from yolov10.errors import UserError, did_you_mean
from yolov10.image_size import check_image_size, parse_image_size
from yolov10.model_card import ModelCard
from yolov10.model_names import NAMES, weights_file


@dataclass(frozen=True)
class Model:
    """A scale or a file, with the classes and the size to show it at."""

    name: str
    scale: str
    classes: int
    size: tuple[int, int]

    @property
    def path(self) -> Path | None:
        """The file, if it is one."""
        if self.name in SCALES:
            return None
        path = weights_file(self.name)
        if not path.is_dir():
            return path
        from yolov10.runtimes.open import file_of

        return file_of(path)


def find_model(name: str, num_classes: int | None, image_size: str | None) -> Model:
    """The scale or file called `name`; its own classes and size unless others are asked for."""
    card = ModelCard.unnamed(name, 80) if name in SCALES else _card(name)
    if not card.scale:
        raise UserError(f"{name}: does not say which scale it is")
    asked = parse_image_size(image_size) if image_size else check_image_size(card.image_size)
    size = (asked, asked) if isinstance(asked, int) else asked
    return Model(name, card.scale, len(card.names) if num_classes is None else num_classes, size)


def _card(model: str) -> ModelCard:
    """What a file of weights, an exported file or a folder of either says of itself."""
    path = weights_file(model)
    if not path.exists():
        near = did_you_mean(model, [*SCALES, *NAMES])
        raise UserError(f"no scale or file {model!r}{near}: scales are {' '.join(SCALES)}")
    from yolov10.weights.foreign import EXPORTED, read_foreign

    if path.suffix in EXPORTED or any(path.glob("*.xml")):
        from yolov10.runtimes.open import open_runtime

        return open_runtime(path).card
    return read_foreign(path).weights.card
