"""Model files that are cut or changed: refused in one line that names them, or run; never a crash or a hang.

Elsewhere: damaged entries of the disk cache (`test_disk_cache.py`), hostile checkpoints (`weights/`), ONNX
files made to harm (`runtimes/`).
"""

import random
import re
import shutil

import pytest
from chaos.dying import the_error, yolov10
from conftest import DATA

from yolov10.model_names import FOLDER

CUTS = (0, 1, 100, 0.5, 0.99, -3)
"""Bytes that are left: so many, such a share, or all but a few."""
FLIPS = 24


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """One model as native weights, ONNX and OpenVINO's pair of files."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("cells.onnx", "cells.safetensors"):
        shutil.copy(FOLDER / name, folder / name)
    done = yolov10("export", "cells", "--format", "openvino", "--output", folder / "cells.xml")
    assert done.returncode == 0, done.stderr
    return folder


def predict(model, *more):
    picture = DATA / "odd_images" / "00_reference.png"
    return yolov10("predict", picture, "--model", model, "--image-size", 64, "--no-cache", *more)


def copied(models, name, tmp_path):
    """The model's files in a folder of the test; the one of that name is to be damaged."""
    for path in models.iterdir():
        shutil.copy(path, tmp_path / path.name)
    return tmp_path / name


def opened(name):
    return name.replace(".bin", ".xml")


FILES = ["cells.safetensors", "cells.onnx", "cells.xml", "cells.bin"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("left", CUTS)
def test_a_truncated_model_is_refused(models, tmp_path, name, left):
    path = copied(models, name, tmp_path)
    contents = path.read_bytes()
    path.write_bytes(contents[: int(left * len(contents)) if isinstance(left, float) else left])
    for runtime in ("openvino", "onnx") if name.endswith(("safetensors", "onnx")) else ("openvino",):
        line = the_error(predict(tmp_path / opened(name), "--runtime", runtime))
        assert str(tmp_path / opened(name)) in line
        assert re.search(r": copy (it|or \w+ it) again", line)
    path.write_bytes(contents)
    assert predict(tmp_path / opened(name)).returncode == 0


@pytest.mark.parametrize("name", FILES)
def test_a_model_with_a_bit_flipped_is_refused_or_run(models, tmp_path, name):
    """In weights themselves a bit tells nothing; everywhere else it must not end in a crash."""
    path = copied(models, name, tmp_path)
    contents = path.read_bytes()
    chance = random.Random(name)
    for turn in range(FLIPS):
        # Half of them where the structure is.
        at = chance.randrange(min(2000, len(contents)) if turn % 2 else len(contents))
        damaged = bytearray(contents)
        damaged[at] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        done = predict(tmp_path / opened(name))
        if done.returncode != 0:
            assert str(tmp_path / opened(name)) in the_error(done), (at, done.stderr)


def test_a_compiled_model_with_a_bit_flipped_is_compiled_anew(tmp_path):
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    picture = DATA / "odd_images" / "00_reference.png"
    arguments = ("predict", picture, "--model", "cells", "--runtime", "openvino", "--image-size", 64)
    expected = yolov10(*arguments, environment=environment).stdout
    (entry,) = (tmp_path / "open-yolov10").iterdir()
    contents, chance = entry.read_bytes(), random.Random(0)
    for damage in [*(chance.randrange(len(contents)) for _ in range(4)), None]:
        damaged = bytearray(contents[: len(contents) // 2] if damage is None else contents)
        if damage is not None:
            damaged[damage] ^= 1 << chance.randrange(8)
        entry.write_bytes(damaged)
        done = yolov10(*arguments, environment=environment)
        assert (done.returncode, done.stdout) == (0, expected)
        assert entry.read_bytes() != damaged, "it was not replaced"


def test_a_whole_entry_that_openvino_does_not_take_is_compiled_anew(tmp_path):
    """As another build of the same version might leave it."""
    from yolov10.disk_cache import DIGEST

    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    picture = DATA / "odd_images" / "00_reference.png"
    arguments = ("predict", picture, "--model", "cells", "--runtime", "openvino", "--image-size", 64)
    expected = yolov10(*arguments, environment=environment).stdout
    (entry,) = (tmp_path / "open-yolov10").iterdir()
    for contents in (b"", b"nonsense" * 100):
        entry.write_bytes(DIGEST(contents).digest() + contents)
        done = yolov10(*arguments, environment=environment)
        assert (done.returncode, done.stdout) == (0, expected)


@pytest.mark.parametrize("name", ["best.safetensors", "last.safetensors", "resume.safetensors"])
@pytest.mark.parametrize("left", [0, 0.5, -1])
def test_a_truncated_file_of_a_run_is_named(tmp_path, run_folder, name, left):
    run = tmp_path / "run"
    shutil.copytree(run_folder, run)
    contents = (run / name).read_bytes()
    (run / name).write_bytes(contents[: int(left * len(contents)) if isinstance(left, float) else left])
    if name == "resume.safetensors":
        more = ("train", "--resume", run, "--epochs", 2, "--workers", 0, "--threads", 1, "--device", "cpu")
    else:
        more = ("evaluate", run_folder.parent / "data" / "data.yaml", "--model", run / name)
    line = the_error(yolov10(*more))
    assert f"{run / name}: " in line
    assert ": copy or make it again" in line
    (run / name).write_bytes(contents)
    done = yolov10(*more)
    assert done.returncode == 0, done.stderr
