"""What the architecture page is made of: its numbers are those of the network, and it asks for nothing."""

import base64
import json
import re
import shutil

import numpy as np
import page_sample
import pytest
from conftest import ROOT, SCALES
from test_formulas import FUSED, ONE_HEAD, TRAINING

from yolov10.architecture import STRIDES, layers
from yolov10.formulas import cib, conv, scdown
from yolov10.info.page import SCRIPTS, STYLES, page
from yolov10.info.page.data import page_data
from yolov10.info.why import BLOCKS, LAYERS
from yolov10.model_names import weights_file

MOST_BYTES = 400_000
FOLDER = ROOT / "src" / "yolov10" / "info" / "page"


@pytest.fixture(scope="module")
def data():
    return page_data("n", 80, 640, 640)


@pytest.fixture(scope="module")
def facts():
    return json.loads((FOLDER / "sample" / "facts.json").read_text())


def test_it_is_one_small_file_that_asks_for_nothing():
    text = page("n", 80, 640, 640)
    assert len(text.encode()) < MOST_BYTES
    assert "default-src 'none'" in text
    addresses = set(re.findall(r"""(?:src|href|url)\s*[=(:]\s*["']?((?:https?:)?//[^"')\s]+)""", text))
    assert addresses == set()
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|importScripts|sendBeacon)\b", text)
    assert text.count("<script") == 2
    assert all(f"/*{part}*/" not in text for part in ("STYLE", "DATA", "SCRIPT"))


def test_every_script_and_style_is_joined():
    assert {path.stem for path in (FOLDER / "js").iterdir()} == set(SCRIPTS)
    assert {path.stem for path in (FOLDER / "css").iterdir()} == set(STYLES)


def test_no_text_in_the_data_can_end_its_element():
    text = page("n", 80, 640, 640)
    _, _, rest = text.partition('<script id="data" type="application/json">')
    content, _, _ = rest.partition("</script>")
    assert json.loads(content)["start"] == "n"


def test_totals_are_the_published_ones(data):
    for at, scale in enumerate(SCALES):
        counts = [total["parameters"] for total in data["scales"][scale]["totals"]]
        assert counts == [TRAINING[at], ONE_HEAD[at], FUSED[at]]
        for form, count in enumerate(counts):
            assert sum(layer["parameters"][form] for layer in data["scales"][scale]["layers"]) == count


def test_steps_add_up_to_their_layer_in_every_form(data):
    """What the page leaves out as head or branch is what the forms leave out."""
    for scale in SCALES:
        for layer in data["scales"][scale]["layers"]:
            steps = [dict(zip(data["stepFields"], step, strict=True)) for step in layer["steps"]]
            left = [
                [
                    s
                    for s in steps
                    if not (form and s["gone"] == "head") and not (form > 1 and s["gone"] == "branch")
                ]
                for form in range(3)
            ]
            for form, kept in enumerate(left):
                others = "fusedOthers" if form == 2 else "others"
                assert sum(s["weights"] + s[others] for s in kept) == layer["parameters"][form]
                assert sum(s["operations"] for s in kept) == layer["operations"][form]


def test_every_layer_and_kind_says_why():
    assert len(LAYERS) == len(layers("n"))
    for scale in SCALES:
        assert {row.kind for row in layers(scale)} <= set(BLOCKS)
    assert all(re.search(r"(paper|spec) \w", why.source) for why in BLOCKS.values())


def test_live_formulas_compute_what_the_network_costs(data):
    def evaluate(terms, **letters):
        return sum(c * int(np.prod([letters[name] for name in names], dtype=object)) for c, names in terms)

    formulas = data["formulas"]
    cost = scdown(64, 128, 3, 400, 100)
    letters = {"c1": 64, "c2": 128, "k": 3, "M": 400, "N": 100}
    assert evaluate(formulas["scdown"]["parameters"], **letters) == cost.parameters()
    assert evaluate(formulas["scdown"]["macs"], **letters) == cost.macs
    assert evaluate(formulas["conv"]["weights"], **letters) == conv(64, 128, 3, 100).weights
    large = cib(32, 40, 1, large=True, fused=True).parameters(fused=True)
    assert evaluate(formulas["cibLargeFused"]["parameters"], c=32, h=40, N=1) == large


