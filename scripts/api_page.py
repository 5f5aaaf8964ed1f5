"""Write docs/api.md from the docstrings of the public names: `python scripts/api_page.py`.

Everything is read off the source, so that the page is the same under every version of Python.
"""

import ast
import dataclasses
import importlib
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from signatures import definition, laid_out, of_field, parameters, signature

from yolov10.settings import settings_of

PAGE = Path(__file__).parents[1] / "docs" / "api.md"

PACKAGES = {
    "yolov10": "Detect",
    "yolov10.prediction": "Videos and tracking",
    "yolov10.network": "The network",
    "yolov10.weights": "Weights",
    "yolov10.training": "Training",
    "yolov10.evaluation": "Evaluation",
    "yolov10.export": "Export",
    "yolov10.serve": "The service",
}
"""Every package with public names, and the title of its section."""

BEGINNING = """\
# Python

Written from the docstrings by `scripts/api_page.py`, which a test holds up to date. These names stay; what is
not here may change. They load when they are first used: `import yolov10` loads neither NumPy nor torch.

```python
from yolov10 import Detector
from yolov10.network import build
from yolov10.training import DualAssignmentLoss

detector = Detector("cells", threads=2)
found = detector("street.jpg")
print(found.boxes.shape, found.counts())
for found in detector.stream("photos/", batch=8):
    print(found.source, len(found))

network = build("n", num_classes=3)
total, items = DualAssignmentLoss(num_classes=3)(network.train()(images), targets)
total.backward()
```

`images` is [B, 3, H, W], RGB in 0..1; `targets` [rows, 6]: image, class, cx cy w h as shares of the picture.
"""

ARGUMENT = re.compile(r"([A-Za-z_0-9]+(?:, [A-Za-z_0-9]+)*)( \[[^]]*\])?: ")
"""How a line of a docstring begins that speaks of one or several arguments, or of what is returned."""

INNER = {
    "Detector": {"results"},
    "YOLOv10": {"detect", "features", "drop_one2many"},
    "TrainConfig": {"given", "with_given", "anchored", "augmentation"},
}
"""Methods that other modules of the package call, and that nobody else need know."""


def page() -> str:
    """The whole page."""
    told: set[str] = set()
    lines = [line for package in PACKAGES for line in section(package, told)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join([BEGINNING, *lines])).rstrip() + "\n"


def section(package: str, told: set[str]) -> Iterator[str]:
    """A package's names but for those `told` of before."""
    module = importlib.import_module(package)
    yield from (f"## {PACKAGES[package]}: `{package}`", "")
    for name in module.__all__:
        value = getattr(module, name)
        if name in told:
            yield from (f"`{name}` is the one of above.", "")
        elif isinstance(value, type):
            yield from of_class(value)
        elif callable(value):
            tree = definition(value)
            assert isinstance(tree, ast.FunctionDef)
            yield from entry(3, name, signature(name, tree, value), ast.get_docstring(tree))
        told.add(name)


def of_class(cls: type) -> Iterator[str]:
    """A class: how it is made, what it holds, what it does."""
    tree = definition(cls)
    assert isinstance(tree, ast.ClassDef)
    yield from entry(3, cls.__name__, made(cls, tree), ast.get_docstring(tree))
    if dataclasses.is_dataclass(cls):
        yield from settings_table(cls)
        yield from fields(tree)
    for method in tree.body:
        if isinstance(method, ast.FunctionDef) and is_told(method, cls):
            code = signature(method.name, method, cls)
            yield from entry(4, f"{cls.__name__}.{method.name}", code, ast.get_docstring(method))


def is_told(method: ast.FunctionDef, cls: type) -> bool:
    """Whether a method is documented, and for users."""
    is_property = any(ast.unparse(one) == "property" for one in method.decorator_list)
    is_public = method.name == "__call__" or not method.name.startswith("_")
    is_inner = method.name in INNER.get(cls.__name__, ())
    return is_public and not is_inner and not is_property and ast.get_docstring(method) is not None


def entry(level: int, title: str, code: str, docstring: str | None) -> Iterator[str]:
    """A heading, a signature, and what is said of it."""
    yield from (f"{'#' * level} `{title}`", "", "```text", code, "```", "")
    yield from prose(docstring or "")
    yield ""


def prose(docstring: str) -> Iterator[str]:
    """A docstring as Markdown: lines that speak of arguments become a list."""
    in_list = False
    docstring = re.sub(r" \((spec|contract)[^)]*\)", "", docstring)  # where it is written that it must be so
    docstring = re.sub(rf"\. (?={ARGUMENT.pattern})", ".\n", docstring)
    for line in docstring.splitlines():
        found = ARGUMENT.match(line)
        if found:
            names = ", ".join(f"`{name}`" for name in found[1].split(", "))
            yield from ([] if in_list else [""])
            yield f"* {names}{found[2] or ''}: {line[found.end() :]}"
        elif line.startswith("Raises ") and in_list:
            yield from ("", line)
        else:
            yield f"  {line}" if in_list and line else line
        in_list = bool(found) or (in_list and line != "" and not line.startswith("Raises "))


def settings_table(cls: type) -> Iterator[str]:
    """The settings of a class, if it has such."""
    if not (settings := settings_of(cls)):
        return
    yield from ("| setting | unless given | |", "|---|---|---|")
    for name, field in settings.items():
        default, text = field.metadata["default"], field.metadata["help"].replace("|", "\\|")
        yield f"| `{name}` | {'' if default is None else f'`{default}`'} | {text} |"
    yield ""


def fields(tree: ast.ClassDef) -> Iterator[str]:
    """The fields that a text follows."""
    for one, after in pairwise(tree.body):
        if isinstance(one, ast.AnnAssign) and isinstance(after, ast.Expr):
            yield f"* `{ast.unparse(one.target)}`: {' '.join(ast.literal_eval(after.value).split())}"
    yield ""


def made(cls: type, tree: ast.ClassDef) -> str:
    """How an instance is made; an exception's base instead, and of settings only that there are some."""
    if issubclass(cls, Exception):
        return f"class {cls.__name__}({', '.join(map(ast.unparse, tree.bases))})"
    if dataclasses.is_dataclass(cls):
        own = [of_field(one) for one in tree.body if isinstance(one, ast.AnnAssign)]
        return laid_out(cls.__name__, ["setting=value", "…"] if settings_of(cls) else own)
    init = next(one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == "__init__")
    return laid_out(cls.__name__, parameters(init, cls))


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
