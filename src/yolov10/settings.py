"""Settings of a command as dataclass fields: help, default and bounds of each in one place.

A field made by `setting` is unset until it is given, so that "given" and "left at the default" stay apart:
a recipe or a file may change a default, never what was given. `settle` then fills in whatever is unset.
"""

import contextlib
import dataclasses
import math
import os
import types
import typing
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import yaml

from yolov10.errors import UserError, WrongValueError, did_you_mean
from yolov10.printable import brief


class _Unset(Enum):
    UNSET = "unset"


UNSET = _Unset.UNSET
GIVEN = "given"
"""Origin of a value that was passed to the constructor."""


def setting(
    help: str,
    default: Any = None,  # noqa: ANN401 - a field of any type, and below
    *,
    group: str,
    metavar: str | None = None,
    least: float = -math.inf,
    most: float = math.inf,
    argument: bool = False,
) -> Any:  # noqa: ANN401
    """A field with its help, default and bounds; `argument` makes it positional."""
    metadata = {
        "help": help,
        "default": default,
        "group": group,
        "metavar": metavar,
        "least": least,
        "most": most,
        "argument": argument,
        "many": False,
        "required": False,
    }
    return dataclasses.field(default=UNSET, metadata=metadata, kw_only=not argument)


def settings_of(owner: Any) -> dict[str, "dataclasses.Field[Any]"]:  # noqa: ANN401 - a dataclass or one of its
    """The fields of a dataclass that `setting` made, by name."""
    return {field.name: field for field in dataclasses.fields(owner) if "default" in field.metadata}


def defaults_of(owner: Any) -> dict[str, Any]:  # noqa: ANN401
    """The default of every setting."""
    return {name: field.metadata["default"] for name, field in settings_of(owner).items()}


def given_of(owner: Any) -> dict[str, Any]:  # noqa: ANN401
    """The settings of an instance that are not unset, each checked and brought to its type.

    Raises WrongValueError naming the setting that is of another type or out of its bounds.
    """
    hints = typing.get_type_hints(type(owner))
    values = {name: getattr(owner, name) for name in settings_of(owner)}
    return {
        name: _checked(name, value, hints[name], settings_of(owner)[name].metadata)
        for name, value in values.items()
        if value is not UNSET
    }


def settle(owner: Any, layers: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:  # noqa: ANN401
    """Set the fields of a frozen instance from layers by origin, later over earlier; return the origins."""
    origins: dict[str, str] = {}
    for origin, values in layers.items():
        for name, value in values.items():
            object.__setattr__(owner, name, value)  # frozen for everyone else
            origins[name] = origin
    return origins


def read_settings(path: str | os.PathLike[str], owner: type) -> dict[str, Any]:
    """The settings that a YAML file gives. Raises UserError: no file, no mapping, or an unknown key."""
    try:
        content = yaml.safe_load(Path(path).read_text("utf-8"))
    except OSError as fault:
        raise UserError(f"cannot read {path}: {fault.strerror}") from None
    except RecursionError:
        raise UserError(f"{path} holds no settings: it is nested too deeply") from None
    except (yaml.YAMLError, ValueError, OverflowError) as fault:  # such a date or character there is not
        raise UserError(f"{path} is not YAML: {' '.join(str(fault).split())[:200]}") from None
    except (LookupError, AttributeError):  # its own words would say nothing
        raise UserError(f"{path} is not YAML: a value is not of the type that it is tagged as") from None
    if not isinstance(content, dict):
        raise UserError(f"{path} does not hold `name: value` lines")
    known = settings_of(owner)
    for key in content:
        if key not in known:
            raise UserError(f"{path}: no setting {brief(key)}{did_you_mean(str(key), known)}")
    return content


def write_settings(owner: Any, origins: Mapping[str, str]) -> str:  # noqa: ANN401
    """Every setting of an instance as YAML that `read_settings` takes, with its origin as a comment."""
    lines: list[str] = []
    group = None
    for name, field in settings_of(owner).items():
        if field.metadata["group"] != group:
            group = field.metadata["group"]
            lines += ["", f"# {group}"] if lines else [f"# {group}"]
        lines.append(f"{name}: {_yaml(getattr(owner, name))}  # {origins[name]}")
    return "\n".join(lines) + "\n"


def plain(value: Any) -> Any:  # noqa: ANN401
    """A setting's value as JSON and YAML have it: a path becomes text."""
    return str(value) if isinstance(value, Path) else value


def _yaml(value: Any) -> str:  # noqa: ANN401
    text = yaml.safe_dump(plain(value), default_flow_style=True, allow_unicode=True, width=math.inf)
    return text.removesuffix("\n").removesuffix("\n...")


def _checked(name: str, value: Any, hint: Any, meta: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """The value as its type; text is taken for a number or a path where one is wanted."""
    if typing.get_origin(hint) is Literal:
        choices = typing.get_args(hint)
        if value not in choices:
            near = did_you_mean(value, choices) if isinstance(value, str) else ""
            raise WrongValueError(f"{name} is {brief(value)}, not one of {', '.join(choices)}{near}")
        return value
    kinds = typing.get_args(hint) or (hint,)  # of `int | None`, both
    if value is None and types.NoneType in kinds:
        return None
    value = _converted(name, value, next(kind for kind in kinds if kind is not types.NoneType))
    if isinstance(value, int | float) and not meta["least"] <= value <= meta["most"]:
        raise WrongValueError(f"{name} is {value:g}, which is not {_bounds(meta)}")
    return value


def _converted(name: str, value: Any, kind: Any) -> Any:  # noqa: ANN401
    if kind is Path and isinstance(value, str | os.PathLike):
        return Path(value)
    if kind in (bool, str) and isinstance(value, kind):
        return value
    if kind in (int, float) and not isinstance(value, bool):
        with contextlib.suppress(ValueError, TypeError):
            number = float(value)  # text too: YAML 1.1 takes 1e-3 for that
            if kind is float or number.is_integer():
                return kind(number)
    wanted = {bool: "true or false", Path: "a path", int: "a whole number", float: "a number", str: "text"}
    raise WrongValueError(f"{name} is {brief(value)}, not {wanted[kind]}")


def _bounds(meta: Mapping[str, Any]) -> str:
    least, most = meta["least"], meta["most"]
    if most == math.inf:
        return f"{least:g} or more"
    return f"{most:g} or less" if least == -math.inf else f"{least:g} to {most:g}"
