"""`download` against a stand-in hub: what arrives is whole and checked, or nothing is there."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import golden_state
from download.stand_in import CONFIG, NAMES, WEIGHTS, StandIn, published, served
from graph.nets import golden_weights

from yolov10 import Detector
from yolov10.cli.main import main
from yolov10.download import home
from yolov10.download.official import download
from yolov10.errors import UserError
from yolov10.lock import locked
from yolov10.model_names import downloaded_file
from yolov10.weights.native import read_native, write_native

SIZE = len(published()[WEIGHTS])


@pytest.fixture(autouse=True)
def models(tmp_path, monkeypatch):
    """The folder of downloaded models, in a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    return downloaded_file("yolov10n").parent


@pytest.fixture
def hub():
    with served(StandIn()) as stand_in:
        yield stand_in


@pytest.fixture
def run(capfd):
    """Call `yolov10 download yolov10n --accept-license …`; gives code, out, err."""

    def call(*arguments):
        code = main([*map(str, ("download", "yolov10n", "--accept-license", *arguments))])
        return SimpleNamespace(code=code, **capfd.readouterr()._asdict())

    return call


def kept(models):
    """Names of the files that are there, without the lock."""
    return sorted(path.name for path in models.rglob("*") if path.is_file() and path.suffix != ".lock")


def test_the_weights_arrive_whole_and_are_native(run, hub, models):
    result = run("--hub", hub.url)
    assert result.code == 0, result.err
    assert result.out == f"{models / 'yolov10n.safetensors'}\n"
    assert "under AGPL-3.0 (https://www.gnu.org/licenses/agpl-3.0.html)" in result.err
    weights = read_native(models / "yolov10n.safetensors")
    assert (weights.card.scale, weights.card.license, list(weights.card.names)) == ("n", "AGPL-3.0", NAMES)
    assert json.loads(weights.card.training)["digest"] == hashlib.sha256(published()[WEIGHTS]).hexdigest()
    for name, tensor in golden_state("n").items():
        np.testing.assert_array_equal(weights.tensors[name], tensor)
    assert kept(models) == ["yolov10n.safetensors"]


def test_a_file_that_is_there_is_held_to_the_digest_that_is_asked_for(run, hub, models):
    assert run("--hub", hub.url).code == 0
    digest = hashlib.sha256(published()[WEIGHTS]).hexdigest()
    asked = len(hub.requests)
    assert run("--hub", hub.url, "--sha256", digest.upper()).code == 0
    assert len(hub.requests) == asked  # nothing was fetched
    result = run("--hub", hub.url, "--sha256", "0" * 64)
    assert result.code == 1
    assert "0000" in result.err


def test_another_network_under_its_name_is_not_taken_for_it(run, hub, models):
    models.mkdir(parents=True)
    write_native(models / "yolov10n.safetensors", golden_weights("s"))
    assert run("--hub", hub.url).code == 0
    assert list(read_native(models / "yolov10n.safetensors").card.names) == NAMES


def test_its_name_is_a_model_from_then_on(run, hub, models, tmp_path, monkeypatch):
    from yolov10.training import TrainConfig

    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        UserError, match="no model 'yolov10n' on this machine: to fetch it, yolov10 download yolov10n"
    ):
        Detector("yolov10n")
    run("--hub", hub.url)
    assert Detector("yolov10n").names == NAMES
    assert TrainConfig("data.yaml", weights="yolov10n").anchored().weights == models / "yolov10n.safetensors"
    assert main(["info", "yolov10n", "--json"]) == 0


def test_a_folder_here_of_that_name_goes_before_it(run, hub, tmp_path, monkeypatch):
    run("--hub", hub.url)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "yolov10n").mkdir()
    with pytest.raises(UserError, match="no model.safetensors in this folder"):
        Detector("yolov10n")


def test_what_is_there_is_not_fetched_again(run, hub):
    run("--hub", hub.url)
    hub.requests.clear()
    result = run("--hub", hub.url)
    assert (result.code, hub.requests) == (0, [])


