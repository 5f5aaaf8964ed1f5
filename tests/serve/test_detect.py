"""`POST /detect`: every form of a request, every option, and the contract's JSON."""

import base64

import cv2
import numpy as np
import pytest
from conftest import DATA
from serve.servers import TOY, Obedient, serving

from yolov10 import Detector, UserError, images

ODD = sorted(path for path in (DATA / "odd_images").iterdir() if path.suffix not in (".md", ".json"))


@pytest.fixture(scope="module")
def toy():
    return Detector(TOY)


def encoded(data):
    return base64.b64encode(data).decode()


def test_a_raw_picture_gives_what_predict_gives(client, png, toy):
    answer = client.post("/detect", content=png)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == [toy(png).to_dict() | {"source": "-"}]


@pytest.mark.parametrize(
    "kind", ["image/png", "application/octet-stream", "application/x-www-form-urlencoded", ""]
)
def test_what_a_raw_body_claims_to_be_does_not_matter(client, png, kind):
    assert client.post("/detect", content=png, headers={"content-type": kind}).status_code == 200


def test_files_of_a_form_keep_their_names_and_order(client, png, toy):
    gray = (DATA / "odd_images" / "gray.jpg").read_bytes()
    files = [("a", ("one.png", png)), ("b", ("zwei ü.jpg", gray)), ("b", ("../../etc/passwd", png))]
    entries = client.post("/detect", files=files).json()
    assert [entry["source"] for entry in entries] == ["one.png", "zwei ü.jpg", "../../etc/passwd"]
    assert entries[1] == toy(gray).to_dict() | {"source": "zwei ü.jpg"}


def test_a_form_part_without_a_file_name_is_called_by_its_own(client, png):
    body = b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\n' + png + b"\r\n--x--\r\n"
    answer = client.post("/detect", content=body, headers={"content-type": "multipart/form-data; boundary=x"})
    assert [entry["source"] for entry in answer.json()] == ["photo"]


def test_base64_in_json_plain_named_as_data_url_or_in_lines(client, png, toy):
    lines = base64.encodebytes(png).decode()
    content = [encoded(png), {"name": "a.png", "data": lines}, f"data:image/png;base64,{encoded(png)}"]
    entries = client.post("/detect", json={"images": content}).json()
    assert [entry["source"] for entry in entries] == ["-", "a.png", "-"]
    assert entries[0]["detections"] == entries[1]["detections"] == toy(png).to_dict()["detections"]


def test_options_do_what_they_do_in_predict(client, png):
    options = {"confidence": 0.01, "classes": "wbc,2", "one_class_per_box": True, "image_size": "96x160"}
    expected = Detector(TOY, **options)(png).to_dict()["detections"]
    assert [found["name"] for found in expected] == ["WBC"]
    assert client.post("/detect", params=options, content=png).json()[0]["detections"] == expected
    assert len(client.post("/detect?max_detections=2", content=png).json()[0]["detections"]) == 2


def test_a_request_names_its_model_and_gets_the_first_otherwise(png):
    detectors = {"first": Detector(TOY), "b/best": Detector(Obedient())}
    with serving(detectors) as client:
        first, best = (client.post("/detect", params=p, content=png) for p in ({}, {"model": "b/best"}))
        assert [found["name"] for found in first.json()[0]["detections"]] == ["RBC", "WBC", "Platelets"]
        assert [found["name"] for found in best.json()[0]["detections"]] == ["thing"]
        wrong = client.post("/detect?model=b/bets", content=png)
        assert (wrong.status_code, wrong.json()) == (
            422,
            {"error": "no model 'b/bets'; did you mean 'b/best'?"},
        )


def test_a_detectors_own_options_are_the_defaults(png):
    with serving({"toy": Detector(TOY, confidence=0.2, max_detections=1, image_size=64)}) as client:
        (entry,) = client.post("/detect", content=png).json()
        assert [found["name"] for found in entry["detections"]] == ["RBC"]
        assert client.get("/model").json()["models"]["toy"]["confidence"] == 0.2
        assert len(client.post("/detect?max_detections=2", content=png).json()[0]["detections"]) == 2


