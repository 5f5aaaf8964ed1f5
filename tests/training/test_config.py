from dataclasses import fields
from pathlib import Path

import pytest

from yolov10.data.augmentation import PUBLISHED, Augmentation
from yolov10.errors import UserError
from yolov10.training.config import TrainConfig
from yolov10.training.recipes import RECIPES


def test_defaults_are_the_published_recipe():
    config = TrainConfig("data.yaml")
    assert (config.epochs, config.image_size, config.scale, config.optimizer) == (500, 640, "n", "auto")
    assert (config.final_lr, config.momentum, config.weight_decay) == (0.01, 0.937, 5e-4)
    assert (config.warmup_epochs, config.warmup_momentum) == (3.0, 0.8)
    assert (config.box, config.cls, config.dfl) == (7.5, 0.5, 1.5)
    assert (config.nominal_batch, config.clip, config.close_mosaic, config.patience) == (64, 10.0, 10, 100)
    assert (config.ema_decay, config.ema_updates) == (0.9999, 2000)


@pytest.mark.parametrize("scale", PUBLISHED)
def test_augmentation_is_that_of_the_scale(scale):
    assert TrainConfig(scale=scale).augmentation() == PUBLISHED[scale]


def test_every_field_of_the_augmentation_can_be_set():
    for field in fields(Augmentation):
        name = "scaling" if field.name == "scale" else field.name
        value = 0.0005 if name == "perspective" else 0.25
        assert getattr(TrainConfig(**{name: value}).augmentation(), field.name) == value


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_changes_defaults_only(recipe):
    config = TrainConfig(recipe=recipe, epochs=500, mosaic=0.1)
    for name, value in RECIPES[recipe].items():
        assert getattr(config, name) == (500 if name == "epochs" else value)
    assert config.mosaic == 0.1
    assert config.origins["epochs"] == "given"


def test_a_given_value_goes_before_the_file_and_the_file_before_the_recipe(tmp_path):
    path = tmp_path / "my.yaml"
    path.write_text("recipe: small\npatience: 7\nbatch: 4\n")
    config = TrainConfig.layered({"batch": 8}, "flag", path)
    assert (config.batch, config.patience, config.epochs) == (8, 7, RECIPES["small"]["epochs"])
    assert config.origins["batch"] == "flag"
    assert config.origins["patience"] == f"file {path}"
    assert config.origins["epochs"] == "recipe small"
    assert config.origins["lr"] == "default"


def test_a_config_yaml_gives_the_same_settings_again(tmp_path):
    config = TrainConfig("data.yaml", scale="m", recipe="small", lr=0.02, mixup=0.3)
    (tmp_path / "config.yaml").write_text(config.to_yaml())
    assert TrainConfig.layered({}, file=tmp_path / "config.yaml") == config


@pytest.mark.parametrize(
    "given", [{"recipe": "small"}, {"scale": "x"}, {"recipe": "small", "scale": "x"}, {"epochs": 7}]
)
def test_a_runs_own_file_does_not_stand_against_another_recipe_or_scale(given, tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(TrainConfig("data.yaml", patience=7, mixup=0.3).to_yaml())
    expected = TrainConfig("data.yaml", patience=7, mixup=0.3, **given)
    config = TrainConfig.layered(given, "flag", path)
    assert config == expected
    assert {name for name, origin in config.origins.items() if origin == f"file {path}"} == {
        "data",
        "patience",
        "mixup",
    }


def test_the_scale_of_weights_brings_its_augmentation_but_not_over_what_was_given():
    config = TrainConfig("data.yaml", mixup=0.7, recipe="small").with_given("weights", scale="l")
    assert (config.scale, config.mixup, config.copy_paste) == ("l", 0.7, 0.3)
    assert config.epochs == RECIPES["small"]["epochs"]
    assert config.origins["scale"] == "weights"
    assert config.origins["mixup"] == "given"


def test_image_sizes_round_up_to_whole_cells():
    assert TrainConfig(image_size=100).image_size == 128


def test_absolute_paths_hold_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = TrainConfig("data.yaml", weights="a.safetensors").anchored()
    assert config.data == tmp_path / "data.yaml"
    assert config.weights == tmp_path / "a.safetensors"
    assert config.output is None
    assert config.origins["data"] == "given"
    assert TrainConfig("data.yaml").data == Path("data.yaml")


def test_an_unknown_scale_is_named():
    with pytest.raises(UserError, match="scale is 'q', not one of n, s, m, b, l, x"):
        TrainConfig(scale="q")
