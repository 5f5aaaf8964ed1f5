"""Recipes: what differs from the published values, which are the defaults of `config.py`."""

from collections.abc import Mapping
from typing import Any

RECIPES: Mapping[str, Mapping[str, Any]] = {
    "published": {},
    # For hundreds of pictures, where an epoch is a few dozen batches.
    "small": {
        "epochs": 150,
        # A step a batch: accumulating to 64 would leave too few steps.
        "nominal_batch": 16,
        # The average of the weights must follow within a few epochs, not within 2,000 steps.
        "ema_decay": 0.999,
        "ema_updates": 200,
        "lr_schedule": "cosine",
        # A fifth of the time on whole pictures, as they are met in use.
        "close_mosaic": 30,
        "patience": 50,
    },
}
"""By name, the settings that a recipe changes."""
