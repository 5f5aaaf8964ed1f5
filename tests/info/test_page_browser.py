"""The architecture page in a browser: every scale, layer, panel, by mouse and keyboard, wide and narrow."""

from pathlib import Path

import pytest
from browser import PHONE, WIDE, fits, launched, needs_browser, watched
from info.page_uses import EYES, use_by_keys, use_by_mouse
from test_formulas import FUSED, ONE_HEAD, TRAINING

from yolov10.architecture import SCALES
from yolov10.info.page import page as page_text

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = needs_browser

PANELS = ("stages", "scdown", "kernels", "expansion", "assignment", "detections", "attention")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(page_text("n", 80, 640, 640), "utf-8")
    return path


@pytest.fixture(scope="module")
def browser():
    with launched() as browser:
        yield browser


@pytest.fixture
def open_page(browser, file):
    """Open the page at a size; at the end, no error and no request but for the file itself."""
    with watched(browser, file.parent.as_uri()) as open_watched:

        def call(size=WIDE, scheme="light", motion="reduce", place="", file=file):
            page = open_watched(file.as_uri() + place, size, scheme, motion)
            page.wait_for_selector("html[data-ready]")
            return page

        yield call


def number(page):
    return page.locator(".totals dd").first.inner_text()


def choose(page, name, value):
    page.locator(f'input[name="{name}"][value="{value}"]').click()


def title(page):
    return page.locator("#inspector-title").inner_text()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=lambda size: f"{size[0]} px")
@pytest.mark.parametrize("use", [use_by_mouse, use_by_keys], ids=lambda use: use.__name__)
def test_every_layer_and_panel_acts_in_every_scale(open_page, size, use):
    """By mouse and by keys alone nothing is out of reach or without effect; in n, of every panel all of it."""
    page = open_page(size)
    page.evaluate(EYES)
    wanted = {name for name, _, _ in page.evaluate("usable()")} | {"inspector BUTTON 0", "inspector BUTTON 1"}
    for scale in SCALES:
        used = use(page, scale, phone=size == PHONE, every=scale == "n")
        assert wanted - used == set() or scale != "n"
        assert {f"layer {index}" for index in range(24)} <= used
        assert {name.split()[0].split("-")[0].partition("=")[0] for name in used} >= {*PANELS} - {"stages"}
        assert fits(page)


def until(page, selector, most=60):
    """Press Tab until the focus is on it."""
    for _ in range(most):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is out of the keyboard's reach")


def test_fusing_takes_away_what_it_should(open_page):
    page = open_page(place="#s/0/22")
    rows = page.locator("#inspector tbody tr:not(.gone)")
    assert rows.count() == 12
    assert "conv1" in page.locator("#inspector").inner_text()
    choose(page, "form", 2)
    playwright.expect(rows).to_have_count(10)
    playwright.expect(page.locator("#inspector tbody .chip.norm:not(.off)")).to_have_count(0)
    assert page.locator("#inspector .facts").inner_text().count("1,089,536") == 0
    page.locator('.layer[data-layer="23"]').click()
    visible = page.locator("#inspector tbody tr:not(.gone)")
    assert all(
        "one2one" in name or "." not in name for name in visible.locator(".name-cell").all_inner_texts()
    )


def test_motion_ends_where_stillness_is(open_page):
    moving = open_page(motion="no-preference")
    choose(moving, "scale", "x")
    choose(moving, "form", 2)
    playwright.expect(moving.locator(".totals dd").first).to_have_text(f"{FUSED[5]:,}")


def test_stages_show_what_each_scale_uses(open_page):
    page = open_page()
    assert page.locator("#stages .large").count() == 3
    assert page.locator("#stages .cib").count() == 3 + 4 + 4 + 5


def test_scdown_by_sliders_and_by_preset(open_page):
    page = open_page()
    panel = page.locator("#scdown")
    assert "8.69 ×" in panel.locator(".verdict").inner_text()
    assert "1,179,648" in panel.inner_text()
    assert "135,680" in panel.inner_text()
    panel.locator("select").select_option(label="layer 5 of n: 64 → 128")
    assert "7.89 ×" in panel.locator(".verdict").inner_text()
    panel.get_by_label("channels out").focus()
    page.keyboard.press("ArrowLeft")
    assert panel.get_by_label("channels out").input_value() == "112"
    assert "64·112 + 3²·112 + 4·112" in panel.inner_text()


