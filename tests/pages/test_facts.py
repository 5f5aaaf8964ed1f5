"""What the pages tell of files and of other programs is what the code has."""

import json
import re

from conftest import ROOT
from pages.markdown import blocks

from yolov10 import Detector
from yolov10.cli.options import OTHER_TOOLS
from yolov10.model_card import ModelCard
from yolov10.model_names import SAMPLES
from yolov10.prediction.writers import Csv
from yolov10.training.history import COLUMNS

FORMATS = ROOT / "docs" / "formats.md"


def text(page):
    """A page on one line."""
    return " ".join(page.read_text("utf-8").split())


def keys(entry):
    """The keys of an object and of those in it, in their order."""
    return {
        key: [keys(one) for one in value] if key == "detections" else None for key, value in entry.items()
    }


def test_the_json_of_the_page_is_that_of_a_picture():
    shown, refused = next(json.loads(block.text) for block in blocks(FORMATS) if block.language == "json")
    found = Detector("cells", confidence=0.9, runtime="onnx")(next(SAMPLES.glob("*.jpg"))).to_dict()
    found["detections"] = found["detections"][:1]
    assert keys(shown) == keys(found)
    assert list(refused) == ["source", "error"]


def test_columns_and_metadata_of_the_page_are_those_that_are_written():
    assert f"`{', '.join(Csv.COLUMNS)}`" in text(FORMATS)
    history = text(FORMATS).partition("`history.csv`")[2].partition("empty where")[0]
    assert re.findall(r"\w+", " ".join(re.findall("`([^`]+)`", history))) == list(COLUMNS)
    card = ModelCard("n", ("a",), threshold=0.5)
    assert all(f"`{key}`" in text(FORMATS) for key in [*card.to_native(), *card.to_onnx()])


def test_every_option_of_another_program_that_is_understood_is_on_the_page():
    page = text(ROOT / "docs" / "migration.md")
    for theirs, ours in OTHER_TOOLS.items():
        assert re.search(rf"`{theirs.replace('-', '_')}[`=]", page), theirs
        assert f"--{ours}" in page, ours


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 110
