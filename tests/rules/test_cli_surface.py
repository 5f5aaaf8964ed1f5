"""The command line, frozen: every command's options. A change here is a change users see."""

import importlib

import pytest

from yolov10.cli.main import COMMANDS
from yolov10.cli.options import command

SURFACE = {
    "predict": """--batch --classes --confidence --debug --device --format --image-size --max-detections
        --max-pixels --model --one-class-per-box --output --precision --quiet --runtime --save-to --threads
        SOURCE...""",
    "import": "--debug --json --output --quiet FILE",
    "info": "--debug --image-size --json --num-classes --quiet MODEL",
}


def test_commands_are_these():
    assert set(SURFACE) == set(COMMANDS)


@pytest.mark.parametrize("name", SURFACE)
def test_options_of_a_command_are_these(name):
    module = importlib.import_module(f"yolov10.cli.{COMMANDS[name][0]}")
    parameters = command(name, module.Options, module.run).params
    flags = {flag for p in parameters for flag in p.opts if p.param_type_name == "option"}
    arguments = {p.make_metavar(None) for p in parameters if p.param_type_name == "argument"}
    assert flags | arguments == set(SURFACE[name].split())
