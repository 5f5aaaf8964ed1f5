"""Every file an image loader meets sooner or later: through the Detector, a folder, and standard input."""

import json
import shutil
import subprocess
import sys

import pytest
from conftest import DATA

from yolov10 import Detector
from yolov10.errors import UserError

ODD = DATA / "odd_images"
EXPECTED = json.loads((ODD / "expected.json").read_text())
TOY = DATA / "models" / "toy.onnx"


@pytest.fixture(scope="module")
def detector():
    return Detector(TOY)


@pytest.mark.parametrize("name", EXPECTED)
def test_through_the_detector(detector, name):
    expected = EXPECTED[name]
    if expected["expect"] == "reject":
        with pytest.raises(UserError, match=name.replace(".", r"\.")) as fault:
            detector(ODD / name)
        assert "\n" not in str(fault.value)
        return
    try:
        found = detector(ODD / name)
    except UserError:
        assert expected["expect"] == "either"
        return
    assert [found.width, found.height] == expected["size"]


@pytest.mark.parametrize("batch", [1, 8])
def test_through_a_folder(run_predict, batch, tmp_path):
    entries, code, err = run_predict(str(ODD), "--batch", str(batch), "--output", str(tmp_path))
    outcomes = {entry["source"].rpartition("/")[2]: "error" not in entry for entry in entries}
    assert outcomes.keys() == EXPECTED.keys()
    for name, decoded in outcomes.items():
        assert EXPECTED[name]["expect"] in ("either", "decode" if decoded else "reject"), name
    assert code == 1
    refused = [name for name, decoded in outcomes.items() if not decoded]
    assert err.count("warning: ") == len(refused)
    assert all(any(name in line for line in err.splitlines()) for name in refused)
    assert len(list(tmp_path.iterdir())) == len(outcomes) - len(refused)


@pytest.mark.parametrize("name", EXPECTED)
def test_through_standard_input(run_predict, name):
    entries, code, err = run_predict("-", "--quiet", data=(ODD / name).read_bytes())
    (entry,) = entries
    assert entry["source"] == "-"
    if "error" in entry:
        assert EXPECTED[name]["expect"] in ("reject", "either")
        assert code == 1
        assert "standard input" in err
    else:
        assert EXPECTED[name]["expect"] in ("decode", "either")
        assert [entry["width"], entry["height"]] == EXPECTED[name]["size"]


@pytest.mark.parametrize(
    "name", ["with space.jpg", "적혈구.jpg", "é\u0301.jpg", "🩸.jpg", "a'b\"c.jpg", "x" * 200 + ".jpg"]
)
def test_names_with_spaces_and_any_letters(run_predict, tmp_path, name):
    shutil.copy(ODD / "progressive.jpg", tmp_path / name)
    entries, code, _ = run_predict(str(tmp_path / name), "--output", str(tmp_path / "out"))
    assert (code, entries[0]["source"]) == (0, str(tmp_path / name))
    assert (tmp_path / "out" / name).exists()


@pytest.fixture
def run_predict(monkeypatch, capfd):
    """`yolov10 predict … --model toy`: entries, exit code, messages."""
    import io

    from yolov10.cli.main import main

    def call(*arguments, data=b""):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        code = main(["predict", *arguments, "--model", str(TOY)])
        out, err = capfd.readouterr()
        return json.loads(out), code, err

    return call


def test_a_bomb_is_refused_before_it_takes_memory(tmp_path):
    code = (
        "def peak():\n"
        "    return next(int(l.split()[1]) for l in open('/proc/self/status') if l.startswith('VmHWM'))\n"
        "from yolov10 import Detector, UserError\n"
        f"detector = Detector({str(TOY)!r})\n"
        "before = peak()\n"
        f"try: detector({str(ODD / 'bomb_20000x20000.png')!r})\n"
        "except UserError as fault: print(fault)\n"
        "print((peak() - before) / 1024)\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert "400 megapixels" in out[0]
    assert float(out[1]) < 20  # MB; decoded it has 1,200
