"""Who may call; and what browsers are told, on every answer."""

import pytest
from serve.servers import PICTURE, command, serving

from yolov10.serve import ServeConfig

KEY = "a-key-of-sixteen"
PATHS = (
    "/",
    "/model",
    "/health",
    "/ready",
    "/metrics",
    "/openapi.json",
    "/architecture",
    "/detect",
    "/nothing",
    "/docs",
)


@pytest.fixture(scope="module")
def locked():
    with serving(config=ServeConfig(api_key=KEY)) as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD"])
def test_without_the_key_every_path_is_401_and_nothing_else(locked, path, method):
    answers = {
        (answer.status_code, answer.content, answer.headers["www-authenticate"])
        for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Token {KEY}"})
        for answer in [locked.request(method, path, headers=headers)]
    }
    body = b"" if method == "HEAD" else b'{"error":"this service wants its key"}'
    assert answers == {(401, body, 'Basic realm="yolov10", charset="UTF-8"')}


def test_with_the_key_as_bearer_or_as_password(locked, png):
    bearer = {"authorization": f"Bearer {KEY}"}
    assert locked.post("/detect", content=png, headers=bearer).status_code == 200
    assert locked.get("/", auth=("anyone", KEY)).status_code == 200
    assert locked.get("/nothing", headers=bearer).status_code == 404


@pytest.mark.parametrize(
    "value",
    ["", "Bearer", "Basic", "Basic !!!", "Basic YTpi", "Bearer \xe9", f"bearer {KEY}x", f"Basic {KEY}"],
)
def test_malformed_credentials_are_no_key(locked, value):
    assert locked.get("/health", headers={"authorization": value.encode("latin-1")}).status_code == 401


def test_the_key_appears_nowhere():
    assert KEY not in repr(ServeConfig(api_key=KEY))


SAFE = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.mark.parametrize(
    "path", ["/model", "/nothing", "/detect", "/openapi.json", "/metrics", "/detect?x=1"]
)
def test_every_answer_has_safe_headers(client, locked, path):
    for answer in (client.get(path), client.post(path, content=b"no picture"), locked.get(path)):
        assert {name: answer.headers.get(name) for name in SAFE} == SAFE


def test_the_page_may_run_its_own_script_and_nothing_else(client):
    policy = dict(
        part.split(" ", 1) for part in client.get("/").headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["script-src"].startswith("'sha256-")
    assert policy["style-src"].startswith("'sha256-")
    assert "unsafe" not in str(policy)


CROSS = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", "origin": "https://evil.example"}


def test_pages_of_other_sites_are_turned_away(client, png):
    assert client.post("/detect", content=png, headers=CROSS).status_code == 403
    assert (
        client.post("/detect", content=png, headers=CROSS | {"sec-fetch-site": "same-origin"}).status_code
        == 200
    )
    assert (
        client.get("/", headers={"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}).status_code
        == 200
    )


def posted(client, png, origin, host=None, **headers):
    headers |= {"origin": origin, **({"host": host} if host else {})}
    return client.post("/detect", content=png, headers=headers).status_code


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "https://{here}",
        "http://localhost:1",
        "http://[",
        "file://",
        "http://",
        "",
    ],
)
def test_a_page_of_another_origin_cannot_post_over_http_where_browsers_say_no_more(client, png, origin):
    assert (
        posted(client, png, origin.format(here=client.url.removeprefix("http://").partition(":")[0])) == 403
    )


def test_a_page_of_this_service_posts_however_it_was_reached(client, png):
    port = client.address[1]
    for name in (
        f"127.0.0.1:{port}",
        f"localhost:{port}",
        "[::1]:9",
        "192.168.1.5",
        "a.localhost:80",
        "10.0.0.1",
    ):
        assert posted(client, png, f"http://{name}", name) == 200
    assert posted(client, png, "http://LOCALHOST", "localhost:80") == 200


def test_a_name_that_was_pointed_at_this_machine_is_no_page_of_this_service(client, locked, png):
    """DNS rebinding: to the browser the page and the service are one site, `evil.example`."""
    origin, host = "http://evil.example:8000", "evil.example:8000"
    assert posted(client, png, origin, host) == 403
    with serving(config=ServeConfig(cors=origin)) as named:
        assert posted(named, png, origin, host) == 200
    # With a key, which that page does not have, names may be anyone's.
    assert posted(locked, png, origin, host, authorization=f"Bearer {KEY}") == 200


def test_a_form_of_another_site_that_posts_by_a_navigation_is_turned_away(client, png):
    form = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    for site in ("cross-site", "same-site"):
        assert posted(client, png, "http://localhost:3000", **form, **{"sec-fetch-site": site}) == 403
    assert client.get("/", headers=form | {"sec-fetch-site": "cross-site"}).status_code == 200


def test_behind_a_proxy_with_tls_browsers_say_that_it_is_one_site(client, png):
    assert posted(client, png, "https://detect.example", **{"sec-fetch-site": "same-origin"}) == 200


def test_what_is_no_browser_may_use_any_name(client, png):
    assert client.post("/detect", content=png, headers={"host": "any.example"}).status_code == 200


def test_cors_is_off_unless_an_origin_is_named(client, png):
    asking = {"origin": "https://a.example", "access-control-request-method": "POST"}
    assert "access-control-allow-origin" not in client.options("/detect", headers=asking).headers
    config = ServeConfig(cors="https://a.example/, http://localhost:3000", api_key=KEY)
    with serving(config=config) as open_client:
        allowed = open_client.options(
            "/detect", headers=asking | {"access-control-request-headers": "authorization"}
        )
        assert allowed.headers["access-control-allow-origin"] == "https://a.example"
        headers = CROSS | {"origin": "https://a.example", "authorization": f"Bearer {KEY}"}
        answer = open_client.post("/detect", content=png, headers=headers)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (
            200,
            "https://a.example",
        )
        assert open_client.options("/detect", headers=asking | {"origin": CROSS["origin"]}).status_code == 400
        evil = open_client.post("/detect", content=png, headers=headers | {"origin": CROSS["origin"]})
        assert "access-control-allow-origin" not in evil.headers


def test_the_command_reads_the_key_from_a_file_and_listens_here_alone(tmp_path):
    import httpx

    (tmp_path / "key").write_text(KEY + "\n")
    with command(
        "--model", PICTURE.parents[1] / "models" / "toy.onnx", "--api-key-file", tmp_path / "key"
    ) as run:
        assert run.url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{run.url}/health").status_code == 401
        assert httpx.get(f"{run.url}/health", headers={"authorization": f"Bearer {KEY}"}).json() == {
            "status": "ok"
        }
