"""The walk through the architecture: every number of a section stands in what its commands print."""

import re
import shlex

import pytest
from conftest import ROOT

from yolov10.cli.main import main

PAGES = [ROOT / "docs" / name for name in ("architecture.md", "architecture.ko.md")]
OF_THE_PAPER = {"300"}
"""Told by `MAX_DETECTIONS` and the paper, printed by no command."""


def sections(path):
    """Title → (commands, text) of each section that has commands."""
    found = {}
    for part in re.split(r"^## ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        title, _, rest = part.partition("\n")
        block, _, text = rest.removeprefix("```bash\n").partition("```")
        found[title] = (block.strip().splitlines(), text)
    return found


def numbers(text):
    """Numbers of three digits and more or with a fraction, without their commas."""
    found = re.findall(r"\d[\d,]*(?:\.\d+)?", text)
    plain = (number.rstrip(",").replace(",", "") for number in found)
    return {number for number in plain if "." in number or len(number) >= 3}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
@pytest.mark.parametrize("at", range(12))
def test_every_number_stands_in_the_output_of_the_sections_commands(path, at, capsys):
    commands, text = list(sections(path).values())[at]
    assert commands
    for command in commands:
        program, *arguments = shlex.split(command)
        assert (program, main(arguments)) == ("yolov10", 0)
    printed = numbers(capsys.readouterr().out + " ".join(commands))
    assert sorted(numbers(text) - printed - OF_THE_PAPER) == []


def test_both_languages_tell_the_same():
    english, korean = (list(sections(path).values()) for path in PAGES)
    assert len(english) == len(korean) == 12
    for (commands, text), (their_commands, their_text) in zip(english, korean, strict=True):
        assert commands == their_commands
        assert numbers(text) == numbers(their_text)


def test_the_numbers_of_heads_and_anchors_are_the_networks():
    from yolov10.architecture import MAX_DETECTIONS, STRIDES

    assert str(MAX_DETECTIONS) in OF_THE_PAPER
    assert sum((640 // stride) ** 2 for stride in STRIDES) == 8400
