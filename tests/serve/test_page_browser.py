"""The page in a browser, with real pictures: every way in, every control, every error, wide and narrow."""

import base64
import contextlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from browser import PHONE, WIDE, Axe, fits, launched, needs_browser, watched
from conftest import DATA
from serve.servers import TOY, Obedient, serving

from yolov10 import Detector, images
from yolov10.serve import ServeConfig

pytestmark = needs_browser

ODD = DATA / "odd_images"
CELLS = DATA / "bccd" / "images" / "val" / "BloodImage_00037.jpg"
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser():
    with launched("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream") as browser:
        yield browser


@pytest.fixture(scope="module")
def two():
    """A service of two models: the toy, and one whose class names are markup."""
    detectors = {"toy": Detector(TOY), "evil": Detector(Obedient(names=(EVIL, "b")))}
    with serving(detectors, ServeConfig(max_bytes=400_000), {"cells.jpg": CELLS.read_bytes()}) as client:
        yield client


@pytest.fixture
def open_page(browser, two):
    """Open the page; at the end, no error that was not announced and no request to anywhere else."""
    with watched(browser, two.url + "/", "blob:") as open_watched:

        def call(size=WIDE, scheme="light", place="", url=two.url, faulty=()):
            expected = ("Failed to load resource", *faulty) if faulty else ()
            page = open_watched(url + place, size, scheme, forgiven=expected)
            page.wait_for_selector("#accepts:has-text('MB')", state="attached")
            return page

        yield call


def choose(page, *paths, rows=None):
    page.set_input_files("#file", [str(path) for path in paths])
    if rows is not None:
        page.wait_for_selector(f"#objects tr:nth-child({rows})", state="attached")


def asked(page):
    return sum("/detect" in url for url in page.requests)


def counts(page):
    return page.locator("#count").inner_text(), page.locator("#objects tr").count()


def pixels(page):
    """What the canvas shows, as an array."""
    data = page.evaluate("document.getElementById('canvas').toDataURL('image/png')")
    return images.decode(base64.b64decode(data.partition(",")[2]), name="the canvas")


def transfer(page, path, name, kind):
    """A DataTransfer with a file, as dropping and pasting bring it."""
    data = base64.b64encode(path.read_bytes()).decode()
    return page.evaluate_handle(
        """([data, name, kind]) => {
            const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], name, { type: kind }));
            return transfer;
        }""",
        [data, name, kind],
    )


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=lambda size: f"{size[0]} px")
def test_a_chosen_picture_shows_its_boxes_counts_and_table(open_page, size):
    page = open_page(size)
    assert "finds 3 classes" in page.locator("#before").inner_text()
    assert page.locator("#before li").all_inner_texts() == ["RBC", "WBC", "Platelets"]
    choose(page, ODD / "00_reference.png", rows=3)
    assert counts(page) == ("3 objects", 3)
    assert page.locator("#objects tr").first.inner_text().split("\t") == ["RBC", "0.90", "24, 30", "96 × 67"]
    assert page.locator("#classes li").all_inner_texts() == ["RBC\n1", "WBC\n1", "Platelets\n1"]
    assert (
        page.locator("#canvas").get_attribute("aria-label").startswith("00_reference.png, 3 objects: 1 RBC")
    )
    assert page.locator("#facts").inner_text().startswith("240 × 160 · ")
    drawn = pixels(page).astype(int)
    orange = (
        np.abs(drawn - [0, 94, 213]).max(axis=2) < 12
    )  # the first class's colour, as the service draws it
    rows, columns = np.nonzero(orange)
    gain = drawn.shape[1] / 240
    assert abs(columns.min() / gain - 24) < 2
    assert abs(columns.max() / gain - 120) < 2
    assert abs(rows.max() / gain - 97) < 2
    assert fits(page)


