"""The walk through the architecture: every number of a section stands in what its commands print."""

import re
import shlex

import pytest
from conftest import ROOT

from yolov10.architecture import MAX_DETECTIONS, SCALES, STRIDES, layers
from yolov10.cli.main import main
from yolov10.formulas import total_cost
from yolov10.info.parameters import unmeasured_rows

PAGES = [ROOT / "docs" / name for name in ("architecture.md", "architecture.ko.md")]
UNPRINTED = {str(len(layers("n"))), str(MAX_DETECTIONS)}
"""The number of layers and of answers: no command prints them."""


def sections(path):
    """Title → (commands, text) of each section that has commands."""
    found = {}
    for part in re.split(r"^## ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        title, _, rest = part.partition("\n")
        block, _, text = rest.removeprefix("```bash\n").partition("```")
        found[title] = (block.strip().splitlines(), text)
    return found


def in_order(text):
    """All numbers, without their commas."""
    return [number.rstrip(",").replace(",", "") for number in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def numbers(text):
    """Numbers of two digits and more or with a fraction."""
    return {number for number in in_order(text) if len(number) >= 2}


@pytest.fixture(params=PAGES, ids=lambda path: path.name)
def page(request):
    return request.param


@pytest.mark.parametrize("at", range(12))
def test_every_number_stands_in_the_output_of_the_sections_commands(page, at, capsys):
    commands, text = list(sections(page).values())[at]
    assert commands
    for command in commands:
        program, *arguments = shlex.split(command)
        assert (program, main(arguments)) == ("yolov10", 0)
    printed = numbers(capsys.readouterr().out + " ".join(commands))
    assert sorted(numbers(text) - printed - UNPRINTED) == []


def test_numbers_before_the_first_section_are_the_papers(page):
    introduction, _, _ = page.read_text("utf-8").partition("\n## ")
    assert numbers(introduction.replace("YOLOv10", "").replace("yolov10", "")) == {"2405.14458"}


def test_every_row_of_every_table_is_that_of_the_network(page):
    lines = page.read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    _, rule, *rows = rows
    assert rule == ["---", "--:", "--:", "--:", "--:"]
    assert rows == [generated(scale) for scale in SCALES]


def generated(scale):
    """Scale, parameters of the three forms, billions of operations of the last."""
    network = layers(scale)
    fused = total_cost(network, fused=True, one2many=False)
    counts = (total_cost(network), total_cost(network, one2many=False))
    parameters = (*(cost.parameters() for cost in counts), fused.parameters(fused=True))
    return [scale, *(f"{count:,}" for count in parameters), f"{fused.operations / 1e9:.2f}"]


def compact():
    """Compact layers of n, s, m, of b as of l, and what x has more."""
    sets = {name: sorted(scale.compact) for name, scale in SCALES.items()}
    assert sets["b"] == sets["l"]
    return [*sets["n"], *sets["s"], *sets["m"], *sets["l"], *sorted({*sets["x"]} - {*sets["l"]})]


def plain():
    """Stages that no scale makes compact."""
    stages = {row.index for row in layers("n") if row.kind.startswith("C2f")}
    return sorted(stages.difference(*(scale.compact for scale in SCALES.values())))


def layer_5_of_l():
    return [
        row["parameters"]
        for row in unmeasured_rows("l", 80)
        if row["name"].startswith("model.5.") and row["gradient"]
    ]


LISTS = {
    "cells a side": [640 // 2**halvings for halvings in range(1, 6)],
    "pixels a cell": list(STRIDES),
    "compact layers": compact(),
    "stages that are C2f everywhere": plain(),
    "layer 5 of l by tensor": layer_5_of_l(),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_numbers_are_told_in_their_order(page, name):
    told = " ".join(in_order(page.read_text("utf-8")))
    assert f" {' '.join(map(str, LISTS[name]))} " in f"{told} "


def test_both_languages_tell_the_same():
    english, korean = (list(sections(path).values()) for path in PAGES)
    assert len(english) == len(korean) == 12
    for (commands, text), (their_commands, their_text) in zip(english, korean, strict=True):
        assert commands == their_commands
        assert numbers(text) == numbers(their_text)


def test_the_number_of_anchors_is_the_networks(page):
    assert str(sum((640 // stride) ** 2 for stride in STRIDES)) in in_order(page.read_text("utf-8"))
