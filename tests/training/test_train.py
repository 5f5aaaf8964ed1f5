"""Whole trainings, short ones: what is written, what is learnt, what is said."""

import csv
import json
import re
from itertools import pairwise

import pytest
import torch
from data_sets.formats import write_coco
from safetensors.numpy import load_file
from training.drawn import draw_dataset

from yolov10 import images
from yolov10.data import open_dataset
from yolov10.errors import UserError, WrongValueError
from yolov10.runtimes.torch_runtime import TorchRuntime
from yolov10.training import TrainConfig, train, trainer
from yolov10.training.epoch import train_epoch
from yolov10.training.history import COLUMNS, read_history
from yolov10.training.reporter import Quiet
from yolov10.training.session import prepare
from yolov10.training.trainer import first_batch
from yolov10.weights import load
from yolov10.weights.native import read_native


class Listener(Quiet):
    """Remembers what a training says."""

    def __init__(self):
        self.said, self.warned, self.losses, self.rows = [], [], [], []

    def say(self, line):
        self.said.append(line)

    def warn(self, line):
        self.warned.append(line)

    def batch(self, pictures, losses):
        self.losses.append(sum(losses))

    def end_epoch(self, row):
        self.rows.append(row)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of three epochs and what was said in it."""
    folder = tmp_path_factory.mktemp("whole")
    listener = Listener()
    config = TrainConfig(
        draw_dataset(folder / "data"),
        epochs=3,
        image_size=64,
        batch=4,
        workers=1,
        threads=1,
        device="cpu",
        output=folder / "run",
    )
    return train(config, listener), listener


def test_the_run_folder_holds_what_is_promised(run):
    folder, _ = run
    assert {path.name for path in folder.iterdir()} == {
        ".lock",
        "best.safetensors",
        "last.safetensors",
        "resume.safetensors",
        "config.yaml",
        "manifest.json",
        "history.csv",
        "curves.png",
        "samples.png",
        "evaluation",
        "tensorboard",
    }
    assert images.read(folder / "curves.png").shape == (2000, 1500, 3)
    assert images.read(folder / "samples.png").shape == (400, 1600, 3)
    assert json.loads((folder / "evaluation" / "evaluation.json").read_text())["images"] == 4


def test_the_history_has_a_row_an_epoch(run):
    folder, listener = run
    with (folder / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert all(row["AP"] and float(row["box_om"]) > 0 for row in rows)
    assert [float(row["dfl_oo"]) for row in rows] == [row["dfl_oo"] for row in listener.rows]


def test_the_weights_are_ready_to_use_and_know_their_threshold(run):
    folder, listener = run
    network = load(folder / "best.safetensors")
    best = max(listener.rows, key=lambda row: (row["AP"], row["epoch"]))
    assert network.card.names == ("square", "disc")
    assert network.card.image_size == 64
    assert network.card.threshold == best["threshold"]
    assert json.loads(network.card.training)["epoch"] == best["epoch"]
    assert network(torch.zeros(1, 3, 64, 64)).shape == (1, 84, 6)


def test_the_manifest_names_versions_seed_data_and_command(run):
    folder, _ = run
    manifest = json.loads((folder / "manifest.json").read_text())
    (session,) = manifest["sessions"]
    assert session["versions"]["torch"] == torch.__version__
    assert session["command"]
    assert manifest["seed"] == 0
    assert manifest["data"]["training"]["pictures"] == 8
    assert re.fullmatch("[0-9a-f]{64}", manifest["data"]["training"]["sha256"])


def test_the_config_says_where_each_value_came_from(run):
    folder, _ = run
    text = (folder / "config.yaml").read_text()
    assert "epochs: 3  # given" in text
    assert "optimizer: auto  # default" in text


def test_a_batch_is_learnt_when_it_is_seen_again_and_again(short):
    listener = Listener()
    config = short(epochs=500, mosaic=0, optimizer="adamw", lr=0.002, nominal_batch=4, warmup_epochs=0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        session = prepare(config, listener)
        batch = first_batch(session)
        train_epoch(session.learner, [batch] * 45, session.rules, listener)
    every = [count * mean for count, mean in enumerate(listener.losses, 1)]  # `losses` are running means
    single = [after - before for before, after in pairwise(every)]
    assert sum(single[-5:]) < sum(single[5:10]) / 2
    assert session.learner.ema.updates == 45


def test_the_same_seed_gives_the_same_weights_and_another_does_not(short, tmp_path):
    weights = [
        load_file(
            train(short(epochs=1, seed=seed, output=tmp_path / name, workers=workers)) / "last.safetensors"
        )
        for seed, name, workers in ((1, "a", 0), (1, "b", 1), (2, "c", 0))
    ]
    same = [all((weights[0][key] == other[key]).all() for key in weights[0]) for other in weights[1:]]
    assert same == [True, False]


def test_the_same_seed_gives_the_same_history_and_weights(short, tmp_path):
    histories, weights = [], []
    for name in ("a", "b"):
        listener = Listener()
        config = short(epochs=3, optimizer="sgd", nominal_batch=4, warmup_epochs=0, output=tmp_path / name)
        folder = train(config, listener)
        histories.append(
            [
                {k: v for k, v in row.items() if k not in ("seconds", "images_per_second")}
                for row in listener.rows
            ]
        )
        weights.append(load_file(folder / "resume.safetensors"))
    assert histories[0] == histories[1]
    assert weights[0].keys() == weights[1].keys()
    assert all((weights[0][key] == weights[1][key]).all() for key in weights[0])


def test_the_callers_random_numbers_and_threads_stay_as_they_were(short):
    torch.manual_seed(5)
    expected, threads = torch.rand(1), torch.get_num_threads()
    torch.manual_seed(5)
    train(short(epochs=1, validate_every=0))
    assert torch.equal(torch.rand(1), expected)
    assert torch.get_num_threads() == threads


def test_without_validation_the_last_weights_are_the_best(short):
    folder = train(short(validate_every=0))
    best, last = (load_file(folder / f"{name}.safetensors") for name in ("best", "last"))
    assert all((best[key] == last[key]).all() for key in best)
    assert read_native(folder / "best.safetensors").card.threshold is None
    assert not (folder / "evaluation").exists()


def test_a_run_that_goes_on_without_validation_keeps_its_best_weights(short, tmp_path):
    run = train(short(epochs=2))
    best = (run / "best.safetensors").read_bytes()
    threshold = read_native(run / "best.safetensors").card.threshold
    train(TrainConfig(resume=run, epochs=4, validate_every=0, patience=1))
    assert len(read_history(run / "history.csv", 10)) == 4
    assert (run / "best.safetensors").read_bytes() == best
    assert threshold is not None


@pytest.mark.parametrize("beside", [True, False])
def test_a_coco_json_is_not_validated_on_the_pictures_it_teaches(short, drawn, tmp_path, beside):
    dataset = open_dataset(drawn, "train")
    data = write_coco(tmp_path / "coco", dataset.names, {"train": dataset.samples})
    images, beside_them = data.parent / "images", data.parent / "images" / "train.json"
    beside_them.write_bytes(data.read_bytes())
    with pytest.raises(UserError, match="has no val split: give --validation FILE"):
        train(short(data=beside_them) if beside else short(data=data, images=images))


def test_pictures_of_a_validation_that_is_not_given_are_wrong_usage(short):
    with pytest.raises(WrongValueError, match="--validation-images goes with --validation FILE"):
        train(short(validation_images="somewhere"))


def test_validation_comes_at_its_interval_and_at_the_end(short):
    listener = Listener()
    train(short(epochs=4, validate_every=3), listener)
    assert [row["AP"] is not None for row in listener.rows] == [False, False, True, True]


@pytest.mark.parametrize(("recipe", "side"), [("published", 96), ("small", 64)])
def test_validation_shows_pictures_as_the_recipe_says(short, monkeypatch, recipe, side):
    """The authors' shapes have half a stride more (spec 5.7); the small recipe judges by what is used."""
    shapes = set()
    real = TorchRuntime.__call__
    monkeypatch.setattr(
        TorchRuntime,
        "__call__",
        lambda self, images, classes=None: shapes.add(images.shape[2:]) or real(self, images, classes),
    )
    train(short(epochs=1, recipe=recipe))
    assert {max(shape) for shape in shapes} == {side}


