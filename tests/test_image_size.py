"""Which size a model is run at."""

import pytest

from yolov10.errors import UserError, WrongValueError
from yolov10.image_size import network_size


@pytest.mark.parametrize(
    "wanted,fixed,size",
    [
        (None, None, 640),
        ("300", None, 320),
        ("320x300", None, (320, 320)),
        ((96, 100), None, (96, 128)),
        (None, (320, 640), (320, 640)),
        (640, (320, 640), (320, 640)),
        ("320x640", (320, 640), (320, 640)),
    ],
)
def test_the_wanted_size_goes_before_the_models_own(wanted, fixed, size):
    assert network_size(wanted, fixed, 640) == size


def test_a_model_of_one_size_takes_no_other():
    with pytest.raises(UserError, match="pictures of 320x640 only; leave the image size out"):
        network_size(320, (320, 640), 640)


@pytest.mark.parametrize("wanted", ["big", 0, (1, 2, 3)])
@pytest.mark.parametrize("fixed", [None, (320, 640)])
def test_what_is_no_size_is_a_wrong_value_whatever_the_model(wanted, fixed):
    with pytest.raises(WrongValueError, match="image size"):
        network_size(wanted, fixed, 640)
