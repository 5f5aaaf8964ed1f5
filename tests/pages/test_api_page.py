"""docs/api.md is what its script makes of the docstrings, of all public names and no others."""

import importlib

import api_page
from rules.test_public_names import PUBLIC


def test_the_page_is_up_to_date():
    written = api_page.PAGE.read_text("utf-8")
    assert written == api_page.page(), "run python scripts/api_page.py"


def test_every_public_name_is_on_it():
    assert set(api_page.PACKAGES) == set(PUBLIC)
    titles = {line.split("`")[1] for line in api_page.page().splitlines() if line.startswith("### ")}
    assert titles == {name for names in PUBLIC.values() for name in names} - {"__version__"}


def test_what_is_left_out_exists():
    classes = {name: value for package in PUBLIC for name, value in vars_of(package).items()}
    assert all(
        hasattr(classes[name], method) for name, methods in api_page.INNER.items() for method in methods
    )


def vars_of(package):
    module = importlib.import_module(package)
    return {name: getattr(module, name) for name in module.__all__}