def test_a_sample(open_page):
    page = open_page()
    page.get_by_role("button", name="cells.jpg").click()
    page.wait_for_selector("#objects tr")
    assert page.locator("#name").inner_text() == "cells.jpg"


def test_drop(open_page):
    page = open_page()
    data = transfer(page, CELLS, "cells.jpg", "image/jpeg")
    page.dispatch_event("#stage", "dragenter", {"dataTransfer": data})
    assert page.locator(".drop-here").is_visible()
    page.dispatch_event("#stage", "drop", {"dataTransfer": data})
    page.wait_for_selector("#objects tr")
    assert not page.locator(".drop-here").is_visible()
    assert page.locator("#name").inner_text() == "cells.jpg"


def test_paste(open_page):
    page = open_page()
    data = transfer(page, ODD / "00_reference.png", "image.png", "image/png")
    page.evaluate(
        "(data) => document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true}))",
        data,
    )
    page.wait_for_selector("#objects tr")
    assert page.locator("#name").inner_text() == "image.png"


def test_threshold_and_classes_act_without_a_request(open_page):
    page = open_page()
    choose(page, ODD / "00_reference.png", rows=3)
    before, requests = pixels(page), len(page.requests)
    slider = page.locator("#threshold")
    slider.focus()
    slider.press("End")
    assert counts(page)[0] == "0 objects"
    assert page.locator("#verdict").inner_text() == "The surest is RBC 0.90: lower the threshold to see it."
    slider.press("Home")
    for _ in range(30):
        slider.press("ArrowRight")
    assert page.locator("#threshold-value").inner_text() == "0.35"
    assert counts(page) == ("2 objects", 2)
    assert (pixels(page) != before).any()
    page.locator("#reset").click()
    assert counts(page) == ("3 objects", 3)
    page.get_by_role("checkbox", name="WBC").uncheck()
    assert counts(page) == ("2 objects", 2)
    page.locator("#none").click()
    assert counts(page)[0] == "0 objects"
    page.locator("#all").click()
    assert (pixels(page) == before).all()
    page.get_by_label("names on the picture").uncheck()
    assert (pixels(page) != before).any()
    assert len(page.requests) == requests


def test_the_table_by_keyboard_lets_one_box_stand_out(open_page):
    page = open_page()
    choose(page, ODD / "00_reference.png", rows=3)
    before = pixels(page)
    page.locator("#labels").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    selected = page.locator('#objects tr[aria-selected="true"]')
    assert selected.inner_text().startswith("WBC")
    assert (pixels(page) != before).any()
    page.keyboard.press("End")
    assert selected.inner_text().startswith("Platelets")
    page.keyboard.press("Tab")
    assert selected.count() == 0
    assert (pixels(page) == before).all()


def test_a_box_under_the_pointer_is_found_in_the_table(open_page):
    page = open_page()
    choose(page, ODD / "00_reference.png", rows=3)
    area = page.locator("#canvas").bounding_box()
    page.mouse.click(area["x"] + area["width"] * 0.3, area["y"] + area["height"] * 0.4)
    assert page.locator('#objects tr[aria-selected="true"]').inner_text().startswith("RBC")
    page.mouse.move(0, 0)
    assert page.locator('#objects tr[aria-selected="true"]').count() == 1  # a click stays


def test_downloads_hold_what_is_seen(open_page, two, png):
    page = open_page()
    choose(page, ODD / "00_reference.png", rows=3)
    page.get_by_role("checkbox", name="Platelets").uncheck()
    with page.expect_download() as download:
        page.locator("#save-json").click()
    assert download.value.suggested_filename == "00_reference.json"
    saved = json.loads(Path(download.value.path()).read_text())
    entry = two.post("/detect?classes=RBC,WBC", content=png).json()[0]
    assert saved == [entry | {"source": "00_reference.png"}]
    with page.expect_download() as download:
        page.locator("#save-picture").click()
    assert download.value.suggested_filename == "00_reference-detected.png"
    picture = images.read(download.value.path())
    assert picture.shape == (160, 240, 3)
    assert (picture != images.decode(png, name="it")).any()


