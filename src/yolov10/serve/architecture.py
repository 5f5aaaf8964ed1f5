"""The architecture page of a model that is served."""

from yolov10.info.page import page
from yolov10.model_card import ModelCard

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "frame-ancestors 'self'"
)
"""All it needs is inside it; nothing in it comes from a request or a model file."""


def architecture_page(card: ModelCard) -> str | None:
    """The page's HTML, opened at the model's scale; None for a file that does not tell its scale."""
    if not card.scale:
        return None
    return page(card.scale, len(card.names), card.image_size, card.image_size)
