"""How strongly training pictures are changed, and the published values of each scale."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from yolov10.errors import UserError


@dataclass(frozen=True)
class Augmentation:
    """Probabilities and ranges of every change (spec 5.2, 5.3); the defaults are those of scales n and s.

    Raises UserError for a value out of its range.
    """

    mosaic: float = 1.0
    """Probability that four pictures are put together around a common corner."""
    mixup: float = 0.0
    """Probability that a second picture, made the same way, is blended in."""
    copy_paste: float = 0.0
    """Part of the objects with free room at their mirrored place that are copied there; needs outlines."""
    degrees: float = 0.0
    """Rotation by up to this angle, either way."""
    translate: float = 0.1
    """Shift by up to this part of the picture, either way."""
    scale: float = 0.5
    """Size times 1 - scale … 1 + scale."""
    shear: float = 0.0
    """Shear by up to this angle in degrees, either way and along both axes."""
    perspective: float = 0.0
    """Change of depth by up to this part a pixel of a 640-pixel picture, either way and along both axes."""
    hsv_h: float = 0.015
    """Hue times 1 - hsv_h … 1 + hsv_h, as saturation and value by the two below."""
    hsv_s: float = 0.7
    hsv_v: float = 0.4
    flipud: float = 0.0
    """Probability of exchanging up and down."""
    fliplr: float = 0.5
    """Probability of exchanging left and right."""

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self)):
            limit = _LIMITS.get(name, 1.0)
            if not 0 <= getattr(self, name) <= limit:
                raise UserError(
                    f"augmentation: {name} is {getattr(self, name)}, it must lie in 0 … {limit:g}"
                )

    def without_mosaic(self) -> "Augmentation":
        """Return that of the last epochs (spec 4.5): single pictures, still warped and recoloured."""
        return replace(self, mosaic=0.0, mixup=0.0, copy_paste=0.0)


_LIMITS = {"degrees": 180.0, "shear": 80.0, "scale": 0.99, "perspective": 0.0007}
"""Highest values other than 1. A larger scale or perspective would turn parts of the picture inside out."""

_BY_SIZE = {
    "ns": Augmentation(),
    "mb": Augmentation(scale=0.9, mixup=0.1, copy_paste=0.1),
    "lx": Augmentation(scale=0.9, mixup=0.15, copy_paste=0.3),
}
PUBLISHED: Mapping[str, Augmentation] = {
    scale: augmentation for scales, augmentation in _BY_SIZE.items() for scale in scales
}
"""The official recipe by scale (spec 4.6; paper, table 14)."""
