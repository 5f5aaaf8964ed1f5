"""What the panels of the architecture page tell, and that keys alone are enough to ask them."""

import pytest
from browser import needs_browser
from info.test_page_browser import PANELS, choose

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = needs_browser


AHEAD = """(element) => element.closest("section, nav").contains(document.activeElement)
  && Boolean(element.compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_PRECEDING)"""


def tab_to(page, locator, most=40):
    """Press Tab until it has the focus, from the title of its section on unless it is ahead."""
    if not locator.evaluate(AHEAD):
        locator.locator("xpath=ancestor::*[self::section or self::nav][1]//h2").click()
    for _ in range(most):
        page.keyboard.press("Tab")
        if locator.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"{locator} is out of the keyboard's reach")


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
    tab_to(page, panel.get_by_label("channels out"))
    page.keyboard.press("ArrowLeft")
    assert panel.get_by_label("channels out").input_value() == "112"
    assert "64·112 + 3²·112 + 4·112" in panel.inner_text()


def test_kernels_add_up_on_the_page(open_page):
    page = open_page()
    panel = page.locator("#kernels")
    cells = panel.locator(".kernel").nth(2).locator("td")
    assert cells.count() == 49
    assert set(cells.all_inner_texts()) == {"·"}
    tab_to(page, panel.get_by_role("button"))
    page.keyboard.press("Enter")
    grids = [
        [text.replace("−", "-") for text in panel.locator(".kernel").nth(at).locator("td").all_inner_texts()]
        for at in range(3)
    ]
    for large, small, total in zip(*grids, strict=True):
        assert float(large) + (0 if small == "·" else float(small)) == pytest.approx(float(total), abs=0.0151)
    before = grids[2]
    tab_to(page, panel.get_by_label("channel"))
    page.keyboard.press("ArrowRight")
    assert panel.locator(".kernel").nth(2).locator("td").all_inner_texts() != before


def test_expansion_tells_default_from_published(open_page):
    page = open_page()
    panel = page.locator("#expansion")
    assert "every published network uses" in panel.locator(".verdict").inner_text()
    assert "71,936" in panel.inner_text()  # 4·128² + 50·128
    tab_to(page, panel.get_by_label("expansion e"))
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert "never used" in panel.locator(".verdict").inner_text()
    tab_to(page, panel.get_by_label("with the 7×7"))
    page.keyboard.press("Space")
    assert "64·128" in panel.locator(".formula").inner_text()


def test_assignment_of_every_object_by_mouse_and_by_button(open_page):
    page = open_page()
    panel = page.locator("#assignment")
    for button in panel.locator(".objects button").all():
        tab_to(page, button)
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
    tab_to(page, panel.get_by_label("suppress overlaps"))
    page.keyboard.press("Space")
    assert counts() == [many[0] - many[1], 0]
    tab_to(page, panel.get_by_label("confidence above"))
    page.keyboard.press("End")
    assert counts()[0] < many[0] - many[1]


def test_attention_of_a_cell_by_click_and_by_slider(open_page):
    page = open_page()
    panel = page.locator("#attention")
    tab_to(page, panel.get_by_label("column"))
    page.keyboard.press("Home")
    assert "column 1, row" in panel.get_by_role("status").inner_text()
    picture = panel.locator(".scene")
    box = picture.bounding_box()
    picture.click(position={"x": box["width"] - 3, "y": 3})
    columns = int(panel.get_by_label("column").get_attribute("max"))
    assert f"column {columns}, row 1" in panel.get_by_role("status").inner_text()
    choose(page, "attention-head", "1")
    assert "% of its attention" in panel.get_by_role("status").inner_text()


def test_questions_lead_to_their_panels(open_page):
    page = open_page()
    links = page.locator("#questions a")
    assert [link.get_attribute("href") for link in links.all()] == [f"#{panel}" for panel in PANELS]
    for link, panel in zip(links.all(), PANELS, strict=True):
        tab_to(page, link)
        page.keyboard.press("Enter")
        playwright.expect(page.locator(f"#{panel}-title")).to_be_in_viewport()


def test_names_over_boxes_do_not_cover_each_other(open_page):
    page = open_page()
    sides = "(box) => [box.left, box.top, box.right, box.bottom]"
    boxes = page.locator("#detections .scene text").evaluate_all(
        f"(texts) => texts.map((text) => text.getBoundingClientRect()).map({sides})"
    )
    assert len(boxes) > 5
    for at, (left, top, right, bottom) in enumerate(boxes):
        for x1, y1, x2, y2 in boxes[:at]:
            assert min(right, x2) <= max(left, x1) + 1 or min(bottom, y2) <= max(top, y1) + 4
