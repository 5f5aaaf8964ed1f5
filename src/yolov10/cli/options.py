"""Commands from dataclasses: a field is an option or an argument, with its help and default in one place."""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterator
from glob import has_magic
from pathlib import Path
from typing import Any, Literal, TypeVar

import click
from click.core import ParameterSource

from yolov10.errors import nearest

T = TypeVar("T")

MESSAGES = "Messages"
"""Group of the options that every command takes."""

OTHER_TOOLS = {
    "imgsz": "image-size",
    "img": "image-size",
    "conf": "confidence",
    "max-det": "max-detections",
    "weights": "model",
    "project": "output",
    "half": "precision",
    "save-txt": "format",
    "workers": "threads",
    "vid-stride": "frame-step",
    "model": "scale",
    "pretrained": "weights",
    "amp": "precision",
    "cos-lr": "lr-schedule",
    "lr0": "lr",
    "lrf": "final-lr",
    "nbs": "nominal-batch",
    "name": "output",
    "val": "validate-every",
    "data": "calibration",
    "batch-size": "batch",
    "tracker": "track",
}
"""What other YOLO programs call an option → what we call it."""

NOT_HERE = {
    **dict.fromkeys(("iou", "nms", "agnostic-nms"), "there is no NMS"),
    **dict.fromkeys(
        ("fraction", "single-cls", "rect", "cache", "save-period"), "there is no such thing here"
    ),
    "dynamic": "free shapes are usual; --image-size and --batch fix them",
    "exist-ok": "a run's folder is never written over",
    "show": "yolov10 serve has a page that shows what is found",
    "stream": "memory stays constant anyway",
}
"""Options of other programs that have no counterpart → why they need none."""

OTHER_SWITCHES = {
    "half": ("fp16", "fp32"),
    "amp": ("auto", "fp32"),
    "cos-lr": ("cosine", "linear"),
    "save-txt": ("yolo", "json"),
}
"""Those that are true or false there → the values that say so here."""
WEIGHTS_SUFFIXES = (".pt", ".safetensors")
YES, NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def argument(help: str, *, metavar: str, many: bool = False, required: bool = True) -> Any:  # noqa: ANN401
    """A positional argument, a field of any type; `many` takes one or more."""
    metadata = {"argument": True, "help": help, "metavar": metavar, "many": many, "required": required}
    return (
        dataclasses.field(metadata=metadata) if required else dataclasses.field(default=(), metadata=metadata)
    )


def option(
    help: str,
    default: Any = None,  # noqa: ANN401 - a field of any type, and below
    *,
    group: str,
    metavar: str | None = None,
    many: bool = False,
) -> Any:  # noqa: ANN401
    """An option, listed under `group` in the help. A default of `...` makes it required.

    `many`: it may be given several times, whole numbers also one after another; the field is a tuple.
    """
    metadata = {"help": help, "group": group, "metavar": metavar, "required": default is ..., "many": many}
    if default is ...:
        return dataclasses.field(metadata=metadata, kw_only=True)
    return dataclasses.field(default=default, metadata=metadata, kw_only=True)


@dataclasses.dataclass(frozen=True)
class Common:
    """What every command takes."""

    quiet: bool = option("say nothing but warnings and errors", False, group=MESSAGES)
    debug: bool = option("show where an error arose", False, group=MESSAGES)


def command(name: str, options: type[T], run: Callable[[T], int]) -> click.Command:
    """The click command that fills in `options` and hands it to `run`, whose result is the exit code."""
    hints = typing.get_type_hints(options)
    fields = [field for field in dataclasses.fields(options) if "help" in field.metadata]  # type: ignore[arg-type]
    parameters = [_parameter(field, hints[field.name]) for field in fields]
    groups = {field.name: field.metadata["group"] for field in fields if "group" in field.metadata}

    def callback(**values: Any) -> int:  # noqa: ANN401 - click calls with keyword arguments
        origin = click.get_current_context().get_parameter_source
        # What was not given is left to the dataclass, which may want to know.
        given = {key: value for key, value in values.items() if origin(key) is not ParameterSource.DEFAULT}
        return run(options(**{key: tuple(v) if isinstance(v, list) else v for key, v in given.items()}))

    return _Command(name, callback=callback, params=parameters, help=options.__doc__, groups=groups)


def _parameter(field: "dataclasses.Field[Any]", hint: Any) -> click.Parameter:  # noqa: ANN401 - a type
    meta = field.metadata
    kind = _click_type(hint)
    if meta.get("argument"):
        count = -1 if meta["many"] else 1
        required = meta.get("required", True)
        return click.Argument(
            [field.name], type=kind, metavar=meta["metavar"], nargs=count, required=required
        )
    flags = ["--" + field.name.replace("_", "-"), field.name]
    default = meta.get("default", field.default)  # a `yolov10.settings` field keeps it there
    if hint is bool:
        return click.Option(flags, is_flag=True, default=default, help=meta["help"])
    described = {"type": kind, "metavar": meta["metavar"], "help": meta["help"]}
    if meta["many"]:
        return click.Option(flags, multiple=True, required=meta["required"], **described)
    if meta["required"]:
        return click.Option(flags, required=True, **described)
    return click.Option(flags, default=default, show_default=default is not None, **described)