def test_several_pictures_wait_in_a_strip(open_page):
    page = open_page()
    choose(page, ODD / "00_reference.png", CELLS, ODD / "gray.jpg")
    page.wait_for_selector("#strip li:nth-child(3)")
    page.get_by_role("button", name="BloodImage_00037.jpg").click()
    assert page.locator("#name").inner_text() == "BloodImage_00037.jpg"
    assert page.get_by_role("button", name="BloodImage_00037.jpg").get_attribute("aria-pressed") == "true"
    assert asked(page) == 3


def test_a_format_that_the_browser_does_not_know_is_shown_all_the_same(open_page):
    page = open_page()
    choose(page, ODD / "lzw.tif", rows=3)
    assert page.locator("#facts").inner_text().startswith("240 × 160")
    assert pixels(page).std() > 20


def test_the_other_model_looks_at_the_same_picture_and_its_names_are_text(open_page):
    page = open_page()
    choose(page, ODD / "00_reference.png", rows=3)
    page.locator("#models").select_option("evil")
    page.wait_for_selector("#objects tr:only-child")
    assert page.locator("#objects tr").inner_text().startswith(EVIL)
    assert page.locator("#classes li .name").inner_text() == EVIL
    page.locator("#tab-model").click()
    assert EVIL in page.locator("#model").inner_text()
    assert page.locator("img").count() == 1  # the sample
    page.locator("#tab-detect").click()
    page.locator("#models").select_option("toy")
    page.wait_for_selector("#objects tr:nth-child(3)")


def test_an_unreadable_picture_says_why_and_the_next_one_works(open_page):
    page = open_page(faulty=("x",))
    choose(page, ODD / "truncated_half.jpg")
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "truncated_half.jpg: a truncated or damaged JPEG: copy or download it again." in alert.inner_text()
    page.get_by_role("button", name="Close this message").click()
    assert not alert.is_visible()
    choose(page, ODD / "text.jpg")
    alert.wait_for()
    choose(page, ODD / "00_reference.png", rows=3)
    assert not alert.is_visible()


def test_a_file_that_is_too_large_is_not_sent(open_page, tmp_path):
    page = open_page()
    (tmp_path / "big.png").write_bytes(bytes(500_000))
    choose(page, tmp_path / "big.png")
    page.get_by_role("alert").wait_for()
    assert "big.png has 0.5 MB; this service takes up to 0.4 MB." in page.get_by_role("alert").inner_text()
    assert asked(page) == 0


def test_a_service_that_is_gone_and_one_that_is_busy(browser, open_page):
    runtime = Obedient()
    with serving({"m": Detector(runtime)}, ServeConfig(queue=1)) as client:
        context = browser.new_context()
        page = context.new_page()
        page.goto(client.url)
        page.wait_for_selector("#accepts:has-text('MB')")
        client.app.state.service.queue.count = 1  # full
        choose(page, ODD / "00_reference.png")
        page.wait_for_timeout(500)
        assert not page.get_by_role("alert").is_visible()  # it tries again by itself
        client.app.state.service.queue.count = 0
        page.wait_for_selector("#objects tr")
    choose(page, CELLS)
    page.get_by_role("alert").wait_for()
    assert "The service does not answer. Is it still running?" in page.get_by_role("alert").inner_text()
    context.close()


def test_a_video_plays_with_boxes_pauses_and_gives_a_picture(open_page, tmp_path):
    path = tmp_path / "cells.webm"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"VP80"), 10, (320, 240))
    picture = cv2.resize(cv2.imread(str(CELLS)), (320, 240))
    for frame in range(30):
        writer.write(np.roll(picture, 8 * frame, axis=1))
    writer.release()
    page = open_page()
    choose(page, path, rows=3)
    first = pixels(page)
    page.wait_for_function("(count) => performance.getEntriesByType('resource').length > count", arg=5)
    assert (pixels(page) != first).any()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Play").wait_for()
    page.get_by_role("button", name="Take picture").click()
    page.locator("#name", has_text="cells 1.png").wait_for()
    assert not page.locator("#transport").is_visible()
    assert counts(page) == ("3 objects", 3)


