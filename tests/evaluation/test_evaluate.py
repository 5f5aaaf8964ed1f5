"""`evaluate` on a model whose boxes are right and wrong by construction, and on real ones."""

import json
import subprocess
import sys

import cv2
import numpy as np
import pytest
from conftest import DATA
from data_sets.formats import write_coco, write_voc, write_yolo
from evaluation.oracle import pycocotools
from rules.subprocesses import clean_environment

from yolov10.data import open_dataset
from yolov10.errors import UserError
from yolov10.evaluation import evaluate, evaluate_runtime, run
from yolov10.evaluation.report import assess
from yolov10.runtimes.open import open_runtime

TOY = DATA / "models" / "toy.onnx"
NAMES = ["RBC", "WBC", "Platelets"]
# The toy finds, as shares of its input, RBC in the first place and both others in the second, with scores of
# 0.9, 0.6 and 0.3 times the brightest value.
FIRST, SECOND = (0.1, 0.2, 0.5, 0.6), (0.5, 0.5, 0.9, 0.75)
ELSEWHERE = (0.6, 0.05, 0.9, 0.3)
RESULT = {
    *("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR100", "images", "threshold"),
    *("per_class", "duplicates", "milliseconds"),
}


def row(kind, box):
    x1, y1, x2, y2 = box
    return f"{kind} {(x1 + x2) / 2} {(y1 + y2) / 2} {x2 - x1} {y2 - y1}\n"


def draw(root, labels, *, size=(320, 320), shades=(255, 240, 225, 210)):
    """A data set of pictures ever darker, so that no two scores are the same, with these labels."""
    for folder in ("images", "labels"):
        (root / folder).mkdir(parents=True)
    for index, text in enumerate(labels):
        picture = np.full((size[1], size[0], 3), shades[index], np.uint8)
        cv2.imwrite(str(root / "images" / f"{index}.png"), picture)
        (root / "labels" / f"{index}.txt").write_text(text)
    (root / "data.yaml").write_text(f"val: images\nnames: {json.dumps(NAMES)}\n")
    return root / "data.yaml"


@pytest.fixture
def drawn(tmp_path):
    """RBC are all found. WBC are in the second and fourth picture; Platelets where none is looked for."""
    rbc, wbc, platelets = row(0, FIRST), row(1, SECOND), row(2, ELSEWHERE)
    return draw(tmp_path / "drawn", [rbc, rbc + wbc, rbc + platelets, rbc + wbc])


def test_figures_by_hand(drawn):
    result = evaluate(TOY, drawn)
    assert set(result) == RESULT
    per_class = result["per_class"]
    # WBC, surest first: false, right, false, right; its precision is a half at either recall.
    assert per_class == {
        "RBC": {"AP": 1, "AP50": 1, "boxes": 4, "precision": 1, "recall": 1},
        "WBC": {"AP": 0.5, "AP50": 0.5, "boxes": 2, "precision": 0.5, "recall": 1},
        "Platelets": {"AP": 0, "AP50": 0, "boxes": 1, "precision": 0, "recall": 0},
    }
    assert result["AP"] == result["AP50"] == result["AP75"] == 0.5
    assert result["AR100"] == pytest.approx(2 / 3, abs=1e-6)
    assert result["AP_small"] is None
    assert result["AP_large"] == pytest.approx((1 + 0.5) / 2)  # 128×128 and 128×80; the platelet's is medium
    assert result["AP_medium"] == 0
    assert result["images"] == 4
    # F1 is best while all WBC are found, below 0.6 · 210/255.
    assert 0.1 < result["threshold"] < 0.6 * 210 / 255
    assert result["duplicates"] == 0
    assert set(result["milliseconds"]) == {"read", "infer", "evaluate"}
    assert all(value > 0 for value in result["milliseconds"].values())
    json.dumps(result, allow_nan=False)


def test_boxes_are_measured_in_the_pictures_own_pixels(tmp_path):
    """In an input with bars the toy's boxes lie elsewhere in the picture, and the frame accounts for that."""
    # 300×200 → 320×213 in 320×224: 5 and 6 rows of bars.
    x1, y1, x2, y2 = np.array(FIRST) * [320, 224, 320, 224] - [0, 5, 0, 5]
    box = x1 / 320, y1 / (200 * 320 / 300), x2 / 320, y2 / (200 * 320 / 300)
    data = draw(tmp_path / "bars", [row(0, box)], size=(300, 200))
    assert evaluate(TOY, data)["per_class"]["RBC"]["AP"] == 1
    # As published: 320×214 in 352×256, so bars of 16 and 21.
    x1, y1, x2, y2 = np.array(FIRST) * [352, 256, 352, 256] - [16, 21, 16, 21]
    box = x1 / 320, y1 / 214, x2 / 320, y2 / 214
    data = draw(tmp_path / "published", [row(0, box)], size=(300, 200))
    assert evaluate(TOY, data, protocol="published")["per_class"]["RBC"]["AP"] == 1
    assert evaluate(TOY, data, protocol="predict")["per_class"]["RBC"]["AP"] < 1


