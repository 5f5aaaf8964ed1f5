"""Licences of everything installed beside the package, against an allow-list."""

import re
from importlib import metadata

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

READ = {"axe-playwright-python": {"MIT", "MPL-2.0"}}
"""Read in the files that come along, where metadata names none: its LICENSE, the head of its axe.min.js."""


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


def test_every_installed_distribution_has_an_allowed_licence():
    refused = {
        distribution.metadata["Name"]: sorted(found)
        for distribution in metadata.distributions()
        if not (found := licences(distribution)) <= ALLOWED
    }
    assert refused == {}