def test_the_camera_and_its_end(open_page):
    page = open_page()
    page.locator("#camera").click()
    page.wait_for_selector("#objects tr")
    assert page.locator("#name").inner_text() == "Camera"
    page.get_by_role("button", name="Stop").click()
    page.wait_for_timeout(300)
    before = asked(page)
    page.wait_for_timeout(700)
    assert asked(page) == before


def test_a_camera_that_is_refused_says_so(browser, two):
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); }"
    )
    page.goto(two.url)
    page.wait_for_selector("#accepts:has-text('MB')")
    page.locator("#camera").click()
    page.get_by_role("alert").wait_for()
    assert "The camera was not allowed" in page.get_by_role("alert").inner_text()
    context.close()


def test_tabs_by_keyboard_and_by_address(open_page, two):
    page = open_page(place="/#api")
    assert page.locator("#api h1").inner_text() == "From a program"
    assert f"{two.url}/detect" in page.locator("#api pre").first.inner_text()
    page.locator("#tab-api").focus()
    page.keyboard.press("Home")
    assert page.locator("#detect").is_visible()
    page.keyboard.press("ArrowRight")
    assert page.locator("#model h1").inner_text() == "toy"
    assert page.url.endswith("#model")
    page.keyboard.press("ArrowRight")
    frame = page.frame_locator("iframe")
    frame.locator("h1").wait_for()
    assert "architecture" in frame.locator("h1").inner_text().lower()


def test_everything_can_be_reached_by_keyboard(open_page):
    page = open_page()
    choose(page, ODD / "00_reference.png", rows=3)
    page.evaluate("document.activeElement.blur()")
    where = "(({id, dataset, tagName}) => id || dataset.class || tagName)(document.activeElement)"
    reached = []
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(where))
    wanted = ("tab-detect", "models", "save-picture", "save-json", "again", "camera-again", "threshold")
    assert set(wanted) | {"all", "none", "0", "1", "2", "labels", "TR"} <= set(reached)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=lambda size: f"{size[0]} px")
def test_axe_finds_nothing_serious(open_page, size, scheme):
    page = open_page(size, scheme, faulty=("x",))
    axe = Axe(page)
    axe.judge("empty")
    choose(page, ODD / "text.jpg")
    page.get_by_role("alert").wait_for()
    axe.judge("wrong")
    choose(page, ODD / "00_reference.png", CELLS)
    page.wait_for_selector("#strip li:nth-child(2)")
    page.locator("#objects tr").first.focus()
    axe.judge("found")
    for tab in ("model", "api"):
        page.locator(f"#tab-{tab}").click()
        axe.judge(tab)
    assert axe.found == {}


TRACKED_CAMERA = """
window.tracks = [];
const asked = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  await new Promise((resolve) => setTimeout(resolve, 300));
  const stream = await asked(wanted);
  window.tracks.push(...stream.getTracks());
  return stream;
};
null;
"""


def live_tracks(page):
    return page.evaluate("window.tracks.filter((track) => track.readyState === 'live').length")


def test_a_camera_that_was_asked_for_twice_is_one_and_ends(open_page):
    page = open_page()
    page.evaluate(TRACKED_CAMERA)
    page.locator("#camera").dblclick()
    page.wait_for_selector("#objects tr")
    page.wait_for_function("() => window.tracks.length === 2")
    assert live_tracks(page) == 1
    page.get_by_role("button", name="Stop").click()
    page.wait_for_timeout(200)
    assert live_tracks(page) == 0