def test_no_score_is_too_low_to_count(tmp_path):
    """Trap 20 of the specification: the figures are of all rows, whatever the model's own threshold."""
    rbc = row(0, FIRST)
    dark = draw(tmp_path / "dark", [rbc, rbc], shades=(3, 2))
    result = evaluate(TOY, dark)
    assert result["AP"] == 1
    assert 0 < result["threshold"] < 0.9 * 2 / 255
    assert result["per_class"]["RBC"]["recall"] == 1


def test_duplicates_are_the_share_that_suppression_would_take(drawn):
    class Twice:
        """The toy, which finds everything a second time, hardly moved and less sure."""

        def __init__(self):
            self.inner = open_runtime(TOY)
            self.card, self.fixed_shape = self.inner.card, None

        def __call__(self, images, classes=None):
            found = self.inner(images)
            again = found + np.float32([2, 1, 2, 1, 0, 0])
            again[..., 4] *= 0.99
            both = np.concatenate([found, again], axis=1)
            order = np.argsort(-both[..., 4], axis=1)
            return np.take_along_axis(both, order[..., None], axis=1)

    dataset = open_dataset(drawn, "val")
    assert evaluate_runtime(Twice(), dataset)["duplicates"] == pytest.approx(0.5)


@pytest.mark.parametrize("protocol", ["predict", "published"])
def test_the_batch_changes_no_figure(drawn, protocol):
    def figures(batch):
        return evaluate(TOY, drawn, batch=batch, protocol=protocol) | {"milliseconds": None}

    assert figures(1) == figures(3) == figures(8)


def test_the_three_formats_give_the_same(tmp_path, drawn):
    expected = evaluate(TOY, drawn) | {"milliseconds": None}
    samples = open_dataset(drawn, "val").samples
    for write in (write_yolo, write_coco, write_voc):
        path = write(tmp_path / write.__name__, NAMES, {"val": samples})
        images = path.parent / "images" if write is write_coco else None
        dataset = open_dataset(path, "val", images=images)
        assert evaluate(TOY, path, images=images) | {"milliseconds": None} == expected
        assert evaluate(TOY, dataset) | {"milliseconds": None} == expected


def test_an_unreadable_picture_is_named_and_left_out(drawn):
    picture = drawn.parent / "images" / "1.png"
    whole = picture.read_bytes()
    broken = {
        "by its size": whole[:-40],
        "when it is decoded": whole.replace(whole[45:60], bytes(15)),
    }
    for content in broken.values():
        picture.write_bytes(content)
        told = []
        assert evaluate(TOY, drawn, warn=told.append)["images"] == 3
        assert len(told) == 1
        assert str(picture) in told[0]
        with pytest.warns(UserWarning, match=r"1\.png"):
            evaluate(TOY, drawn)


def test_progress_is_told_of_every_picture(drawn):
    steps = []
    evaluate(TOY, drawn, batch=3, progress=lambda: steps.append(1))
    assert len(steps) == 4


def test_classes_are_matched_by_name(drawn):
    drawn.write_text(drawn.read_text().replace(json.dumps(NAMES), '["RBC", "dog", "WBC"]'))
    told = []
    result = evaluate(TOY, drawn, warn=told.append)
    assert told == ["the model does not know dog: counted as never found"]
    # What was WBC is now dog, which the model does not know; what was Platelets is now WBC, and elsewhere.
    assert {name: one["AP"] for name, one in result["per_class"].items()} == {"RBC": 1, "dog": 0, "WBC": 0}


def test_no_class_in_common_is_named(drawn):
    drawn.write_text(drawn.read_text().replace(json.dumps(NAMES), '["cat", "dog", "bird"]'))
    with pytest.raises(UserError, match=r"RBC, WBC, Platelets.*cat, dog, bird"):
        evaluate(TOY, drawn)


def test_classes_that_nobody_named_go_by_their_order(drawn):
    from dataclasses import replace

    from yolov10.classes import default_names

    runtime = open_runtime(TOY)
    runtime.card = replace(runtime.card, names=default_names(3))
    assert evaluate_runtime(runtime, open_dataset(drawn, "val"))["per_class"]["RBC"]["AP"] == 1


