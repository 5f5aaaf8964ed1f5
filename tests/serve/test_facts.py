"""What the service says of itself."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from serve.servers import TOY, Obedient, serving

from yolov10 import Detector, __version__
from yolov10.errors import UserError, WrongValueError
from yolov10.serve import create_app


def test_the_models_and_the_limits(client):
    answer = client.get("/model").json()
    assert answer["version"] == __version__
    assert answer["default"] == "toy"
    assert answer["samples"] == []
    assert answer["limits"] == {
        "bytes": 64_000_000,
        "pictures": 16,
        "pixels": 50_000_000,
        "image_size": 1280,
        "seconds": 30,
    }
    assert {**answer["models"]["toy"], "architecture": None} == {
        "scale": "n",
        "names": ["RBC", "WBC", "Platelets"],
        "image_size": 320,
        "fixed": False,
        "confidence": 0.25,
        "threshold": None,
        "license": "Apache-2.0",
        "training": {},
        "architecture": None,
    }


@pytest.mark.parametrize(
    ("training", "shown"),
    [
        ('{"AP": 0.5}', {"AP": 0.5}),
        ("no JSON", "no JSON"),
        ('{"AP": NaN}', '{"AP": NaN}'),
        ("[" * 9999, "[" * 9999),
    ],
)
def test_whatever_a_file_says_of_its_training_is_valid_json(training, shown):
    runtime = Obedient()
    object.__setattr__(runtime.card, "training", training)
    with serving({"m": Detector(runtime)}) as client:
        assert json.loads(client.get("/model").content)["models"]["m"]["training"] == shown


def test_health_and_readiness(client):
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/ready").json() == {"status": "ready"}


def test_figures_for_prometheus(png):
    with serving() as client:
        client.post("/detect", content=png)
        client.post("/detect", files=[("i", ("a.png", png)), ("i", ("b.png", b"text"))])
        client.get("/nowhere/at/all")
        answer = client.get("/metrics")
        samples = {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert samples["yolov10_requests_total", ("path", "/detect"), ("status", "200")] == 2
    assert samples["yolov10_requests_total", ("path", "other"), ("status", "404")] == 1
    assert samples["yolov10_pictures_total", ("model", "toy"), ("outcome", "read")] == 2
    assert samples["yolov10_pictures_total", ("model", "toy"), ("outcome", "unreadable")] == 1
    assert samples[("yolov10_batch_pictures_sum",)] == 3  # one to start with
    assert samples[("yolov10_inference_seconds_count",)] == samples[("yolov10_batch_pictures_count",)]
    assert samples[("yolov10_waiting_pictures",)] == 0
    assert samples[("process_resident_memory_bytes",)] > 0


def test_the_description_names_every_endpoint_and_the_docs_that_load_from_elsewhere_are_off(client):
    description = client.get("/openapi.json").json()
    assert set(description["paths"]) == {"/detect", "/model", "/health", "/ready", "/metrics"}
    body = description["paths"]["/detect"]["post"]["requestBody"]["content"]
    assert set(body) == {"application/octet-stream", "multipart/form-data", "application/json"}
    for path in ("/docs", "/redoc"):
        assert client.get(path).status_code == 404


def test_what_is_not_there_says_so_in_json(client):
    assert (client.get("/nothing").status_code, client.get("/nothing").json()) == (
        404,
        {"error": "Not Found"},
    )
    wrong = client.get("/detect")
    assert (wrong.status_code, wrong.headers["allow"], wrong.json()) == (
        405,
        "POST",
        {"error": "Method Not Allowed"},
    )


FAULTY = """
import json
import httpx
from serve.servers import PICTURE, Obedient, serving
from yolov10 import Detector

runtime, png = Obedient(), PICTURE.read_bytes()
with serving({"m": Detector(runtime)}) as client:
    runtime.fault = RuntimeError("secret /path")
    answer = client.post("/detect", content=png)
    runtime.fault = None
    # The server closes a connection that it answered with 500, so the next request has one of its own.
    again = httpx.post(f"{client.url}/detect", content=png)
    nosniff = answer.headers["x-content-type-options"]
    print(json.dumps([answer.status_code, answer.json(), nosniff, again.status_code]))
"""


def test_a_fault_of_ours_is_a_plain_500_whose_details_stay_in_the_log():
    """In a process of its own: what other tests load sets loggers up, or off."""
    tests = str(Path(__file__).resolve().parents[1])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run([sys.executable, "-c", FAULTY], capture_output=True, text=True, env=environment)
    said = {"error": "a fault of this service, which its log describes"}
    assert json.loads(done.stdout or "null") == [500, said, "nosniff", 200], done.stderr
    assert "RuntimeError: secret /path" in done.stderr


def test_a_500_is_counted_and_timed_as_any_other_answer(png):
    runtime = Obedient()
    with serving({"m": Detector(runtime)}) as client:
        runtime.fault = RuntimeError("no line for anyone")
        assert httpx.post(f"{client.url}/detect", content=png).status_code == 500
        figures = client.get("/metrics").text.splitlines()
    assert 'yolov10_requests_total{path="/detect",status="500"} 1.0' in figures
    assert 'yolov10_request_seconds_count{path="/detect"} 1.0' in figures


def test_a_model_that_cannot_run_says_why_and_it_is_503(png):
    runtime = Obedient()
    with serving({"m": Detector(runtime)}) as client:
        runtime.fault = UserError("m.onnx: not enough memory: end other programs")
        answer = client.post("/detect", content=png)
        assert (answer.status_code, answer.json()) == (503, {"error": str(runtime.fault)})
        assert answer.headers["retry-after"] == "1"
        runtime.fault = None
        assert client.post("/detect", content=png).status_code == 200


def test_a_service_needs_a_model():
    with pytest.raises(WrongValueError, match="no model"):
        create_app({})


def test_two_services_in_one_process_keep_their_figures_apart(png):
    with serving() as one, serving({"b": Detector(TOY)}) as two:
        one.post("/detect", content=png)
        assert 'path="/detect"' in one.get("/metrics").text
        assert 'path="/detect"' not in two.get("/metrics").text
