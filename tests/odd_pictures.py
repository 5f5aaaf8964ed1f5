"""The pictures of tests/data/odd_images, and what is expected of them."""

import io
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ODD = Path(__file__).parent / "data" / "odd_images"
EXPECTED = json.loads((ODD / "expected.json").read_text())
REFERENCE = np.asarray(Image.open(ODD / "00_reference.png").convert("RGB"))[:, :, ::-1]

REFUSED_EITHER = {"float32.tif", "truncated_no_eoi.jpg"}
"""Files of which the data set allows both: neither an unscaled range nor a missing end is guessed."""
READ = sorted(name for name, file in EXPECTED.items() if file["expect"] == "decode")
REFUSED = sorted(EXPECTED.keys() - set(READ))


def difference(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    assert a.shape == b.shape
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def pil(name: str = "00_reference.png") -> Image.Image:
    with Image.open(ODD / name) as image:
        image.load()
    return image