def test_patience_ends_a_training_that_gets_no_better(short, monkeypatch):
    scores = iter([0.5, 0.4, 0.3, 0.2, 0.1])
    real = trainer.validate
    monkeypatch.setattr(
        trainer,
        "validate",
        lambda *args, **named: real(*args, **named) | {"AP": next(scores), "threshold": 0.5},
    )
    listener = Listener()
    train(short(epochs=9, patience=2), listener)
    assert len(listener.rows) == 3
    assert any("no better AP for 2 epochs" in line for line in listener.said)


def test_bfloat16_sees_the_losses_of_float32_and_keeps_weights_in_it(short, tmp_path):
    found = []
    for precision in ("fp32", "bf16"):
        listener = Listener()
        config = short(epochs=1, image_size=128, precision=precision, output=tmp_path / precision)
        folder = train(config, listener)
        found.append(listener.losses[0])
    assert found[1] == pytest.approx(found[0], rel=0.02)
    assert load_file(folder / "last.safetensors")["model.0.conv.weight"].dtype == "float32"


def test_fp16_is_for_cuda(short):
    with pytest.raises(UserError, match="fp16 needs a CUDA device to train, not cpu: take --precision bf16"):
        train(short(precision="fp16"))


def test_mosaic_is_closed_for_the_last_epochs(short):
    session = prepare(short(epochs=5, close_mosaic=2), Quiet())
    assert [session.augmentation(epoch).mosaic for epoch in range(5)] == [1, 1, 1, 0, 0]
    assert session.augmentation(4).scale == 0.5


def test_frozen_layers_stay_and_the_others_learn(short):
    config = short(freeze=3, optimizer="sgd", nominal_batch=4, warmup_epochs=0, validate_every=0)
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        before = prepare(config, Quiet()).learner.ema.network.state_dict()
    after = load(train(config) / "last.safetensors").state_dict()
    changed = {name.split(".")[1] for name in before if not torch.equal(before[name], after[name])}
    assert changed.isdisjoint({"0", "1", "2"})
    assert {"4", "13", "23"} <= changed


def test_all_layers_cannot_be_frozen(short):
    with pytest.raises(UserError, match="freeze is 24, but the last of the 24 layers must learn"):
        train(short(freeze=24))
