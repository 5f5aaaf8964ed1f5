"""What the package's HTML pages share: how one file is made of many, and their colours and letters."""

from collections.abc import Iterable
from importlib.resources import files


def joined(package: str, kind: str, names: Iterable[str]) -> str:
    """The texts `kind/NAME.kind` of a package, "css" or "js", one after another.

    Style sheets begin with the house's own, `house.css` beside this file.
    """
    house = [part(__package__, "house.css")] if kind == "css" else []
    return "\n".join([*house, *(part(package, f"{kind}/{name}.{kind}") for name in names)])


def part(package: str, name: str) -> str:
    """A text file of a package."""
    return (files(package) / name).read_text("utf-8")
