"""Small data sets and short trainings."""

import pytest
import torch
from training.drawn import draw_dataset

from yolov10.training.config import TrainConfig


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    """The data.yaml of eight drawn pictures to learn from and four to validate on."""
    return draw_dataset(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(autouse=True)
def threads_given_back():
    """A part of a training that a test does by itself leaves its threads to the tests that follow."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def short(drawn, tmp_path):
    """Settings of a training of seconds, into tmp_path / "run"; keyword arguments replace them."""

    def make(**values):
        settings = {
            "data": drawn,
            "epochs": 2,
            "image_size": 64,
            "batch": 4,
            "workers": 0,
            "threads": 1,
            "device": "cpu",
            "output": tmp_path / "run",
        }
        return TrainConfig(**settings | values)

    return make