def test_a_damaged_file_in_the_cache_is_fetched_again(run, hub, models):
    run("--hub", hub.url)
    path = models / "yolov10n.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    assert run("--hub", hub.url).code == 0
    assert read_native(path)


def test_without_the_licence_accepted_nothing_is_asked_for(hub, models, capfd):
    assert main(["download", "yolov10n", "--hub", hub.url, "--quiet"]) == 1
    err = capfd.readouterr().err
    assert "under AGPL-3.0 (https://www.gnu.org/licenses/agpl-3.0.html)" in err
    assert err.splitlines()[-1] == (
        "error: nothing was fetched: to accept AGPL-3.0, repeat it with --accept-license"
    )
    assert hub.requests == []
    assert not models.exists()


def test_broken_off_it_goes_on_where_it_was(run, hub, models):
    hub.cut_after = 4_000_000
    result = run("--hub", hub.url)
    assert result.code == 1
    assert result.err.splitlines()[-1].startswith("error: the connection to 127.0.0.1 broke (")
    (part,) = models.rglob("*.part")
    there = part.stat().st_size
    assert 3_000_000 <= there <= 4_000_000
    hub.cut_after = None
    hub.requests.clear()
    assert run("--hub", hub.url).code == 0
    assert ("GET", WEIGHTS, f"bytes={there}-") in hub.requests
    assert kept(models) == ["yolov10n.safetensors"]


def test_a_server_without_ranges_is_asked_from_the_start(run, hub, models):
    hub.cut_after = 4_000_000
    run("--hub", hub.url)
    hub.cut_after, hub.ranges = None, False
    assert run("--hub", hub.url).code == 0
    assert kept(models) == ["yolov10n.safetensors"]


def test_all_of_it_was_there_already(run, hub, models):
    """Killed between the last byte and the check."""
    (models / "yolov10n").mkdir(parents=True)
    (models / "yolov10n" / "model.safetensors.part").write_bytes(published()[WEIGHTS])
    assert run("--hub", hub.url).code == 0
    assert not any(method == "GET" and path == WEIGHTS and not asked for method, path, asked in hub.requests)


def test_checked_but_not_imported_it_is_not_fetched_again(run, hub, models):
    (models / "yolov10n").mkdir(parents=True)
    (models / "yolov10n" / "model.safetensors").write_bytes(published()[WEIGHTS])
    assert run("--hub", hub.url).code == 0
    assert ("GET", WEIGHTS, "") not in hub.requests


def test_a_part_of_something_else_ends_in_a_fresh_start(run, hub, models):
    (models / "yolov10n").mkdir(parents=True)
    (models / "yolov10n" / "model.safetensors.part").write_bytes(b"?" * 1000)
    assert "has not the digest" in run("--hub", hub.url).err
    assert run("--hub", hub.url).code == 0


@pytest.mark.parametrize("says_length", [True, False])
def test_a_truncated_file_is_never_taken(run, hub, models, says_length):
    hub.cut_after, hub.says_length = SIZE - 10, says_length
    result = run("--hub", hub.url)
    assert result.code == 1
    assert ("broke (" if says_length else "has not the digest") in result.err
    assert not (models / "yolov10n.safetensors").exists()


@pytest.mark.parametrize("path", [WEIGHTS, CONFIG])
def test_another_digest_is_refused_and_deleted(run, hub, models, path):
    hub.tags[path] = "0" * len(hub.tag(path))
    result = run("--hub", hub.url)
    assert (result.code, result.out) == (1, "")
    assert "what came has not the digest 000000" in result.err
    assert not any(name.startswith(path.rpartition("/")[2]) for name in kept(models))


def test_a_digest_that_the_user_gives_goes_before_the_announced_one(run, hub, models):
    digest = hashlib.sha256(published()[WEIGHTS]).hexdigest()
    assert "has not the digest" in run("--hub", hub.url, "--sha256", "0" * 64).err
    hub.tags[WEIGHTS] = ""
    assert "no digest is announced to check it by: give one with --sha256" in run("--hub", hub.url).err
    assert run("--hub", hub.url, "--sha256", digest.upper()).code == 0