def test_a_detector_that_looks_at_tiles_does_so_when_it_is_served():
    with serving({"toy": Detector(TOY, tile=160, image_size=64)}) as client:
        large = cv2.imencode(".png", np.full((120, 300, 3), 255, np.uint8))[1].tobytes()
        assert len(client.post("/detect", content=large).json()[0]["detections"]) > 3  # three a window


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("confidense=0.3", "no option 'confidense'; did you mean 'confidence'?"),
        ("confidence=much", "confidence: Input should be a valid number"),
        ("confidence=1.5", "confidence: Input should be less than or equal to 1"),
        ("confidence=nan", "confidence: Input should be"),
        ("classes=platelet", "no class 'platelet'; did you mean 'Platelets'?"),
        ("image_size=4x", "image size '4x'"),
        ("image_size=1312", "over this service's limit of 1280"),
        ("max_detections=0", "max_detections: Input should be greater than or equal to 1"),
        ("format=gif", "format: Input should be 'json', 'jpeg' or 'png'"),
        ("model=nope", "no model 'nope'"),
    ],
)
def test_a_wrong_option_is_one_line_that_names_it(client, png, query, message):
    answer = client.post(f"/detect?{query}", content=png)
    assert answer.status_code == 422
    assert message in answer.json()["error"]


def test_options_in_a_form_are_told_where_to_go(client, png):
    answer = client.post("/detect", files={"image": ("a.png", png)}, data={"confidence": "0.5"})
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        "options go in the address, not in the form: ?confidence=…",
    )


@pytest.mark.parametrize("form", ["png", "jpeg"])
def test_the_annotated_picture_is_the_one_that_predict_draws(client, png, toy, form):
    answer = client.post(f"/detect?format={form}", content=png)
    assert answer.headers["content-type"] == f"image/{form}"
    drawn = toy(png).draw(images.decode(png, name="it"))
    assert answer.content == images.encode(drawn, f".{form}")


def test_an_annotated_picture_is_one_a_request(client, png):
    answer = client.post("/detect?format=png", json={"images": [encoded(png)] * 2})
    assert (answer.status_code, answer.json()["error"]) == (
        422,
        "format=png takes one picture a request, not 2",
    )


def test_a_picture_too_long_for_jpeg_is_told_so_and_png_holds_it(client):
    long = cv2.imencode(".png", np.zeros((1, 65_501, 3), np.uint8))[1].tobytes()
    answer = client.post("/detect?format=jpeg", content=long)
    assert answer.status_code == 422
    assert "no jpeg holds it: ask for format=png" in answer.json()["error"]
    assert client.post("/detect?format=png", content=long).status_code == 200


def test_one_unreadable_picture_among_several_has_its_error(client, png):
    files = [("i", ("a.png", png)), ("i", ("cut.png", png[:2000])), ("i", ("b.png", png))]
    entries = client.post("/detect", files=files).json()
    assert ["detections" in entry for entry in entries] == [True, False, True]
    assert entries[1] == {
        "source": "cut.png",
        "error": "cut.png: a truncated or damaged PNG: copy or download it again",
    }


def test_a_request_without_a_readable_picture_is_refused(client, png):
    answer = client.post("/detect", files=[("i", ("a.png", png[:99])), ("i", ("b.png", b"text"))])
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("a.png: a truncated or damaged PNG")
    assert answer.json()["error"].endswith("(and 1 more)")


@pytest.mark.parametrize("path", ODD, ids=lambda path: path.name)
def test_odd_pictures_are_read_or_refused_as_predict_does(client, toy, path):
    answers = [
        client.post(f"/detect?format={form}", files={"image": (path.name, path.read_bytes())})
        for form in ("json", "png")
    ]
    try:
        expected = toy(path).to_dict() | {"source": path.name}
    except UserError:
        assert [answer.status_code for answer in answers] == [422, 422]
        assert answers[0].json()["error"].startswith(f"{path.name}: ")
    else:
        assert answers[0].json() == [expected]
        assert answers[1].headers["content-type"] == "image/png"


@pytest.mark.parametrize("query", ["classes=" + "9" * 5000, "format=png"])
def test_odd_requests_are_refused_not_broken(client, query):
    long = b"P5 1040000 1 255\n" + bytes(1_040_000)  # no PNG is as wide
    answer = client.post(f"/detect?{query}", content=long)
    assert answer.status_code == 422
    assert set(answer.json()) == {"error"}
