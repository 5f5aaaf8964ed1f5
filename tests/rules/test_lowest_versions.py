"""`constraints-lowest.txt`, with which `make test-lowest` installs, holds the floors of pyproject.toml."""

import tomllib
from itertools import chain

from conftest import ROOT
from packaging.requirements import Requirement
from packaging.version import Version


def floors():
    """The lowest version of each direct dependency, of every extra, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    texts = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    wanted = [one for one in map(Requirement, texts) if one.name != "open-yolov10"]
    return {
        one.name: Version(part.version) for one in wanted for part in one.specifier if part.operator == ">="
    }, {one.name for one in wanted}


def pins():
    lines = (ROOT / "constraints-lowest.txt").read_text().splitlines()
    return {name: Version(pin) for name, _, pin in (line.partition("==") for line in lines if line[0] != "#")}


def test_every_dependency_has_a_floor():
    lowest, names = floors()
    assert set(lowest) == names


def test_the_lowest_versions_are_the_floors():
    """A floor of 5.0 may be met by a first release called 5.0.0.93."""
    lowest, _ = floors()
    assert set(pins()) == set(lowest)
    for name, pin in pins().items():
        floor = lowest[name].release
        assert pin.release[: len(floor)] == floor, name
