"""Imports go down only; the floors are in pyproject.toml."""

from importlinter import cli


def test_imports_go_down_only(monkeypatch, capsys):
    from conftest import ROOT

    monkeypatch.chdir(ROOT)
    assert cli.lint_imports(no_cache=True) == cli.EXIT_STATUS_SUCCESS, capsys.readouterr().out