def test_a_split_without_boxes_is_a_users_fault(tmp_path):
    with pytest.raises(UserError, match="'val' has no box to find"):
        evaluate(TOY, draw(tmp_path / "empty", ["", ""]))


def test_a_split_that_is_not_there_is_named(drawn):
    with pytest.raises(UserError, match="no split 'test'"):
        evaluate(TOY, drawn, "test")


def test_a_ruined_network_is_worth_nothing_and_breaks_nothing(drawn):
    class Ruined:
        card, fixed_shape = open_runtime(TOY).card, None

        def __call__(self, images, classes=None):
            return np.full((len(images), 5, 6), np.nan, np.float32)

    result = evaluate_runtime(Ruined(), open_dataset(drawn, "val"))
    assert result["AP"] == 0
    assert result["per_class"]["RBC"] == {"AP": 0, "AP50": 0, "boxes": 4, "precision": None, "recall": 0}
    assert result["duplicates"] == 0


@pytest.mark.parametrize("head", ["one2many", "both"])
def test_an_exported_file_has_no_other_head(drawn, head):
    with pytest.raises(UserError, match=r"toy\.onnx has no one-to-many head"):
        evaluate(TOY, drawn, head=head)


def test_plots_are_pictures_in_the_folder_that_was_named(tmp_path, drawn):
    evaluate(TOY, drawn, output=tmp_path / "plots" / "here")
    files = sorted((tmp_path / "plots" / "here").iterdir())
    names = ["confusion_matrix.png", "f1.png", "precision_recall.png", "worst_images.png"]
    assert [file.name for file in files] == names
    for file in files:
        picture = cv2.imread(str(file))
        assert min(picture.shape[:2]) >= 700
        assert len(np.unique(picture[..., 0])) > 10


def test_it_needs_no_torch_and_touches_nothing_else(tmp_path, drawn):
    code = f"""
import os, sys
before = dict(os.environ)
from yolov10.evaluation import evaluate
result = evaluate({str(TOY)!r}, {str(drawn)!r}, cache=False, output={str(tmp_path / "plots")!r})
assert result["AP"] == 0.5, result
assert not {{"torch", "matplotlib", "PIL", "pandas", "faster_coco_eval"}} & set(sys.modules)
assert dict(os.environ) == before
"""
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", code], env=clean_environment(home), cwd=home, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert list(home.iterdir()) == []


def test_without_its_library_the_install_line_is_said_before_any_work(drawn, monkeypatch):
    monkeypatch.setitem(sys.modules, "hotcoco", None)
    with pytest.raises(UserError, match=r"pip install 'open-yolov10\[evaluate\]'"):
        evaluate(TOY, drawn)


@pytest.mark.parametrize(
    ("protocol", "ap", "ap50"),
    [("predict", 0.4723, 0.7501), pytest.param("published", 0.4817, 0.7593, marks=pytest.mark.slow)],
)
def test_a_real_model_on_real_pictures(shared, monkeypatch, protocol, ap, ap50):
    """Its trainer reports AP 0.493 and AP50 0.790, by its own protocol and its own definition of AP."""
    model = shared / "checkpoints" / "ultralytics-8.4.190-n-bccd.pt"
    dataset = open_dataset(shared / "data" / "bccd" / "data.yaml", "val")
    caught = []
    monkeypatch.setattr(run, "assess", lambda *one: caught.append(assess(*one)) or caught[0])
    result = evaluate(model, dataset, image_size=320, protocol=protocol)
    assert result["images"] == 87
    assert result["AP"] == pytest.approx(ap, abs=0.002)  # of another machine's rounding
    assert result["AP50"] == pytest.approx(ap50, abs=0.002)
    findings = caught[0].findings
    printed = pycocotools(findings.samples, findings.rows, 3)[2]
    ours = [result[name] for name in ("AP", "AP50", "AP75", "AP_small", "AP_medium", "AP_large", "AR100")]
    np.testing.assert_allclose(ours, printed[[0, 1, 2, 3, 4, 5, 8]], rtol=0, atol=1e-6)


def test_the_function_is_found_whatever_was_imported_before():
    import yolov10.evaluation

    assert yolov10.evaluation.evaluate is run.evaluate


def test_a_class_that_the_model_does_not_name_is_an_error_not_a_crash(drawn):
    class Odd:
        card, fixed_shape = open_runtime(TOY).card, None

        def __call__(self, images, classes=None):
            return np.full((len(images), 1, 6), 7, np.float32)

    with pytest.raises(UserError, match="the model gives class 7, but it names 3"):
        evaluate_runtime(Odd(), open_dataset(drawn, "val"))
