"""docs/api.md is what its script makes of the docstrings, of all public names and no others."""

import importlib.util

import pytest
from conftest import ROOT
from rules.test_public_names import PUBLIC


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("api_page", ROOT / "scripts" / "api_page.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(script):
    written = script.PAGE.read_text("utf-8")
    assert written == script.page(), "run python scripts/api_page.py"


def test_every_public_name_is_on_it(script):
    assert set(script.PACKAGES) == set(PUBLIC)
    titles = {line.split("`")[1] for line in script.page().splitlines() if line.startswith("### ")}
    assert titles == {name for names in PUBLIC.values() for name in names} - {"__version__"}


def test_what_is_left_out_exists(script):
    classes = {name: value for package in PUBLIC for name, value in vars_of(package).items()}
    assert all(hasattr(classes[name], method) for name, methods in script.INNER.items() for method in methods)


def vars_of(package):
    module = importlib.import_module(package)
    return {name: getattr(module, name) for name in module.__all__}
