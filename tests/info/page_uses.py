"""Everything of the architecture page that can be used, used as a person does: by mouse, or by keys alone.

Every use must have an effect. What was used is returned, by the names that page_eyes.js gives. Layers are
always all opened; of the rest either all is used, or (`every=False`) the first thing of each panel.
"""

from pathlib import Path

from test_formulas import FUSED, ONE_HEAD, TRAINING

from yolov10.architecture import SCALES

EYES = (Path(__file__).parent / "page_eyes.js").read_text(
    "utf-8"
) + "true"  # of a function, the value is called
COUNTS = (TRAINING, ONE_HEAD, FUSED)
ORDER = list(SCALES)
BEFORE, TRIED = "layer 4", "layer 5"
"""Between them the buttons of an opened layer are tried."""


def form_of(scale):
    """Scales take turns at the three forms."""
    return ORDER.index(scale) % 3


def use_by_mouse(page, scale, *, phone, every):
    used, places = set(), set()
    for name, kind, place in page.evaluate("usable()"):
        if name == "layer 0":
            choose(page, scale)
        if kind == "layer":
            click(page, name)
            layer_is_open(page, name)
            used |= {name} | leave_by_mouse(page, name, phone)
        elif every or (place not in places and kind != "DIV"):
            places.add(place)
            used.add(name)
            use_control(page, name, kind)
    click_pictures(page)
    return used


def choose(page, scale):
    """Scale and form; the page then tells their number of parameters."""
    for form in (0, 1, 2, form_of(scale)):
        click(page, f"scale={scale}")
        click(page, f"form={form}")
        assert parameters(page) == COUNTS[form][ORDER.index(scale)]


def use_control(page, name, kind):
    if kind == "select-one":
        page.locator("#scdown-preset").select_option(index=1)  # its list is no part of the page
    else:
        click(page, name)
    if kind == "A":
        assert page.evaluate("name => arrived(find(name))", name), name
    elif kind != "DIV":
        assert page.evaluate("name => acted(find(name))", name), name


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
    """Two objects of a picture, and two cells."""
    for panel, part in (("assignment", ".pick"), ("attention", ".heat")):
        told = page.locator(f"#{panel}").get_by_role("status")
        texts = set()
        for at in (0, 3):
            page.mouse.click(
                *page.evaluate(
                    "([part, at]) => target(document.querySelectorAll(part)[at])", [f"#{panel} {part}", at]
                )
            )
            texts.add(told.inner_text())
        assert len(texts) == 2


def use_by_keys(page, scale, *, phone, every):
    used, places = set(), set()
    page.keyboard.press("Shift+Tab")  # off the first stop, where the round before has ended
    while (stop := next_stop(page)) and stop[0] not in used:
        name, kind, place = stop
        used.add(name)
        if kind == "layer":
            page.keyboard.press(either(name))
            layer_is_open(page, name)
            used |= leave_by_keys(page, name) if phone else set()
        elif name.startswith(("scale=", "form=")):
            used |= choose_by_keys(page, name, scale, every)
        elif place == "inspector" or every or (place not in places and kind not in ("DIV", "A")):
            places.add(place)
            used |= press(page, name, kind)
    return used


def next_stop(page, most=4):
    """Press Tab until something of the page has the focus; None at its end."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if stop := page.evaluate("focused()"):
            return stop
    return None


def press(page, name, kind):
    """What one presses on a control that has the focus; returns what else that has used."""
    if kind == "radio":
        return around(page, name)
    keys = KEYS | {"submit": (either(name),)}
    for key in keys.get(kind, ()):
        page.keyboard.press(key)
        if acted(page):
            break
    assert kind not in keys or acted(page), name
    return set()


KEYS = {
    "range": ("ArrowLeft", "ArrowRight"),  # at its end, back
    "checkbox": ("Space",),
    "select-one": ("ArrowDown",),
}


def either(name):
    """Both keys press a button."""
    return "Enter" if int(name.split()[-1]) % 2 else "Space"


def acted(page):
    return page.evaluate("acted(document.activeElement)")


def around(page, name, extra=0):
    """Once round a group of radio buttons by the arrow keys, and some further."""
    group = name.partition("=")[0]
    members = page.evaluate("group => document.getElementsByName(group).length", group)
    reached = set()
    for _ in range(members + extra):
        page.keyboard.press("ArrowRight")
        assert acted(page), name
        reached.add(page.evaluate("focused()")[0])
    assert len(reached) == members
    return reached


def choose_by_keys(page, name, scale, every):
    """On to the scale that follows, or to the form; every scale and form on the way round, if asked for."""
    group, _, value = name.partition("=")
    values = ORDER if group == "scale" else ["0", "1", "2"]
    wanted = scale if group == "scale" else str(form_of(scale))
    steps = (values.index(wanted) - values.index(value)) % len(values)
    if every:
        return around(page, name, steps)
    for _ in range(steps):
        page.keyboard.press("ArrowRight")
    assert parameters(page) in [counts[ORDER.index(scale)] for counts in COUNTS]
    return set()


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


def parameters(page):
    return int(page.evaluate("document.querySelector('.totals dd').innerText").replace(",", ""))


def layer_is_open(page, name):
    assert page.evaluate("opened()") == [name.removeprefix("layer "), True, name.removeprefix("layer "), True]