def test_a_pinned_digest_goes_before_the_announced_one(hub, monkeypatch):
    pinned = home.Official("yolov10n", "n", "jameslahm/yolov10n", 11_185_656, sha256="1" * 64)
    monkeypatch.setitem(home.MODELS, "yolov10n", pinned)
    with pytest.raises(UserError, match="has not the digest 1111"):
        download("yolov10n", hub=hub.url)


def test_more_bytes_than_the_weights_have_are_not_taken(run, hub, models):
    hub.files[WEIGHTS] = bytes(11_185_656 + 2_000_000)
    result = run("--hub", hub.url)
    assert "has more than 12,185,656 bytes, too many for what it should be: deleted" in result.err
    assert kept(models) == ["config.json"]


def test_a_network_of_another_scale_is_refused(run, hub, models):
    from safetensors.numpy import save

    hub.files[WEIGHTS] = save({name: np.zeros(3, np.float32) for name in golden_state("n")})
    assert "not a YOLOv10" in run("--hub", hub.url).err
    assert kept(models) == []


def test_what_has_moved_is_named(run, hub):
    del hub.files[WEIGHTS]
    result = run("--hub", hub.url)
    assert result.err.splitlines()[-1] == (
        f"error: {hub.url}{WEIGHTS}: 404 Not Found: it has moved, or this mirror lacks it"
    )


@pytest.mark.parametrize(("status", "advice"), [(403, "it is not public"), (503, "try again later")])
def test_a_server_that_refuses_is_quoted(run, hub, status, advice):
    hub.status = status
    assert advice in run("--hub", hub.url).err


def test_a_store_on_another_host_is_followed_and_the_home_says_the_digest(run, hub, models):
    with served(StandIn(), "localhost") as store:
        hub.store = store.url
        assert run("--hub", hub.url).code == 0
        assert [method for method, path, _ in store.requests if path == WEIGHTS] == ["GET"]
        store.tags[WEIGHTS] = hub.tags[WEIGHTS] = "0" * 64
        store.requests.clear()
    assert kept(models) == ["yolov10n.safetensors"]


def test_a_store_that_has_other_contents_is_not_believed(run, hub, models):
    false = published() | {WEIGHTS: published()[WEIGHTS][:-1] + b"?"}
    with served(StandIn(files=false), "localhost") as store:
        hub.store = store.url
        assert "has not the digest" in run("--hub", hub.url).err
    assert not (models / "yolov10n.safetensors").exists()


def test_it_does_not_go_in_circles(run, hub):
    hub.store = hub.url
    hub.tags[WEIGHTS] = ""
    assert "leads on and on, to more than 10 addresses" in run("--hub", hub.url, "--sha256", "0" * 64).err


def test_it_is_not_led_off_the_encrypted_way(run, hub):
    hub.store = "http://example.org"
    assert "http://example.org/jameslahm/" in (result := run("--hub", hub.url)).err
    assert result.err.endswith("is not encrypted: only https is followed\n")
    assert "is not encrypted" in run("--hub", "http://example.org").err


@pytest.mark.parametrize("address", ["nonsense", "ftp://example.org", "http://[", "file:///etc"])
def test_an_address_that_is_none_is_wrong_usage_or_refused(run, address):
    result = run("--hub", address)
    assert result.code in (1, 2)
    assert result.err.splitlines()[-1].startswith("error: ")
    assert "unexpected" not in result.err


def test_a_server_that_says_nothing_is_given_up(run, hub):
    hub.answers.clear()
    result = run("--hub", hub.url, "--timeout", "0.1")
    assert result.err.splitlines()[-1] == (
        "error: 127.0.0.1 does not answer: try again, or with a longer --timeout"
    )


def test_a_slow_server_is_waited_for(run, hub):
    """The limit is on silence, not on the whole."""
    hub.piece, hub.pause = SIZE // 24, 0.1  # over two seconds in all
    assert run("--hub", hub.url, "--timeout", "2").code == 0


