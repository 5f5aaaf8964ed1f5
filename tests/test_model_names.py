"""The model that comes with the package: it is found by name, in both forms, and finds cells."""

import json
from pathlib import Path

import numpy as np
import pytest

from yolov10 import Detector
from yolov10.cli.main import main
from yolov10.evaluation import evaluate
from yolov10.evaluation.matching import overlaps
from yolov10.graph.network import Form, onnx_model
from yolov10.model_names import SAMPLES, exported_file, weights_file
from yolov10.training import TrainConfig
from yolov10.weights.native import read_native

LABELS = Path(__file__).parent / "data" / "cells_samples"
PICTURES = sorted(SAMPLES.glob("*.jpg"))


def labelled(picture):
    """Classes [n] and boxes [n, 4] xyxy in pixels of a sample, which is 640×480."""
    rows = np.loadtxt(LABELS / f"{picture.stem}.txt", ndmin=2)
    centre, size = rows[:, 1:3], rows[:, 3:]
    return rows[:, 0], np.hstack([centre - size / 2, centre + size / 2]) * [640, 480, 640, 480]


def test_three_pictures_come_with_it_and_their_licence():
    assert len(PICTURES) == 3
    assert "MIT License" in (SAMPLES / "LICENSE").read_text()


def test_its_onnx_file_is_the_graph_that_its_weights_make_today():
    graph = onnx_model(read_native(weights_file("cells")), Form(), {})
    metadata_last = exported_file("cells").read_bytes()
    assert metadata_last.startswith(graph), "to make it anew: scripts/embed_cells.py"


def test_it_finds_the_labelled_cells():
    """Crowded pictures: some labelled cells are hardly to be seen, many that are seen have no label."""
    detector = Detector("cells", confidence=0.25)
    found_of_all = []
    for picture in PICTURES:
        found = detector(picture)
        classes, boxes = labelled(picture)
        same = found.classes[:, None] == classes[None]
        hit = ((overlaps(found.boxes, boxes) >= 0.5) & same).any(0)
        assert hit[classes == 1].all(), "the white cell"
        found_of_all.append(hit)
    assert np.concatenate(found_of_all).mean() >= 0.8


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_its_two_files_are_one_model(picture):
    onnx, torch = Detector("cells", confidence=0.05), Detector("cells", confidence=0.05, runtime="torch")
    assert onnx.names == torch.names == ["RBC", "WBC", "Platelets"]
    ours, theirs = onnx(picture), torch(picture)
    assert len(ours.boxes) > 10
    np.testing.assert_allclose(ours.boxes, theirs.boxes, atol=0.5)
    np.testing.assert_allclose(ours.scores, theirs.scores, atol=1e-3)
    assert (ours.classes == theirs.classes).all()


def test_its_licence_and_its_training_are_on_its_card():
    card = Detector("cells").runtime.card
    assert card.license == "Apache-2.0"
    assert card.scale == "n"
    assert card.threshold is not None
    assert json.loads(card.training)["epochs"] > 0


def test_it_reaches_the_figures_of_the_documentation(shared):
    result = evaluate("cells", shared / "data" / "bccd" / "data.yaml")
    assert result["AP"] >= 0.57
    assert result["AP50"] >= 0.86


def test_both_heads_of_a_name_are_measured_on_its_weights(shared):
    result = evaluate("cells", shared / "data" / "bccd" / "data.yaml", head="both", image_size=160)
    assert result["gap"] == pytest.approx(result["one2many"]["AP"] - result["AP"], abs=1e-5)


def test_the_command_line_knows_it_as_model_and_as_source(capsys):
    assert main(["predict", "cells", "--model", "cells"]) == 0
    entries = json.loads(capsys.readouterr().out)
    assert [Path(entry["source"]).name for entry in entries] == [path.name for path in PICTURES]
    assert main(["info", "cells", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["classes"] == 3


def test_a_folder_called_so_goes_before_the_samples(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells" / "mine.jpg").write_bytes(PICTURES[0].read_bytes())
    assert main(["predict", "cells", "--model", "cells"]) == 0
    assert [Path(entry["source"]).name for entry in json.loads(capsys.readouterr().out)] == ["mine.jpg"]


def test_a_training_starts_from_its_weights():
    config = TrainConfig("data.yaml", weights="cells").anchored()
    assert config.weights.name == "cells.safetensors"
    assert config.weights.is_file()
