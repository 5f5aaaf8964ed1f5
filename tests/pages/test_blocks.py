"""Every block of code of every page runs, in a small world of the files that the pages speak of.

What cannot run here is named below, with the reason; its command lines are at least parsed.
"""

import json
import re
import tomllib

import pytest
import yaml
from click import UsageError
from conftest import ROOT
from pages.commands import command_lines, options, parse, run
from pages.markdown import Block, blocks, inline_code
from pages.world import another, make_world

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

ONLY_PARSED = {
    "yolov10 serve": "runs until it is told to stop; tests/serve starts it",
    "yolov10 download": "needs a network; tests/download fetches from a stand-in",
    "rtsp://": "needs a network and a camera",
    "--device cuda": "needs a GPU",
    "--engine ray": "starts Ray, which takes seconds; tests/cluster does",
    "--precision int8": "takes ten seconds; tests/export makes such files",
    "yolov10 train --resume runs/mine": "goes on with what torchrun began; tests/training resumes",
}
"""What a line of ours holds that is not run, and why not."""

ONLY_COMPILED = {
    "from ray import serve": "needs ray[serve], which is under another licence in part",
}
"""What a block of Python holds that is not run, and why not."""


def extras(words):
    """pip: this package, with extras there are, or a library of CONTRIBUTING's tables."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for word in words[2:]:
        package, _, chosen = word.rstrip("]").partition("[")
        assert package in (project["name"], ".") or package in (ROOT / "CONTRIBUTING.md").read_text(), word
        assert {one for one in chosen.split(",") if one} <= set(project["optional-dependencies"]), word


def make_targets(words):
    """make: there is such a target."""
    makefile = (ROOT / "Makefile").read_text()
    assert all(re.search(rf"^{word}:", makefile, re.MULTILINE) for word in words[1:]), words


def scripts(words):
    """python: there is such a file, or the module is ours to be run."""
    if words[1] == "-m":
        assert words[2] in ("venv", "http.server"), words
    else:
        assert (ROOT / words[1]).is_file(), words


def processes(words):
    """torchrun: options that it has, and then a command line of ours."""
    from torch.distributed.run import get_args_parser

    at = words.index("-m")
    get_args_parser().parse_args([*words[1:at], "program"])
    parse(words[at + 1 :])


def nothing(words):
    """A program of the system or of others, about which nothing can be said here."""


OTHER_PROGRAMS = {
    "pip": extras,
    "make": make_targets,
    "python": scripts,
    "torchrun": processes,
    "curl": nothing,
    "export": nothing,
    "head": nothing,
    "ray": nothing,
    "uvicorn": nothing,
}
"""Programs that a page may name besides ours, and what is checked of their lines; none is run."""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_of_a_page_runs(page, world, tmp_path, monkeypatch):
    monkeypatch.chdir(another(world, tmp_path / "here"))
    names = given_names() if any(block.language == "python" for block in blocks(page)) else {}
    for block in blocks(page):
        RUNNERS[block.language](block, names)


def given_names():
    """What blocks of Python take for granted: a batch of pictures, and the boxes on them."""
    import torch

    return {"images": torch.rand(2, 3, 64, 64), "targets": torch.tensor([[0, 1, 0.5, 0.5, 0.2, 0.3]])}


def run_bash(block, names):
    for words in command_lines(block.text):
        line = " ".join(words)
        if words[0] != "yolov10":
            assert words[0] in OTHER_PROGRAMS, f"{block.place}: no test knows {line!r}"
            OTHER_PROGRAMS[words[0]](words)
        elif any(part in line for part in ONLY_PARSED):
            parse(words)
        else:
            code, told = run(words)
            assert code == 0, f"{block.place}: {line}\n{told}"


def run_python(block, names):
    code = compile("\n" * block.line + block.text, block.place, "exec")
    if not any(part in block.text for part in ONLY_COMPILED):
        exec(code, names)


RUNNERS = {
    "bash": run_bash,
    "python": run_python,
    "json": lambda block, names: json.loads(block.text),
    "yaml": lambda block, names: yaml.safe_load(block.text),
    "text": lambda block, names: None,
}
"""What is done with a block of each language; one of another language fails."""


@pytest.mark.parametrize(
    ("language", "text", "fault"),
    [
        ("bash", "yolov10 info q", AssertionError),
        ("bash", "yolov10 info n  # fine\nyolov10 serve --modle cells", UsageError),
        ("bash", "rm -r runs", AssertionError),
        ("bash", "pip install '.[trian]'", AssertionError),
        ("bash", "make coffee", AssertionError),
        ("bash", "python scripts/none.py", AssertionError),
        ("bash", "torchrun -m yolov10 train data.yaml --bacth 2", UsageError),
        ("python", "from yolov10 import Detectr", ImportError),
        ("json", "{", ValueError),
        ("ruby", "", KeyError),
    ],
)
def test_a_wrong_block_fails(language, text, fault):
    block = Block(ROOT / "README.md", 1, language, text)
    with pytest.raises(fault):
        RUNNERS[block.language](block, {})


@pytest.mark.parametrize("part", [*ONLY_PARSED, *ONLY_COMPILED])
def test_what_is_not_run_stands_on_some_page(part):
    assert any(part in " ".join(block.text.split()) for page in PAGES for block in blocks(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_options_in_the_running_text_are_ours(page):
    known = options() | OPTIONS_OF_OTHERS
    for code in inline_code(page):
        text = " ".join(code.split())
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", text)) <= known, text
        words = command_lines(text)[0] if re.match(r"yolov10 \w.* --", text) and "…" not in text else []
        if words:
            parse(words)


OPTIONS_OF_OTHERS = {"--node-rank", "--max-restarts"}
"""Options of other programs that a page names."""
