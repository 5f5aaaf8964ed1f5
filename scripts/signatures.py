"""Signatures of classes and functions, read off their source: the same under every version of Python."""

import ast
import inspect
import sys
import textwrap
import typing
from typing import Any

LONGEST = 100
"""Characters of a signature on one line."""


def of_field(field: ast.AnnAssign) -> str:
    """`name: type = default` of a dataclass."""
    text = ast.unparse(ast.AnnAssign(field.target, field.annotation, None, 1))
    default = field.value
    if isinstance(default, ast.Call):  # field(default=…, kw_only=True), field(default_factory=list)
        given = {one.arg: one.value for one in default.keywords}
        default = given.get("default", ast.Call(given.get("default_factory", ast.Name("…")), [], []))
    return text if default is None else f"{text} = {ast.unparse(default)}"


def signature(name: str, function: ast.FunctionDef, owner: Any) -> str:  # noqa: ANN401 - class or function
    """`name(a: int, *, b: str = "x") -> float`, over several lines where it is long."""
    returns = f" -> {ast.unparse(plain(function.returns, owner))}" if function.returns else ""
    return laid_out(name, parameters(function, owner), returns)


def parameters(function: ast.FunctionDef, owner: Any) -> list[str]:  # noqa: ANN401
    """The parameters as they are written, `self` left out."""
    given = function.args
    defaults = [None] * (len(given.args) - len(given.defaults)) + list(given.defaults)
    pairs = list(zip(given.args, defaults, strict=True))
    text = [parameter(*pair, owner) for pair in pairs if pair[0].arg not in ("self", "cls")]
    named = [parameter(*pair, owner) for pair in zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    return text + (["*", *named] if named else [])


def parameter(argument: ast.arg, default: ast.expr | None, owner: Any) -> str:  # noqa: ANN401
    """`name: type = default`, of a constant its value."""
    text = argument.arg + (
        f": {ast.unparse(plain(argument.annotation, owner))}" if argument.annotation else ""
    )
    if default is None:
        return text
    names = vars(sys.modules[owner.__module__])
    match default:
        case ast.Name(name):
            value = names.get(name)
        case ast.Attribute(ast.Name(module), name):
            value = getattr(names[module], name)
        case _:
            value = None
    return f"{text} = {repr(value) if isinstance(value, int | float | str) else ast.unparse(default)}"


def plain(annotation: ast.expr, owner: Any) -> ast.expr:  # noqa: ANN401
    """An annotation without quotes, and with the choices in place of a name for them."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return ast.parse(annotation.value, mode="eval").body
    found: ast.expr = Choices(vars(sys.modules[owner.__module__])).visit(annotation)
    return found


class Choices(ast.NodeTransformer):
    """Puts the values of a `Literal` in place of its name."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """As `ast` calls it."""
        value = self.names.get(node.id)
        if typing.get_origin(value) is not typing.Literal:
            return node
        return ast.parse(f"Literal[{', '.join(map(repr, typing.get_args(value)))}]", mode="eval").body


def laid_out(name: str, parts: list[str], end: str = "") -> str:
    """A call on one line, or a line a part."""
    line = f"{name}({', '.join(parts)}){end}"
    if len(line) > LONGEST:
        line = "\n".join([f"{name}(", *(f"    {one}," for one in parts), f"){end}"])
    return line.replace("'", '"')


def definition(value: Any) -> ast.stmt:  # noqa: ANN401
    """The source of a class or a function, parsed."""
    return ast.parse(textwrap.dedent(inspect.getsource(value))).body[0]
