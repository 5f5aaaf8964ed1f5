"""Entry of the `yolov10` command: finds the command, and turns faults into one line and an exit code."""

import importlib
import io
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import click

import yolov10
from yolov10.cli.options import command
from yolov10.errors import NO_MEMORY, UserError, WrongValueError, did_you_mean, lacks_memory
from yolov10.printable import printable

COMMANDS: Mapping[str, tuple[str, str]] = {
    "predict": ("predict", "find objects in pictures"),
    "train": ("train", "train a network"),
    "evaluate": ("evaluate", "COCO metrics of a model on a data set"),
    "export": ("export", "turn a network into a file that runs elsewhere"),
    "data": ("data", "check and show data sets"),
    "import": ("import_checkpoint", "turn a foreign checkpoint into a native .safetensors"),
    "download": ("download", "fetch official weights, under their own licence"),
    "benchmark": ("benchmark", "speed of a model on this machine"),
    "info": ("info", "show what the network is made of"),
    "serve": ("serve", "HTTP service and web page"),
}
"""Command → module that holds it, loaded when it is called, and its line in the help."""

OTHER_COMMANDS = {"val": "evaluate", "detect": "predict", "track": "predict --track", "version": "--version"}
"""What other YOLO programs call a command → what we call it."""

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


class _Commands(click.Group):
    """Loads a command's module when it is called for: start-up is a feature."""

    def __init__(self, name: str, table: Mapping[str, tuple[str, str]], **settings: Any) -> None:  # noqa: ANN401
        super().__init__(name, no_args_is_help=False, **settings)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        module = importlib.import_module(f"yolov10.cli.{self.table[cmd_name][0]}")
        if hasattr(module, "COMMANDS"):
            return _Commands(cmd_name, module.COMMANDS, help=module.HELP)
        return command(cmd_name, module.Options, module.run)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - what the command returns
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.Abort from None  # of the other, click prints a blank line

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.table and not args[0].startswith("-"):
            if "=" in args[0]:
                example = "yolov10 predict PICTURE --model FILE"
                raise click.UsageError(f"{args[0]}: a command comes first, as in {example}", ctx)
            known = OTHER_COMMANDS.get(args[0])
            hint = f"; did you mean {known!r}?" if known else did_you_mean(args[0], self.table)
            raise click.UsageError(f"no command {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.table.items()])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    program = _Commands(
        "yolov10",
        COMMANDS,
        help="YOLOv10: real-time object detection without NMS, under Apache-2.0.",
        params=[
            click.Option(
                ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_show_version
            )
        ],
    )
    try:
        _prepare_output()
        return program.main(arguments or ["--help"], prog_name="yolov10", standalone_mode=False) or DONE
    except click.UsageError as fault:
        command_path = fault.ctx.command_path if fault.ctx else "yolov10"
        return _fail(f"{fault.format_message()} (see: {command_path} --help)", WRONG_USAGE)
    except (KeyboardInterrupt, click.Abort):
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except WrongValueError as fault:
        return _fail(str(fault), WRONG_USAGE, arguments)
    except UserError as fault:
        return _fail(str(fault), FAILED, arguments)
    except OSError as fault:  # a full disk, a name too long, a folder that may not be read
        place = f"{fault.filename}: " if fault.filename else ""
        return _fail(f"{place}{fault.strerror or fault}", FAILED, arguments)
    except Exception as fault:  # the last resort: a user sees one line, never a traceback
        if lacks_memory(fault):
            return _fail(NO_MEMORY, FAILED, arguments)
        kind = type(fault).__name__
        return _fail(
            f"unexpected {kind}: {fault}; please report it, with the output of --debug", FAILED, arguments
        )


def _prepare_output() -> None:
    """Data is UTF-8 wherever it goes but to a terminal, which has its own; what it lacks is escaped.

    A file name that is not Unicode thereby becomes a valid JSON escape.
    """
    if sys.stdout is None:
        raise UserError("standard output is closed: there is nowhere to write to")
    if isinstance(sys.stdout, io.TextIOWrapper):
        encoding = sys.stdout.encoding if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")


def _show_version(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"yolov10 {yolov10.__version__}")
        ctx.exit()


def _fail(message: str, code: int, arguments: Sequence[str] = ()) -> int:
    if "--debug" in arguments:
        traceback.print_exc()
    print(f"error: {printable(' '.join(message.split()))}", file=sys.stderr)
    return code
