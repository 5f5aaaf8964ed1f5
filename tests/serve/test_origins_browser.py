"""Pages of others, in a browser: none of them gets a picture looked at."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from browser import launched, needs_browser
from serve.servers import serving

pytestmark = needs_browser

POST = (
    "(url) => fetch(`${url}/detect`, {method: 'POST', body: 'x', mode: 'MODE'})"
    ".then((answer) => answer.status, () => 0)"
)
READ, SEND = POST.replace("MODE", "cors"), POST.replace("MODE", "no-cors")
FORM = (
    '<form method="post" enctype="text/plain" action="{url}/detect">'
    '<input name="a"><button>go</button></form>'
)


@pytest.fixture(scope="module")
def browser():
    """Whose names all point to this machine, as their owners could let them."""
    with launched("--host-resolver-rules=MAP *.example 127.0.0.1") as browser:
        yield browser


@contextmanager
def site(content):
    """Somebody's web site of one page; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def opened(browser, address):
    page = browser.new_page()
    page.goto(address)
    yield page
    page.close()


def statuses(client):
    """Of the requests to /detect so far."""
    lines = client.get("/metrics").text.splitlines()
    return [
        line.split('status="')[1][:3]
        for line in lines
        if line.startswith('yolov10_requests_total{path="/det')
    ]


def test_a_name_pointed_at_this_machine_is_turned_away_and_the_page_of_the_service_is_not(browser):
    with serving() as client:
        port = client.address[1]
        with opened(browser, f"http://evil.example:{port}/") as page:
            assert page.evaluate(READ, "") == 403
        for host in ("127.0.0.1", "localhost"):
            with opened(browser, f"http://{host}:{port}/") as page:
                assert page.evaluate(READ, "") == 422  # "x" is no picture


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost"])
def test_a_page_elsewhere_posts_in_vain(browser, host):
    with serving() as client, site(FORM.format(url=client.url)) as port:
        with opened(browser, f"http://{host}:{port}/") as page:
            assert page.evaluate(SEND, client.url) == 0  # it may not see the answer
            with page.expect_navigation() as navigation:
                page.click("button")
            assert navigation.value.status == 403
        assert statuses(client) == ["403"]
