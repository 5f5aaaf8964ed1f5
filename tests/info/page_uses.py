"""Everything of the architecture page that can be used, used as a person does: by mouse, or by keys alone.

Both return the names of what they used, which are those of `usable()` in page_eyes.js, and find that each
use has had an effect.
"""

from pathlib import Path

from test_formulas import FUSED, ONE_HEAD, TRAINING

from yolov10.architecture import SCALES

EYES = (Path(__file__).parent / "page_eyes.js").read_text("utf-8") + "true"  # of a function, the value is called
FORMS = (TRAINING, ONE_HEAD, FUSED)
ORDER = list(SCALES)
BEFORE, TRIED = "layer 4", "layer 5"
"""Between them the buttons of an opened layer are tried."""


def use_by_mouse(page, scale, phone):
    used = set()
    for name, kind in page.evaluate("usable()"):
        if name == "form=0":
            click(page, f"scale={scale}")
        if name == "layer 0":
            click(page, f"form={ORDER.index(scale) % 3}")
        if kind == "select-one":
            page.locator("#scdown-preset").select_option(index=1)  # its list is no part of the page
        else:
            click(page, name)
        if name.startswith("form="):
            tells_parameters(page, scale, int(name[-1]))
        if kind == "layer":
            layer_is_open(page, name)
            used |= leave_by_mouse(page, name, phone)
        elif kind == "A":
            assert page.evaluate("name => arrived(find(name))", name), name
        elif kind != "DIV":
            assert page.evaluate("name => acted(find(name))", name), name
        used.add(name)
    click_pictures(page)
    return used


def click(page, name):
    page.mouse.click(*page.evaluate("name => target(find(name))", name))


def leave_by_mouse(page, name, phone):
    """The buttons of the opened layer; on a phone it lies over the rest and is closed."""
    used = set()
    if name == TRIED:
        for button, neighbour in (("inspector BUTTON 0", BEFORE), ("inspector BUTTON 1", TRIED)):
            click(page, button)
            layer_is_open(page, neighbour)
            used.add(button)
    if phone:
        click(page, "inspector BUTTON 2")
        assert not page.evaluate("opened()[1]")
    return used


def click_pictures(page):
    """An object of the picture, and a cell of it."""
    for panel, part in (("assignment", ".pick"), ("attention", ".scene svg")):
        before = page.locator(f"#{panel}").get_by_role("status").inner_text()
        page.mouse.click(*page.evaluate("part => target(document.querySelector(part))", f"#{panel} {part}"))
        assert page.locator(f"#{panel}").get_by_role("status").inner_text() != before


def use_by_keys(page, scale, phone):
    used = set()
    while stop := next_stop(page):
        name, kind = stop
        if name in used:
            break
        used.add(name)
        match kind:
            case "radio":
                used |= choose_by_keys(page, name.partition("=")[0], scale)
            case "layer":
                page.keyboard.press("Enter" if int(name[-1]) % 2 else "Space")
                layer_is_open(page, name)
                if phone:
                    used |= leave_by_keys(page, name)
            case "range":
                page.keyboard.press("ArrowLeft")
                if not page.evaluate("acted(document.activeElement)"):
                    page.keyboard.press("ArrowRight")
            case "submit":
                page.keyboard.press("Enter" if int(name[-1]) % 2 else "Space")
            case "checkbox":
                page.keyboard.press("Space")
            case "select-one":
                page.keyboard.press("ArrowDown")
        if kind not in ("layer", "radio", "DIV", "A"):
            assert page.evaluate("acted(document.activeElement)"), name
    return used


def next_stop(page, most=4):
    """Press Tab until something of the page has the focus; None at its end."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if stop := page.evaluate("focused()"):
            return stop
    return None


def choose_by_keys(page, group, scale):
    """Once round a group of radio buttons by the arrow keys; on to the scale that is asked for."""
    values = page.evaluate("group => [...document.getElementsByName(group)].map((e) => e.value)", group)
    extra = {"scale": ORDER.index(scale), "form": ORDER.index(scale) % 3}.get(group, 0)
    reached = set()
    for _ in range(len(values) + extra):
        page.keyboard.press("ArrowRight")
        assert page.evaluate("acted(document.activeElement)"), group
        name, _ = page.evaluate("focused()")
        reached.add(name)
        if group == "form":
            tells_parameters(page, scale, int(name[-1]))
    assert reached == {f"{group}={value}" for value in values}
    return reached


def leave_by_keys(page, name):
    """On a phone the opened layer has the focus: its buttons come next, Escape closes it."""
    used = set()
    if name == TRIED:
        for neighbour in (BEFORE, TRIED):
            used.add(next_stop(page)[0])
            page.keyboard.press("Enter")
            layer_is_open(page, neighbour)
    page.keyboard.press("Escape")
    assert not page.evaluate("opened()[1]")
    assert page.evaluate("focused()[0]") == name
    return used


def tells_parameters(page, scale, form):
    shown = page.evaluate("document.querySelector('.totals dd').innerText")
    assert shown == f"{FORMS[form][ORDER.index(scale)]:,}"


def layer_is_open(page, name):
    index = name.removeprefix("layer ")
    assert page.evaluate("opened()") == [index, True, index, True]
