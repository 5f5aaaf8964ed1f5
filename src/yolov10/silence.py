"""Importing libraries that do more than be imported, with the rest kept from happening (contract 1).

Some report home: OpenVINO and NNCF import the package `openvino_telemetry`, which looks up a server and
writes an identifier into the home folder; they run without it when it is not installed. While they are
imported it is made to look so. Some write into the process's environment, which programs started later
would inherit: what they wrote is taken back.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from types import ModuleType

from yolov10.errors import require

REPORTER = "openvino_telemetry"


def import_openvino(purpose: str) -> ModuleType:
    """The `openvino` module. Raises MissingExtraError where it is not installed."""
    with _as_if_not_installed(REPORTER):
        return require("openvino", install="open-yolov10[openvino]", purpose=purpose)


def import_nncf(purpose: str) -> ModuleType:
    """The `nncf` module, int8 quantization. Raises MissingExtraError where it is not installed."""
    with _as_if_not_installed(REPORTER):
        return require("nncf", install="open-yolov10[export]", purpose=purpose)


def import_ray(purpose: str) -> ModuleType:
    """The `ray` module. Raises MissingExtraError where it is not installed."""
    with environment_kept():
        return require("ray", install="open-yolov10[ray]", purpose=purpose)


@contextlib.contextmanager
def environment_kept() -> Iterator[None]:
    """Put every environment variable back as it was."""
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update({name: value for name, value in before.items() if os.environ.get(name) != value})


@contextlib.contextmanager
def _as_if_not_installed(module: str) -> Iterator[None]:
    """A None in `sys.modules` is Python's own sign for a module that cannot be imported."""
    if module in sys.modules:  # the user's own program imported it: theirs to decide
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]