def test_the_samples_heads_pick_what_they_may(facts):
    """Ten anchors or one of each object, centres inside its box, best first, none twice in a head."""
    assignment = facts["assignment"]
    width, height = facts["input"]
    assert assignment["anchors"] == sum((width // s) * (height // s) for s in STRIDES)
    for head, positives in assignment["heads"].items():
        assert len({positive["anchor"] for positive in positives}) == len(positives)
        for at, truth in enumerate(assignment["truths"]):
            own = [positive for positive in positives if positive["truth"] == at]
            assert len(own) <= assignment["topk"][head]
            assert [p["score"] for p in own] == sorted((p["score"] for p in own), reverse=True)
            x1, y1, x2, y2 = truth["box"]
            assert all(x1 < p["at"][0] < x2 and y1 < p["at"][1] < y2 for p in own)
    assert len(assignment["heads"]["one2many"]) > len(assignment["heads"]["one2one"]) > 0


def test_the_samples_kernels_add_up(facts):
    kernels = facts["kernels"]
    for large, small, merged in zip(kernels["large"], kernels["small"], kernels["merged"], strict=True):
        total = np.reshape(large, (7, 7)) + np.pad(np.reshape(small, (3, 3)), 2)
        np.testing.assert_allclose(total, np.reshape(merged, (7, 7)), atol=2e-3 * np.abs(merged).max())


def test_the_picture_has_its_licence_beside_it():
    sample = FOLDER / "sample"
    assert "MIT License" in (sample / "LICENSE").read_text()
    assert (sample / "picture.jpg").stat().st_size < 30_000


def test_the_samples_facts_are_what_its_script_makes_of_cells(facts, tmp_path, monkeypatch):
    for name in ("picture.jpg", "labels.txt"):
        shutil.copy(FOLDER / "sample" / name, tmp_path)
    monkeypatch.setattr(page_sample, "SAMPLE", tmp_path)
    page_sample.main(str(weights_file("cells")))
    made = json.loads((tmp_path / "facts.json").read_text())
    assert list(made) == list(facts)
    for key in ("names", "scale", "training", "threshold", "picture", "input"):
        assert made[key] == facts[key]
    assert made["assignment"]["truths"] == facts["assignment"]["truths"]
    for head, positives in facts["assignment"]["heads"].items():
        again = made["assignment"]["heads"][head]
        assert len(again) == len(positives)
        assert [p["score"] for p in again] == pytest.approx([p["score"] for p in positives], abs=2e-3)
    np.testing.assert_allclose(made["kernels"]["merged"], facts["kernels"]["merged"], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(made["attention"]["largest"], facts["attention"]["largest"], atol=2e-3)


def test_the_samples_attention_is_largest_where_it_is_told_to_be(facts):
    """Four bits a weight: fifteen is the row's largest."""
    attention = facts["attention"]
    packed = np.frombuffer(base64.b64decode(attention["weights"]), np.uint8)
    cells = attention["cells"][0] * attention["cells"][1]
    weights = np.stack([packed >> 4, packed & 15], 1).reshape(attention["heads"], cells, cells)
    best, halves = np.array(attention["best"]), np.array(attention["halves"])
    assert (np.take_along_axis(weights, best[:, :, None], 2) == 15).all()
    assert (halves >= 1).all()
    assert (halves <= cells / 2).all()
    assert ((np.array(attention["largest"]) >= 0.5) == (halves == 1)).mean() > 0.99  # figures are rounded


SENTENCE = re.compile(r"[a-z]{2,} [a-z]{2,}")
NO_COUNTS = {"2405.14458", "2017"}
"""The number of the paper, and the year of the picture's licence."""


@pytest.mark.parametrize("path", [*FOLDER.glob("js/*.js"), FOLDER / "template.html"], ids=lambda p: p.name)
def test_counts_in_sentences_come_from_the_data(path):
    """Numbers of two digits and more, and of layers; what is put in from the data is left out."""
    text = path.read_text("utf-8").replace("YOLOv10", "")
    if path.suffix == ".js":
        code = re.sub(r"^\s*(//|/?\*).*$", "", text, flags=re.MULTILINE)
        literals = re.findall(r'"[^"\n]*"|`[^`]*`', code)
    else:
        literals = re.findall(r">([^<]+)<", text)
    told = [
        re.sub(r"\$\{[^}]*\}", "", literal)
        for literal in literals
        if SENTENCE.search(literal) and "--" not in literal
    ]
    typed = {number for text in told for number in re.findall(r"\d[\d.]+\d|\d{2,}|(?:layer|scale) \d", text)}
    assert typed <= NO_COUNTS


def test_numbers_and_names_in_the_sentences_of_layers_are_the_networks():
    rows = {scale: layers(scale) for scale in SCALES}
    first = rows["n"]
    readers = {row.index: [r.index for r in first if row.index in r.sources] for row in first}
    for row, sentence in zip(first, LAYERS, strict=True):
        strides = [int(number) for number in re.findall(r"(\d+) pixels a cell", sentence)]
        assert set(strides) <= {row.output_stride}
        near = {*row.sources, *readers[row.index]}
        around = near | {source for at in near if at >= 0 for source in first[at].sources}
        named = {
            int(n)
            for n in re.findall(r"\((?:from |layer )?(\d+)\)|from (\d+)\b|layer (\d+)", sentence)
            for n in n
            if n
        }
        assert named <= around, sentence
    large = [scale for scale in SCALES if rows[scale][22].options["large_kernel"]]
    assert f"with the large kernel in {' and '.join(large)}" in LAYERS[22]
    compact = [scale for scale in SCALES if rows[scale][8].kind == "C2fCIB"]
    assert "(from scale s on)" in LAYERS[8]
    assert compact == list(SCALES)[SCALES.index("s") :]
    assert all(row[22].kind == "C2fCIB" for row in rows.values())
