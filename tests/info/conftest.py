"""The architecture page in one browser for all tests of a file."""

import pytest
from browser import WIDE, launched, watched

from yolov10.info.page import page as page_text


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(page_text("n", 80, 640, 640), "utf-8")
    return path


@pytest.fixture(scope="module")  # no longer: while it is open, its event loop runs in this thread
def browser():
    with launched() as browser:
        yield browser


@pytest.fixture
def open_page(browser, page_file):
    """Open the page at a size; at the end, no error and no request but for the file itself."""
    with watched(browser, page_file.parent.as_uri()) as open_watched:

        def call(size=WIDE, scheme="light", motion="reduce", place="", file=page_file):
            page = open_watched(file.as_uri() + place, size, scheme, motion)
            page.wait_for_selector("html[data-ready]")
            return page

        yield call