def test_kernels_add_up_on_the_page(open_page):
    page = open_page()
    panel = page.locator("#kernels")
    cells = panel.locator(".kernel").nth(2).locator("td")
    assert cells.count() == 49
    assert set(cells.all_inner_texts()) == {"·"}
    panel.get_by_role("button").focus()
    page.keyboard.press("Enter")
    grids = [
        [text.replace("−", "-") for text in panel.locator(".kernel").nth(at).locator("td").all_inner_texts()]
        for at in range(3)
    ]
    for large, small, total in zip(*grids, strict=True):
        assert float(large) + (0 if small == "·" else float(small)) == pytest.approx(float(total), abs=0.0151)
    before = grids[2]
    panel.get_by_label("channel").focus()
    page.keyboard.press("ArrowRight")
    assert panel.locator(".kernel").nth(2).locator("td").all_inner_texts() != before


def test_expansion_tells_default_from_published(open_page):
    page = open_page()
    panel = page.locator("#expansion")
    assert "every published network uses" in panel.locator(".verdict").inner_text()
    assert "71,936" in panel.inner_text()  # 4·128² + 50·128
    panel.get_by_label("expansion e").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert "never used" in panel.locator(".verdict").inner_text()
    panel.get_by_label("with the 7×7").focus()
    page.keyboard.press("Space")
    assert "64·128" in panel.locator(".formula").inner_text()


def test_assignment_of_every_object_by_mouse_and_by_button(open_page):
    page = open_page()
    panel = page.locator("#assignment")
    for button in panel.locator(".objects button").all():
        button.focus()
        page.keyboard.press("Enter")
        heads = panel.locator("tbody tr").all_inner_texts()
        assert 1 <= sum("one-to-many" in head for head in heads) <= 10
        assert sum("one-to-one" in head for head in heads) <= 1
    choose(page, "assignment-head", "one2one")
    assert all("one-to-one" in head for head in panel.locator("tbody tr").all_inner_texts())
    before = panel.get_by_role("status").inner_text()
    panel.locator(".pick").first.click()
    assert panel.get_by_role("status").inner_text() != before


def test_detections_are_suppressed_only_where_asked(open_page):
    page = open_page()
    panel = page.locator("#detections")

    def counts():
        return [int(text) for text in panel.locator(".verdict b").all_inner_texts()]

    once = counts()
    choose(page, "detections-head", "one2many")
    many = counts()
    assert many[1] > once[1]
    panel.get_by_label("suppress overlaps").focus()
    page.keyboard.press("Space")
    assert counts() == [many[0] - many[1], 0]
    panel.get_by_label("confidence above").focus()
    page.keyboard.press("End")
    assert counts()[0] < many[0] - many[1]


def test_attention_of_a_cell_by_click_and_by_slider(open_page):
    page = open_page()
    panel = page.locator("#attention")
    panel.get_by_label("column").focus()
    page.keyboard.press("Home")
    assert "column 1, row" in panel.get_by_role("status").inner_text()
    picture = panel.locator(".scene")
    box = picture.bounding_box()
    picture.click(position={"x": box["width"] - 3, "y": 3})
    assert "column 10, row 1" in panel.get_by_role("status").inner_text()
    choose(page, "attention-head", "1")
    assert "% of its attention" in panel.get_by_role("status").inner_text()


def test_questions_lead_to_their_panels(open_page):
    page = open_page()
    links = page.locator("#questions a")
    assert [link.get_attribute("href") for link in links.all()] == [f"#{panel}" for panel in PANELS]
    for link, panel in zip(links.all(), PANELS, strict=True):
        link.focus()
        page.keyboard.press("Enter")
        playwright.expect(page.locator(f"#{panel}-title")).to_be_in_viewport()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=lambda size: f"{size[0]} px")
def test_other_sizes_and_class_counts_are_drawn_too(open_page, file, size):
    other = file.with_name("other.html")
    other.write_text(page_text("s", 3, 384, 640), "utf-8")
    page = open_page(size, file=other)
    assert number(page) == "8,068,674"
    assert "256·24×40" in page.locator('.layer[data-layer="5"]').text_content()
    assert fits(page)


def test_a_link_opens_at_its_place(open_page):
    page = open_page(place="#l/1/10")
    assert number(page) == f"{ONE_HEAD[4]:,}"
    assert title(page).startswith("10 PSA")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=lambda size: f"{size[0]} px")
def test_axe_finds_nothing_serious(open_page, size, scheme):
    axe = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    page = open_page(size, scheme)
    page.locator("#kernels").get_by_role("button").click()
    page.locator('.layer[data-layer="22"]').click()
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert {
        violation["id"]: [
            node["html"][:160] + node["failureSummary"][:200] for node in violation["nodes"][:3]
        ]
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
    } == {}