def test_a_machine_that_is_offline_is_told_so_in_one_line(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        result = run("--hub", f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert result.code == 1
    last = result.err.splitlines()[-1]
    assert last.startswith("error: cannot reach 127.0.0.1 (Connection refused): is this machine online?")


def test_a_cache_that_cannot_be_written_is_named(run, hub, models, tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file in the way")
    result = run("--hub", hub.url)
    assert result.err.splitlines()[-1] == f"error: cannot write {models / 'yolov10n'}: Not a directory"


def test_a_disk_that_fills_up(run, hub, models):
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5_000_000, hard))
        result = run("--hub", hub.url)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert result.err.splitlines()[-1] == f"error: cannot write {models / 'yolov10n'}: File too large"
    assert run("--hub", hub.url).code == 0


def test_a_user_without_a_home_has_no_place_for_it(run, hub, monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("yolov10.model_names.cache_folder", homeless)
    assert "no place for yolov10n: Could not determine home directory." in run("--hub", hub.url).err


def test_of_two_at_once_one_fetches_and_the_other_is_told(run, hub, models):
    hub.goes_on.clear()
    first = threading.Thread(target=download, args=("yolov10n",), kwargs={"hub": hub.url})
    first.start()
    while not any(method == "GET" for method, _, _ in hub.requests):
        time.sleep(0.01)
    result = run("--hub", hub.url)
    hub.goes_on.set()
    first.join()
    folder = models / "yolov10n"
    assert result.err.splitlines()[-1] == (
        f"error: {folder} is in use by another download, process {os.getpid()}"
    )
    assert kept(models) == ["yolov10n.safetensors"]
    assert sum(path == WEIGHTS and method == "GET" for method, path, _ in hub.requests) == 1


def test_killed_at_any_moment_it_goes_on(run, hub, models):
    hub.piece = 100_000
    hub.goes_on.clear()
    command = [sys.executable, "-m", "yolov10", "download", "yolov10n", "--accept-license", "--hub", hub.url]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while not any(part.stat().st_size for part in models.rglob("model*.part")):
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    hub.goes_on.set()
    assert not (models / "yolov10n.safetensors").exists()
    hub.piece = 1 << 20
    assert run("--hub", hub.url).code == 0
    assert kept(models) == ["yolov10n.safetensors"]


def test_without_the_extra_the_install_line_is_said(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "httpx", None)
    assert run().err.splitlines()[-1] == "error: downloading needs httpx: pip install 'open-yolov10[hub]'"


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (["yolov10q"], "no official weights 'yolov10q'; did you mean", 2),
        (["cells"], "no official weights 'cells' (yolov10n, yolov10s", 2),
        (["yolov10n", "--sha256", "abc"], "--sha256 is 'abc', not 64 digits 0 to f", 2),
        (["yolov10n", "--timeout", "0"], "--timeout is 0, not more than 0 seconds", 2),
    ],
)
def test_wrong_usage_is_said_before_anything_is_asked(capfd, arguments, said, code):
    assert main(["download", *arguments, "--accept-license"]) == code
    assert said in capfd.readouterr().err


def test_in_use_is_released(run, hub, models):
    models.mkdir(parents=True)
    with locked(models / "yolov10n.lock", what=models, by="this test"):
        assert "in use by another download" in run("--hub", hub.url).err
    assert run("--hub", hub.url).code == 0


@pytest.mark.parametrize("name", home.MODELS)
def test_every_scale_has_its_row(name):
    model = home.MODELS[name]
    from conftest import golden_json

    entries = golden_json(f"state_dict_{model.scale}")
    counters = sum(entry.endswith("num_batches_tracked") for entry in entries)
    floats = sum(int(np.prod(shape)) for entry, shape in entries.items()) - counters
    assert model.tensor_bytes == 4 * floats + 8 * counters
    assert model.address("https://hub/", "f") == f"https://hub/jameslahm/{name}/resolve/main/f"