def test_a_camera_that_opens_behind_another_tab_is_closed(open_page):
    page = open_page()
    page.evaluate(TRACKED_CAMERA)
    page.locator("#camera").click()
    page.locator("#tab-model").click()
    page.wait_for_function("() => window.tracks.length === 1")
    page.wait_for_timeout(200)
    assert live_tracks(page) == 0


def test_a_picture_taken_before_the_first_frame_is_none_and_breaks_nothing(open_page):
    page = open_page()
    page.route("**/detect**", lambda route: None)  # no frame is ever answered
    page.locator("#camera").click()
    shoot = page.get_by_role("button", name="Take picture")
    shoot.wait_for()
    shoot.click()
    page.unroute("**/detect**")
    choose(page, ODD / "00_reference.png", rows=3)
    choose(page, CELLS)
    page.locator("#name", has_text="BloodImage_00037.jpg").wait_for()
    page.wait_for_selector("#strip li:nth-child(2)")
    assert page.locator("#strip li").count() == 2
    assert not page.get_by_role("alert").is_visible()


def held_up(page):
    """Answers to /detect wait until the function that this gives is called."""
    waiting = []
    page.route("**/detect**", lambda route: waiting.append(route))

    def go_on():
        from playwright.sync_api import Error

        page.unroute("**/detect**")
        for route in waiting:
            with contextlib.suppress(Error):  # of a request that was given up meanwhile
                route.continue_()

    return go_on


def test_pictures_chosen_while_others_are_looked_at_are_lost_on_neither_side(open_page):
    page = open_page()
    go_on = held_up(page)
    choose(page, ODD / "00_reference.png", ODD / "gray.jpg")
    page.locator("#name", has_text="00_reference.png").wait_for()
    choose(page, CELLS)
    page.locator("#name", has_text="BloodImage_00037.jpg").wait_for()
    go_on()
    page.wait_for_selector("#objects tr:nth-child(3)")
    page.wait_for_selector("#strip li:nth-child(3)")
    assert page.locator("#name").inner_text() == "BloodImage_00037.jpg"
    page.get_by_role("button", name="gray.jpg").click()
    page.locator("#name", has_text="gray.jpg").wait_for()
    page.wait_for_selector("#objects tr:nth-child(3)")


def test_a_picture_of_the_strip_that_is_shown_meanwhile_stays(open_page):
    page = open_page()
    choose(page, ODD / "00_reference.png", rows=3)
    choose(page, ODD / "gray.jpg")
    page.wait_for_selector("#strip li:nth-child(2)")
    go_on = held_up(page)
    choose(page, CELLS)
    page.locator("#name", has_text="BloodImage_00037.jpg").wait_for()
    page.get_by_role("button", name="00_reference.png").click()
    go_on()
    page.wait_for_timeout(500)
    assert page.locator("#name").inner_text() == "00_reference.png"
    assert page.locator("#strip li").count() == 3
    assert not page.get_by_role("alert").is_visible()


def test_a_camera_whose_frame_is_refused_is_switched_off_and_says_why(open_page):
    page = open_page(faulty=("x",))
    page.evaluate(TRACKED_CAMERA)
    page.route(
        "**/detect**",
        lambda route: route.fulfill(
            status=503, content_type="application/json", body='{"error": "no answer"}'
        ),
    )
    page.locator("#camera").click()
    page.get_by_role("alert").wait_for()
    assert "No answer" in page.get_by_role("alert").inner_text()
    assert live_tracks(page) == 0
    assert not page.locator("#transport").is_visible()


def test_a_stopped_frame_is_seen_through_the_eyes_of_the_model_that_is_chosen_then(open_page):
    page = open_page()
    page.locator("#camera").click()
    page.wait_for_selector("#objects tr")
    page.get_by_role("button", name="Stop").click()
    page.locator("#models").select_option("evil")
    page.wait_for_selector("#objects tr:only-child")
    assert page.locator("#objects tr").inner_text().startswith(EVIL)
