import pytest
import torch

from yolov10.network import build
from yolov10.training.config import TrainConfig
from yolov10.training.optimizer import BIASES, NORMS, WEIGHTS, build_optimizer, choose, parameter_groups


def test_groups_are_biases_then_weights_then_batch_norms():
    network = build("n", 3)
    groups = parameter_groups(network)
    assert "model.0.bn.bias" in groups[BIASES]
    assert "model.23.cv3.0.2.bias" in groups[BIASES]
    assert "model.0.conv.weight" in groups[WEIGHTS]
    assert "model.23.dfl.conv.weight" in groups[WEIGHTS]
    assert "model.0.bn.weight" in groups[NORMS]
    assert all("bias" in name for name in groups[BIASES])
    assert all(name.endswith("bn.weight") for name in groups[NORMS])
    names = [name for group in groups for name in group]
    assert sorted(names) == sorted(dict(network.named_parameters()))


def test_only_weights_decay():
    optimizer = build_optimizer(build("n", 3), choose(TrainConfig(), 100, 3))
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.0, 0.0, 5e-4, 5e-4, 0.0, 0.0]
    assert [group["biases"] for group in optimizer.param_groups] == [True, True, False, False, False, False]


def test_the_one_to_one_head_can_learn_faster_than_the_rest():
    network = build("n", 3)
    optimizer = build_optimizer(network, choose(TrainConfig(one2one_lr=4), 100, 3))
    multiples = {id(p): group["multiple"] for group in optimizer.param_groups for p in group["params"]}
    for name, parameter in network.named_parameters():
        assert multiples.pop(id(parameter)) == (4 if ".one2one_" in name else 1), name
    assert not multiples


@pytest.mark.parametrize(("num_classes", "rate"), [(80, 0.000119), (3, 0.001429), (1, 0.002)])
def test_auto_takes_adamw_for_short_runs_at_a_rate_by_classes(num_classes, rate):  # spec 4.4
    choice = choose(TrainConfig(epochs=500), 205, num_classes)
    assert (choice.kind, choice.lr, choice.warmup_bias_lr) == ("adamw", rate, 0.0)


def test_auto_takes_sgd_above_ten_thousand_iterations():
    limit = TrainConfig(batch=16, epochs=100)
    assert choose(limit, 64 * 100, 80).kind == "adamw"
    choice = choose(limit, 64 * 100 + 1, 80)
    assert (choice.kind, choice.lr, choice.warmup_bias_lr) == ("sgd", 0.01, 0.0)


def test_what_is_given_is_kept_under_auto():
    choice = choose(TrainConfig(lr=0.5, warmup_bias_lr=0.3), 205, 3)
    assert (choice.lr, choice.warmup_bias_lr) == (0.5, 0.3)


def test_explicit_sgd_begins_its_biases_high():
    choice = choose(TrainConfig(optimizer="sgd"), 205, 3)
    assert (choice.kind, choice.lr, choice.momentum, choice.warmup_bias_lr) == ("sgd", 0.01, 0.937, 0.1)


@pytest.mark.parametrize(
    ("batch", "accumulate", "decay"), [(256, 1, 2e-3), (64, 1, 5e-4), (16, 4, 5e-4), (48, 1, 3.75e-4)]
)
def test_weight_decay_follows_the_batch(batch, accumulate, decay):  # spec 4.4
    choice = choose(TrainConfig(batch=batch), 118_287, 80)
    assert (choice.accumulate, choice.weight_decay) == (accumulate, pytest.approx(decay))


@pytest.mark.parametrize("kind", ["sgd", "adamw"])
def test_steps_are_those_of_the_plain_optimizer(kind):
    """The fused kernels against torch's own simple ones, on parameters that lie channels last."""
    torch.manual_seed(0)
    networks = [torch.nn.Conv2d(3, 8, 3).to(memory_format=torch.channels_last) for _ in range(2)]
    networks[1].load_state_dict(networks[0].state_dict())
    choice = choose(TrainConfig(optimizer=kind), 100, 3)
    ours = build_optimizer(networks[0], choice)
    groups = [
        {"params": [networks[1].bias], "weight_decay": 0.0},
        {"params": [networks[1].weight], "weight_decay": choice.weight_decay},
    ]
    if kind == "sgd":
        plain = torch.optim.SGD(
            groups, lr=choice.lr, momentum=choice.momentum, nesterov=True, fused=False, foreach=False
        )
    else:
        plain = torch.optim.AdamW(groups, lr=choice.lr, fused=False, foreach=False)
    x = torch.rand(2, 3, 9, 9)
    for _ in range(3):
        for network, optimizer in zip(networks, (ours, plain), strict=True):
            optimizer.zero_grad()
            network(x).square().sum().backward()
            optimizer.step()
    torch.testing.assert_close(networks[0].weight, networks[1].weight, rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(networks[0].bias, networks[1].bias, rtol=1e-5, atol=1e-7)
