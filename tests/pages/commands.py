"""Command lines of a page: run in this process, or only parsed."""

import contextlib
import importlib
import io
import shlex
import sys
from pathlib import Path

from yolov10.cli.main import COMMANDS, main
from yolov10.cli.options import command

REDUCED = {
    "train": "--epochs 1 --image-size 64 --batch 4 --workers 0",
    "benchmark": "--rounds 1 --image-size 64 --runtime onnx",
}
"""What is added to lines that take long otherwise; of an option given twice, the last holds."""


def command_lines(text):
    """The words of each line of bash: comments left out, a line that ends in \\ joined to the next."""
    lines = text.replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def run(words):
    """Run `yolov10 … < FILE > FILE` here; returns the exit code and what was printed, on both streams."""
    _, *arguments = words
    source, target = (_taken(arguments, sign) for sign in "<>")
    if arguments[0] in REDUCED and "--resume" not in arguments:  # a run that goes on keeps its settings
        arguments += REDUCED[arguments[0]].split()
    printed, told = io.StringIO(), io.StringIO()
    with contextlib.ExitStack() as stack:
        if source:
            stack.callback(setattr, sys, "stdin", sys.stdin)
            sys.stdin = stack.enter_context(Path(source).open())
        out = stack.enter_context(Path(target).open("w")) if target else printed
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(told):
            code = main(arguments)
    return code, told.getvalue() + printed.getvalue()


def _taken(arguments, sign):
    """The file after a `<` or `>`, which are taken out."""
    if sign not in arguments:
        return None
    at = arguments.index(sign)
    _, file = arguments[at : at + 2]
    del arguments[at : at + 2]
    return file


def parse(words):
    """Let click look at `yolov10 …` as it would before running it. Raises click.UsageError."""
    _, *arguments = words
    table = COMMANDS
    while True:
        name, *arguments = arguments
        module = importlib.import_module(f"yolov10.cli.{table[name][0]}")
        if not hasattr(module, "COMMANDS"):
            break
        table = module.COMMANDS
    command(name, module.Options, module.run).make_context(name, arguments)


def options():
    """All options of all commands."""
    modules, found = list(COMMANDS.values()), {"--version", "--help"}
    while modules:
        module = importlib.import_module(f"yolov10.cli.{modules.pop()[0]}")
        if hasattr(module, "COMMANDS"):
            modules += module.COMMANDS.values()
        else:
            found |= {
                flag
                for parameter in command("any", module.Options, module.run).params
                for flag in parameter.opts
            }
    return found
