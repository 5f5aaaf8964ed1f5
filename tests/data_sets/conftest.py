"""Small data sets made on the spot, and the seven pictures of BCCD that travel with the tests."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def bccd() -> Path:
    return TESTS / "data" / "bccd"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The whole data sets, where the checkout has them beside it."""
    folder = TESTS.parents[1] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs ../shared/data")
    return folder


@pytest.fixture
def paint() -> Callable[..., Path]:
    """Write a picture of one shade; folders are made, an EXIF orientation is set where asked for."""

    def paint(path: Path, size: tuple[int, int] = (64, 48), *, shade: int = 90, orientation: int = 1) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.new("RGB", size, (shade, shade, shade)).save(path, exif=exif)
        return path

    return paint


@pytest.fixture
def yolo(tmp_path: Path, paint: Callable[..., Path]) -> Callable[[dict[str, str | None]], Path]:
    """Make a YOLO data set of one split from {stem: label text, or None for no label file}."""

    def make(labels: dict[str, str | None]) -> Path:
        for stem, text in labels.items():
            paint(tmp_path / "images" / f"{stem}.png")
            if text is not None:
                (tmp_path / "labels").mkdir(exist_ok=True)
                (tmp_path / "labels" / f"{stem}.txt").write_text(text)
        yaml = tmp_path / "data.yaml"
        yaml.write_text("train: images\nnames: [cat, dog, bird]\n")
        return yaml

    return make
