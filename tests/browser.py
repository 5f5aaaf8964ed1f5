"""Chromium for the tests of the two pages; without it they are skipped."""

import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(
    BROWSER is None, reason="no Chromium: CI installs one, elsewhere apt-get install chromium"
)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, PHONE = (1440, 900), (360, 780)
PATIENCE = 60_000


@contextmanager
def launched(*arguments):
    """A browser that asks for nothing by itself."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=[*QUIET, *arguments])
        yield browser
        browser.close()


@contextmanager
def watched(browser, *allowed):
    """Opens pages; at the end none has had an error or asked for what begins with none of `allowed`."""
    contexts, faults, requests = [], [], []

    def open_page(address, size=WIDE, scheme="light", motion="reduce", forgiven=()):
        """`forgiven`: what the errors that a test brings about begin with."""
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion=motion
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)

        def heard(text):
            if not text.startswith(("\0", *forgiven)):
                faults.append(text)

        page.on("console", lambda message: heard(message.text))
        page.on("pageerror", lambda fault: heard(str(fault)))
        page.on("dialog", lambda dialog: faults.append(dialog.message) or dialog.dismiss())
        page.on("request", lambda request: requests.append(request.url))
        page.requests = requests
        page.goto(address)
        return page

    try:
        yield open_page
    finally:
        for context in contexts:
            context.close()
    assert faults == []
    assert [url for url in requests if not url.startswith(("data:", *allowed))] == []


def fits(page):
    """Nothing makes the page wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


class Axe:
    """Judges a page in one state after another; `found` is what it holds to be serious."""

    def __init__(self, page):
        axe = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
        self.page, self.found = page, {}
        page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text("utf-8"))

    def judge(self, state):
        result = self.page.evaluate("axe.run(document, {resultTypes: ['violations'], iframes: false})")
        for violation in result["violations"]:
            if violation["impact"] in ("serious", "critical"):
                nodes = [node["html"][:160] + node["failureSummary"][:200] for node in violation["nodes"][:3]]
                self.found[state, violation["id"]] = nodes
        assert fits(self.page), state
