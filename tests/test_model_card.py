"""The facts that travel with a model: checked when made, and the same after a trip through any format."""

import json

import numpy as np
import pytest

from yolov10.errors import UserError
from yolov10.model_card import ModelCard

CARD = ModelCard("s", ("적혈구", "it's"), image_size=320, threshold=0.31, license="MIT", training='{"a": 1}')


@pytest.mark.parametrize("form", ["native", "onnx"])
@pytest.mark.parametrize("card", [CARD, ModelCard.unnamed("n", 3)])
def test_a_card_survives_the_trip_through_metadata(card, form):
    metadata = getattr(card, f"to_{form}")()
    assert all(isinstance(value, str) for value in metadata.values())
    assert getattr(ModelCard, f"from_{form}")(metadata) == card


@pytest.mark.parametrize("form", ["native", "onnx"])
def test_numbers_of_numpy_are_kept_as_plain_numbers(form):
    card = ModelCard("n", ["a"], image_size=np.int64(320), threshold=np.float64(0.3))
    assert card == ModelCard("n", ("a",), image_size=320, threshold=0.3)
    assert (type(card.image_size), type(card.threshold), type(card.names)) == (int, float, tuple)
    assert getattr(ModelCard, f"from_{form}")(getattr(card, f"to_{form}")()) == card


@pytest.mark.parametrize(
    "wrong,reason",
    [
        ({"scale": "q"}, "scale is 'q', not one of n s m b l x"),
        ({"scale": None}, "scale is None"),
        ({"names": ()}, "name every class"),
        ({"names": "ab"}, "name every class"),
        ({"names": ("a", 1)}, "name every class"),
        ({"names": ("\ud800",)}, "name every class"),
        ({"image_size": 31}, "image size of 31"),
        ({"image_size": 32769}, "image size of 32769"),
        ({"image_size": 640.0}, "image size of 640.0"),
        ({"image_size": True}, "image size of True"),
        ({"threshold": float("nan")}, "threshold of nan"),
        ({"threshold": -0.1}, "threshold of -0.1"),
        ({"threshold": 1.1}, "threshold of 1.1"),
        ({"threshold": "0.3"}, "threshold of '0.3'"),
        ({"license": None}, "license or the training is not text"),
        ({"training": {}}, "license or the training is not text"),
    ],
)
def test_facts_that_could_not_be_loaded_again_are_refused_at_once(wrong, reason):
    with pytest.raises(UserError, match=reason):
        ModelCard(**({"scale": "n", "names": ("a",)} | wrong))


@pytest.mark.parametrize(
    "text,size", [("[320, 640]", 640), ("(320, 320)", 320), ("416", 416), (None, 640), ("[32, 64]", 64)]
)
def test_sizes_in_every_spelling_of_other_tools(text, size):
    metadata = {"names": "{0: 'a'}"} | ({} if text is None else {"imgsz": text})
    assert ModelCard.from_onnx(metadata).image_size == size


@pytest.mark.parametrize("text", ["[]", "[640, 'a']", "{}", "None", "640.5", "[[640]]"])
def test_sizes_that_are_none_are_refused(text):
    with pytest.raises(UserError, match=r"image size|'imgsz'"):
        ModelCard.from_onnx({"names": "['a']", "imgsz": text})


def test_exported_files_tell_other_tools_their_stride_batch_and_task():
    metadata = CARD.to_onnx()
    assert {key: metadata[key] for key in ("stride", "batch", "task", "imgsz")} == {
        "stride": "32",
        "batch": "1",
        "task": "detect",
        "imgsz": "[320, 320]",
    }


def test_files_of_other_tools_need_no_scale_but_native_ones_do():
    assert ModelCard.from_onnx({"names": "['a']"}).scale == ""
    with pytest.raises(UserError, match="'scale' is missing"):
        ModelCard.from_native({"names": json.dumps(["a"])})


def test_a_card_whose_names_no_file_would_give_back_is_refused():
    with pytest.raises(UserError, match=r"the class names take [\d,]+ characters, more than 500,000"):
        ModelCard.unnamed("n", 60_000)
    card = ModelCard.unnamed("n", 20_000)
    assert ModelCard.from_onnx(card.to_onnx()) == card


def test_no_classes_are_too_few():
    with pytest.raises(UserError, match="at least one class, not 0"):
        ModelCard.unnamed("n", 0)
