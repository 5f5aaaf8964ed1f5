"""The page is one file that asks for nothing but this service."""

import base64
import hashlib
import re
from pathlib import Path

from serve.servers import Obedient, serving

from yolov10 import Detector
from yolov10.info.page import page as architecture
from yolov10.serve.page import SCRIPTS, STYLES, page
from yolov10.serve.page import __file__ as face

FOLDER = Path(face).parent


def test_it_is_one_small_file_and_names_no_other_place():
    html, _ = page()
    assert len(html.encode()) < 100_000
    assert re.findall(r"https?://[^\s\"'<>)]+", html.replace("http://www.w3.org/2000/svg", "")) == []
    assert not re.search(r"<(link|script|img|iframe)[^>]+(src|href)=[\"'](?!data:)", html)
    assert all(f"/*{part}*/" not in html for part in ("STYLE", "SCRIPT"))


def test_every_script_and_style_is_joined():
    assert {path.stem for path in (FOLDER / "js").iterdir()} == set(SCRIPTS)
    assert {path.stem for path in (FOLDER / "css").iterdir()} == set(STYLES)


def test_its_policy_allows_exactly_its_script_and_style():
    html, policy = page()
    for element, name in (("script", "script-src"), ("style", "style-src")):
        (text,) = re.findall(rf"<{element}[^>]*>(.*?)</{element}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}';" in policy


def test_no_text_becomes_markup():
    scripts = "\n".join(path.read_text("utf-8") for path in (FOLDER / "js").iterdir())
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", scripts
    )


def test_it_comes_with_head_too(client):
    assert client.head("/").status_code == 200
    assert client.get("/").headers["content-type"] == "text/html; charset=utf-8"


def test_samples_are_those_that_were_given_and_no_path(png):
    with serving(samples={"a b.jpg": png}) as client:
        assert client.get("/model").json()["samples"] == ["a b.jpg"]
        assert client.get("/samples/a%20b.jpg").content == png
        for name in ("other.jpg", "..%2fa%20b.jpg", "%2e%2e/%2e%2e/etc/passwd", ""):
            assert client.get(f"/samples/{name}").status_code == 404


def test_the_architecture_page_of_a_model(client):
    answer = client.get("/architecture?model=toy")
    assert answer.text == architecture("n", 3, 320, 320)
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert client.get("/architecture?model=nope").status_code == 404


def test_a_model_of_unknown_scale_has_none():
    runtime = Obedient()
    object.__setattr__(runtime.card, "scale", "")
    with serving({"m": Detector(runtime)}) as client:
        assert client.get("/architecture").status_code == 404
        assert client.get("/model").json()["models"]["m"]["architecture"] is False
