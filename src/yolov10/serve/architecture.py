"""The architecture page of a model, where this installation has one."""

from importlib import import_module
from importlib.util import find_spec

from yolov10.model_card import ModelCard

PAGE = "yolov10.info.page"
"""The module that makes it, a neighbour that may be missing: `page(scale, num_classes, height, width)`."""

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "frame-ancestors 'self'"
)
"""All it needs is inside it; nothing in it comes from a request or a model file."""


def has_architecture(card: ModelCard) -> bool:
    """Whether there is a page for the model: its scale is known, and the module is here."""
    return bool(card.scale) and find_spec(PAGE) is not None


def architecture_page(card: ModelCard) -> str | None:
    """The page's HTML, opened at the model's scale; None where there is none."""
    if not has_architecture(card):
        return None
    html: str = import_module(PAGE).page(card.scale, len(card.names), card.image_size, card.image_size)
    return html
