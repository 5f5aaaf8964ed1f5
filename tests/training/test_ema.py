import pytest
import torch

from yolov10.network import build
from yolov10.training.batch_norm import merge_activations
from yolov10.training.ema import Ema


@pytest.mark.parametrize(
    ("update", "decay"),
    [
        (1, 0.000499825),
        (10, 0.004987022),
        (100, 0.048765698),
        (1000, 0.393429993),
        (2000, 0.632057347),
        (10000, 0.993162727),
    ],
)
def test_decay_grows_as_published(update, decay):  # spec 11.5
    assert Ema(build("n", 1)).decay_at(update) == pytest.approx(decay, abs=5e-10)


def test_every_floating_entry_is_averaged_and_counts_stay():
    network = build("n", 1)
    ema = Ema(network, decay=0.9, time_constant=1)
    before = {name: value.clone() for name, value in ema.network.state_dict().items()}
    with torch.no_grad():
        for value in network.state_dict().values():
            value.add_(1)
    ema.update(network)
    decay = ema.decay_at(1)
    for name, value in ema.network.state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(value, before[name] + (1 - decay))
        else:
            assert torch.equal(value, before[name])


def test_the_average_is_a_plain_network_in_eval_mode_that_learns_nothing():
    network = build("n", 1)
    ema = Ema(network)
    merge_activations(network)
    ema.update(network)
    assert not ema.network.training
    assert not any(parameter.requires_grad for parameter in ema.network.parameters())
    images = torch.rand(1, 3, 64, 64)
    torch.testing.assert_close(ema.network(images), network.eval()(images), rtol=1e-4, atol=1e-4)
