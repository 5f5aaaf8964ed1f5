"""Licences of everything installed beside the package, against an allow-list."""

import re
import sysconfig
from email import message_from_string
from importlib import metadata
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

ALLOWED = {
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSD",
    "BSL-1.0",
    "ISC",
    "MIT",
    "MIT-CMU",
    "MPL-2.0",  # file-level copyleft: used unchanged
    "PSF-2.0",
    "Python-2.0",
    "Unlicense",
    "Zlib",
    "0BSD",
    "CC0-1.0",
}
CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
TEXTS = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "BSD 3-Clause": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD-3-Clause License": "BSD-3-Clause",
    "FreeBSD": "BSD-2-Clause",
    "MIT License": "MIT",
    "The MIT License": "MIT",
}

READ = {"atheris": {"Apache-2.0"}, "axe-playwright-python": {"MIT", "MPL-2.0"}}
"""Read in the files that come along, where metadata names none: its LICENSE, the head of its axe.min.js."""

OF_TORCH = re.compile(r"(nvidia|cuda)-.*")
"""NVIDIA's libraries, under its own licence: torch brings them to a Linux machine that takes its CUDA build.

They are the user's choice, not needed here (CONTRIBUTING, "Dependencies"); CI installs the build for the CPU.
"""


def licences(distribution):
    """SPDX names of a distribution's licence, as its metadata gives them."""
    facts = distribution.metadata
    if facts["Name"] in READ:
        return READ[facts["Name"]]
    if expression := facts.get("License-Expression"):
        words = re.sub(r"[()]|WITH \S+", " ", expression).split()  # an exception only ever permits more
        return {word for word in words if word not in ("AND", "OR")}
    prefix = "License :: OSI Approved :: "
    classifiers = [c.removeprefix(prefix) for c in facts.get_all("Classifier", []) if c.startswith(prefix)]
    if classifiers:
        return {CLASSIFIERS.get(c, c) for c in classifiers}
    text = (facts.get("License") or "").strip()
    return {TEXTS.get(text, text or "none stated")}


def tree(extra):
    """Distributions that an install with an extra brings, by name; None for one that is not here."""
    found = {}
    pending = [Requirement(f"open-yolov10[{extra}]" if extra else "open-yolov10")]
    seen = set()
    while pending:
        wanted = pending.pop()
        if (key := (wanted.name.lower(), frozenset(wanted.extras))) in seen:
            continue
        seen.add(key)
        try:
            found[wanted.name] = metadata.distribution(wanted.name)
        except metadata.PackageNotFoundError:
            found[wanted.name] = None
            continue
        needed = map(Requirement, found[wanted.name].requires or ())
        chosen = [*wanted.extras, ""]
        pending += [n for n in needed if not n.marker or any(n.marker.evaluate({"extra": e}) for e in chosen)]
    return found


EXTRAS = metadata.metadata("open-yolov10").get_all("Provides-Extra")


@pytest.mark.parametrize("extra", ["", *EXTRAS])
def test_the_whole_tree_of_an_extra_is_here_and_its_licences_are_allowed(extra):
    """Of what is not installed no licence could be read."""
    found = tree(extra)
    assert len(found) > 5
    assert [name for name, distribution in found.items() if distribution is None] == []
    own = {name: it for name, it in found.items() if not OF_TORCH.fullmatch(name)}
    assert {name: sorted(licences(it)) for name, it in own.items() if not licences(it) <= ALLOWED} == {}


@pytest.mark.parametrize(
    ("facts", "allowed"),
    [
        ("License-Expression: MIT AND (Apache-2.0 OR BSD-2-Clause)", True),
        ("License-Expression: MIT OR GPL-3.0-only", False),
        ("License-Expression: AGPL-3.0-only", False),
        ("Classifier: License :: OSI Approved :: MIT License", True),
        ("Classifier: License :: OSI Approved :: GNU Affero General Public License v3", False),
        ("License: Apache License 2.0", True),
        ("License: Proprietary", False),
        ("", False),
    ],
)
def test_a_licence_that_is_not_listed_is_refused(facts, allowed):
    distribution = SimpleNamespace(metadata=message_from_string(f"Name: some\n{facts}\n"))
    assert (licences(distribution) <= ALLOWED) == allowed


def test_every_installed_distribution_has_an_allowed_licence():
    # Of this environment: setuptools, once imported, shows the copies it has for itself, too.
    paths = sysconfig.get_paths()
    refused = {
        distribution.metadata["Name"]: sorted(found)
        for distribution in metadata.distributions(path=[*{paths["purelib"], paths["platlib"]}])
        if not (found := licences(distribution)) <= ALLOWED
        and not OF_TORCH.fullmatch(distribution.metadata["Name"])
    }
    assert refused == {}
