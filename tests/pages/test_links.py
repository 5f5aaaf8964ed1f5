"""Every link of every page leads somewhere."""

from urllib.parse import unquote

import pytest
from conftest import ROOT
from pages.markdown import anchors, links

OURS = ("", "docs", "tests", "scripts", "benchmarks", "src")
PAGES = sorted(
    page
    for folder in OURS
    for page in (ROOT / folder).glob("**/*.md" if folder else "*.md")
    if "node_modules" not in page.parts
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_that_are_there(page):
    astray = [target for target in links(page) if not leads_somewhere(page, target)]
    assert astray == []


def leads_somewhere(page, target):
    if "://" in target or target.startswith("mailto:"):
        return True
    path, _, anchor = unquote(target).partition("#")
    file = (page.parent / path).resolve() if path else page
    return file.exists() and (not anchor or anchor in anchors(file))


def test_a_wrong_link_is_found(tmp_path):
    page = tmp_path / "a.md"
    page.write_text("# One `x`: two\n[![p](b.png)](#one-x-two) [c](a.md#one) [d](a.md) `[e](f.md)`\n")
    assert links(page) == ["b.png", "#one-x-two", "a.md#one", "a.md"]
    assert anchors(page) == {"one-x-two"}
    assert not leads_somewhere(page, "b.png")
    assert not leads_somewhere(page, "a.md#one")
    assert leads_somewhere(page, "#one-x-two")
    assert leads_somewhere(page, "a.md")