def _click_type(hint: Any) -> Any:  # noqa: ANN401 - a type, and click's type for it
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next(kind for kind in typing.get_args(hint) if kind is not type(None))
    if typing.get_origin(hint) is Literal:
        return click.Choice(typing.get_args(hint))
    if typing.get_origin(hint) is tuple:
        hint = typing.get_args(hint)[0]
    return {Path: click.Path(path_type=Path, readable=False), bool: None}.get(hint, hint)


def _word(flag: str) -> str:
    return flag.strip("-").replace("_", "-")


class _Command(click.Command):
    """A click command whose help lists options by group, and which explains options of other programs."""

    def __init__(self, name: str, *, groups: dict[str, str], **settings: Any) -> None:  # noqa: ANN401 - click's
        super().__init__(name, context_settings={"max_content_width": 110}, **settings)
        self.groups = groups

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            args = list(self._repeated(args))
            self._refuse_assignments(ctx, args)
            return super().parse_args(ctx, args)
        except click.NoSuchOption as fault:
            wrong = fault.option_name
            raise click.UsageError(f"no option {wrong}{self._hint(wrong)}", ctx) from None
        except click.UsageError as fault:
            fault.ctx = fault.ctx or ctx
            raise

    def _refuse_assignments(self, ctx: click.Context, args: list[str]) -> None:
        """`key=value`, as other programs take it, names the option meant; unless it is a file or a glob."""
        for entry in self._positionals(args):
            key, equals, value = entry.partition("=")
            if not equals or not key.isidentifier() or has_magic(entry) or Path(entry).exists():
                continue
            if self._is_argument(key):
                raise click.UsageError(f"{entry}: write {value} alone", ctx)
            raise click.UsageError(f"{entry}: {self._as_written(key.replace('_', '-'), value)}", ctx)

    def _is_argument(self, key: str) -> bool:
        """Whether it is said without a name here."""
        names = {(p.name or "").rstrip("s") for p in self.params if isinstance(p, click.Argument)}
        return key.rstrip("s") in names

    def _hint(self, wrong: str) -> str:
        """What to write instead of an option that is none of ours, where that can be told."""
        word = _word(wrong)
        if self._is_argument(word):
            return f": write its value alone, without {wrong}"
        if word in NOT_HERE:
            return f": {NOT_HERE[word]}"
        near = self._flag_meant(wrong)
        return f"; did you mean {near!r}?" if near else ""

    def _as_written(self, key: str, value: str) -> str:
        """How `key=value` of another program is said here."""
        if key in NOT_HERE:
            return NOT_HERE[key]
        flag = self._flag_meant("--" + key)
        if flag is None:
            return "options are written --name value"
        if flag == "--scale" and Path(value).suffix in WEIGHTS_SUFFIXES:
            flag = "--weights"
        if key in OTHER_SWITCHES and value.lower() in YES + NO:
            return f"write {flag} {OTHER_SWITCHES[key][value.lower() in NO]}"
        if any(flag in p.opts for p in self.params if isinstance(p, click.Option) and p.is_flag):
            return f"leave {flag} out" if value.lower() in NO else f"write {flag} alone"
        if flag == "--device" and value.isdecimal():
            value = f"cuda:{value}"
        return f"write {flag} {value}"

    def _repeated(self, args: list[str]) -> Iterator[str]:
        """`--channels 64 128`, an option of several numbers, as click knows it: the option before each."""
        several = {flag for p in self.params if isinstance(p, click.Option) and p.multiple for flag in p.opts}
        current, numbers = "", 0
        for entry in args:
            if not (current and entry.isdecimal()):
                current, numbers = entry if entry in several else "", 0
                yield entry
            else:
                yield from (current, entry) if numbers else (entry,)
                numbers += 1

    def _positionals(self, args: list[str]) -> Iterator[str]:
        """What is neither an option nor an option's value."""
        valued = {
            flag for p in self.params if isinstance(p, click.Option) and not p.is_flag for flag in p.opts
        }
        remaining = iter(args)
        for entry in remaining:
            if entry == "--":
                yield from remaining
            elif entry in valued:
                next(remaining, None)
            elif not entry.startswith("-") or entry == "-":
                yield entry

    def _flag_meant(self, wrong: str) -> str | None:
        """The option that a wrong one was probably meant to be, also where it is another program's."""
        flags = [flag for p in self.params if isinstance(p, click.Option) for flag in p.opts]
        known = f"--{OTHER_TOOLS.get(_word(wrong))}"
        if known in flags:
            return known
        near = nearest(_word(wrong), [flag.strip("-") for flag in flags], cutoff=0.7)
        return f"--{near}" if near else None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in sorted(
            self.get_params(ctx), key=lambda p: not p.required
        ):  # what must be given first
            record = parameter.get_help_record(ctx)
            if record and isinstance(parameter, click.Option):  # the text above speaks of arguments
                sections.setdefault(self.groups.get(parameter.name or "", MESSAGES), []).append(record)
        for title in sorted(sections, key=MESSAGES.__eq__):  # what all commands share comes last
            with formatter.section(title):
                formatter.write_dl(sections[title])
