"""The architecture page in a browser: every scale, layer, panel, by mouse and keyboard, wide and narrow."""

import pytest
from browser import PHONE, WIDE, Axe, fits, needs_browser
from info.page_uses import EYES, use_by_keys, use_by_mouse
from test_formulas import FUSED, ONE_HEAD

from yolov10.architecture import SCALES
from yolov10.info.page import page as page_text

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = needs_browser

PANELS = ("stages", "scdown", "kernels", "expansion", "assignment", "detections", "attention")


def number(page):
    return page.locator(".totals dd").first.inner_text()


def choose(page, name, value):
    page.locator(f'input[name="{name}"][value="{value}"]').click()


def title(page):
    return page.locator("#inspector-title").inner_text()


@pytest.mark.parametrize(
    ("use", "size"),
    [
        (use_by_mouse, PHONE),
        (use_by_keys, WIDE),
        pytest.param(use_by_mouse, WIDE, marks=pytest.mark.slow),
        pytest.param(use_by_keys, PHONE, marks=pytest.mark.slow),
    ],
    ids=["mouse, phone", "keys, wide", "mouse, wide", "keys, phone"],
)
def test_every_layer_and_panel_acts_in_every_scale(open_page, size, use):
    """By mouse and by keys alone nothing is out of reach or without effect; in n, all of every panel."""
    page = open_page(size)
    page.evaluate(EYES)
    wanted = {name for name, _, _ in page.evaluate("usable()")} | {"inspector BUTTON 0", "inspector BUTTON 1"}
    for scale in SCALES:
        used = use(page, scale, phone=size == PHONE, every=scale == "n")
        assert wanted - used == set() or scale != "n"
        assert {f"layer {index}" for index in range(24)} <= used
        assert {name.split()[0].split("-")[0].partition("=")[0] for name in used} >= {*PANELS} - {"stages"}
        assert fits(page)


def test_two_links_skip_to_the_network_and_to_the_questions(open_page):
    page = open_page()
    for link, reached in ((1, "layer 0"), (2, "questions A 0")):
        page.reload()
        page.evaluate(EYES)
        for _ in range(link):
            page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        while page.evaluate("focused()[1]") == "radio":  # what stands under each name
            page.keyboard.press("Tab")
        assert page.evaluate("focused()[0]") == reached


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


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=lambda size: f"{size[0]} px")
def test_other_sizes_and_class_counts_are_drawn_too(open_page, page_file, size):
    other = page_file.with_name("other.html")
    other.write_text(page_text("s", 3, 384, 640), "utf-8")
    page = open_page(size, file=other)
    assert number(page) == "8,068,674"
    assert "256·24×40" in page.locator('.layer[data-layer="5"]').text_content()
    assert fits(page)


@pytest.mark.parametrize("size", [WIDE, (1024, 768), PHONE], ids=lambda size: f"{size[0]} px")
def test_no_switch_is_cut_off_and_no_name_touches_the_next(open_page, size):
    page = open_page(size)
    for scale in SCALES:
        choose(page, "scale", scale)
        assert page.locator(".choice label").evaluate_all(CUT_OFF) == []
        assert page.locator(".layer .name").evaluate_all(TOUCHING) == []


def test_the_wide_drawing_is_large_and_the_legend_covers_no_layer(open_page):
    page = open_page()
    for scale in SCALES:
        choose(page, "scale", scale)
        choose(page, "form", 2)  # the longest text beside the drawing
        legend = page.locator(".legend").bounding_box()
        assert page.locator("rect.picture").bounding_box()["height"] > 180
        for layer in page.locator(".layer .hit").evaluate_all(
            "(hits) => hits.map((hit) => hit.getBoundingClientRect().toJSON())"
        ):
            assert layer["right"] < legend["x"] or layer["top"] > legend["y"] + legend["height"]


CUT_OFF = """(labels) => {
  const right = (element) => element.getBoundingClientRect().right;
  return labels.filter((label) => right(label) > Math.min(right(label.parentElement), innerWidth) + 1)
    .map((label) => label.textContent);
}"""
TOUCHING = """(names) => {
  const boxes = names.map((name) => [name.textContent, name.getBoundingClientRect()]);
  return boxes.flatMap(([text, a], at) => boxes.slice(0, at)
    .filter(([, b]) => a.left < b.right + 2 && b.left < a.right + 2 && a.top < b.bottom && b.top < a.bottom)
    .map(([other]) => `${other}|${text}`));
}"""


def test_a_link_opens_at_its_place(open_page):
    page = open_page(place="#l/1/10")
    assert number(page) == f"{ONE_HEAD[4]:,}"
    assert title(page).startswith("10 PSA")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=lambda size: f"{size[0]} px")
def test_axe_finds_nothing_serious_in_any_state(open_page, size, scheme):
    page = open_page(size, scheme)
    axe = Axe(page)
    axe.judge("as loaded")
    page.locator('.layer[data-layer="22"]').click()
    axe.judge("a layer open")
    if size == PHONE:
        page.get_by_role("button", name="Close").click()
    choose(page, "form", 2)
    choose(page, "measure", "parameters")
    axe.judge("fused, with a measure")
    panels = {id: page.locator(f"#{id}") for id in PANELS}
    panels["kernels"].get_by_role("button").click()
    panels["expansion"].get_by_label("with the 7×7").check()
    choose(page, "assignment-head", "one2one")
    choose(page, "detections-head", "one2many")
    panels["detections"].get_by_label("suppress overlaps").check()
    page.locator('.layer[data-layer="23"]').click()
    axe.judge("the heads open, panels used")
    assert axe.found == {}
