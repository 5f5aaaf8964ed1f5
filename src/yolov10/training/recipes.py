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
        # The one-to-one head sees one anchor a box, a tenth of what the other sees: few chances to learn
        # which of its neighbours must be silent.
        "one2one_lr": 4.0,
        # An average over some 100 steps from the beginning, not over 10,000 after 2,000.
        "ema_decay": 0.99,
        "ema_updates": 100,
        "lr_schedule": "cosine",
        # A fifth of the time on whole pictures, as they are met in use.
        "close_mosaic": 30,
        "patience": 50,
        # The best epoch is the one that is best in use.
        "protocol": "predict",
    },
}
"""By name, the settings that a recipe changes."""
