"""What is fuzzed: each target takes any bytes, and may raise nothing: a UserError is an answer, not a fault.

A target that uses files has them in a folder of its own. The names are those of `tests/fuzz/corpus/`.
"""

import contextlib
import io
import json
import os
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import save
from weights.checkpoints import archive_bytes

from yolov10.cli.main import COMMANDS, main
from yolov10.data import coco_json, data_yaml, voc_xml, yolo_txt
from yolov10.data.dataset import open_dataset
from yolov10.data.rows import to_sample
from yolov10.errors import UserError
from yolov10.image_formats import png_chunks
from yolov10.images import decode, encode
from yolov10.model_card import ModelCard
from yolov10.runtimes.model_bytes import check_begins_and_ends
from yolov10.runtimes.onnx_runtime import OnnxRuntime
from yolov10.settings import read_settings
from yolov10.training.config import TrainConfig
from yolov10.weights.checkpoint import read_checkpoint
from yolov10.weights.foreign import read_foreign
from yolov10.weights.hugging_face import read_hugging_face

LONGEST_MESSAGE = 2000
MAX_PIXELS = 4_000_000
"""Of a fuzzed picture: at the default of 178 million one alone may take half a gigabyte, by intent."""
PICTURE = encode(np.full((48, 64, 3), 90, np.uint8), ".png")


def checkpoint(data: bytes, folder: Path) -> None:
    """A .pt file."""
    with _answered():
        read_checkpoint(_written(folder / "m.pt", data))


def pickle(data: bytes, folder: Path) -> None:
    """The pickle inside a .pt file that is otherwise good."""
    storages = {"0": bytes(64), "1": bytes(range(64))}
    with _answered():
        read_checkpoint(_written(folder / "m.pt", archive_bytes(data, storages)))


def safetensors(data: bytes, folder: Path) -> None:
    """The header of a .safetensors file."""
    path = _written(folder / "m.safetensors", struct.pack("<Q", len(data)) + data + bytes(64))
    with _answered():
        read_foreign(path)


def hugging_face(data: bytes, folder: Path) -> None:
    """The config and the README of a downloaded folder, with a zero between them."""
    config, _, readme = data.partition(b"\0")
    _written(folder / "config.json", config)
    _written(folder / "README.md", readme)
    if not (folder / "model.safetensors").exists():
        _written(folder / "model.safetensors", save({"a": np.zeros(1, np.float32)}))
    with _answered():
        read_hugging_face(folder)


def metadata(data: bytes, folder: Path) -> None:
    """Metadata strings as a model file carries them: `key=value` entries with zeros between them."""
    entries = dict(entry.partition("=")[::2] for entry in data.decode("utf-8", "surrogateescape").split("\0"))
    for read in (ModelCard.from_onnx, ModelCard.from_native):
        with _answered():
            card = read(entries)
            assert ModelCard.from_onnx(card.to_onnx()) == card


def onnx(data: bytes, folder: Path) -> None:
    """An ONNX file, as it is told from others before a library sees it."""
    with _answered():
        check_begins_and_ends(_written(folder / "m.onnx", data))


def onnx_runtime(data: bytes, folder: Path) -> None:
    """An ONNX file up to the runtime that would run it."""
    with _answered():
        OnnxRuntime(_written(folder / "m.onnx", data), "cpu", 1)


def image(data: bytes, folder: Path) -> None:
    """A picture file; a PNG also with its check sums put right, or no change would reach the decoder."""
    for variant in {data, _with_right_checksums(data)}:
        with _answered():
            found = decode(variant, name="it", max_pixels=MAX_PIXELS)
            assert found.size <= 3 * MAX_PIXELS


def yolo(data: bytes, folder: Path) -> None:
    """A YOLO label file."""
    labels = yolo_txt.parse(folder / "a.txt", data, 3, 64, 48)
    _, faults = to_sample(folder / "a.png", (64, 48), "a", labels)
    _check_faults(faults)


def coco(data: bytes, folder: Path) -> None:
    """A COCO JSON beside one picture."""
    _written(folder / "a.png", PICTURE)
    with _answered():
        _, labels = _labels(coco_json.open_source(_written(folder / "coco.json", data), folder))
        for found in labels:
            _check_faults(to_sample(folder / "a.png", (64, 48), "a", found)[1])


def voc(data: bytes, folder: Path) -> None:
    """The XML of one picture in a Pascal VOC folder, which names the classes too."""
    for name in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    _written(folder / "JPEGImages" / "a.png", PICTURE)
    _written(folder / "ImageSets" / "Main" / "train.txt", b"a\n")
    _written(folder / "Annotations" / "a.xml", data)
    with _answered():
        _, labels = _labels(voc_xml.open_source(folder))
        for found in labels:
            _check_faults(to_sample(folder / "a.png", (64, 48), "a", found)[1])


def yaml(data: bytes, folder: Path) -> None:
    """A data.yaml, up to the folders it names, which may be any on this machine."""
    with _answered():
        data_yaml.open_source(_written(folder / "data.yaml", data))


def settings(data: bytes, folder: Path) -> None:
    """A YAML of settings for `train --config`."""
    path = _written(folder / "config.yaml", data)
    with _answered():
        TrainConfig(**read_settings(path, TrainConfig))


def lists(data: bytes, folder: Path) -> None:
    """A text file that lists the pictures of a split."""
    _written(folder / "images" / "a.png", PICTURE)
    _written(folder / "train.txt", data)
    _written(folder / "data.yaml", b"train: train.txt\nnames: [a]\n")
    with _answered():
        open_dataset(folder / "data.yaml")


def arguments(data: bytes, folder: Path) -> None:
    """A command line, its words with zeros between them, as far as it does nothing.

    Words name no place outside the folder. Commands that look do so; of the others, the options are read.
    """
    words = data.decode("utf-8", "surrogateescape").replace("/", "_").replace("\\", "_").split("\0")
    words = [word for word in words if word != "--time"]  # which takes the time it takes
    before = os.getcwd()
    os.chdir(_furnished(folder))
    out, err = io.StringIO(), io.StringIO()
    try:
        with _harmless(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(words)
    finally:
        os.chdir(before)
    assert code in (0, 1, 2), code
    assert "error: unexpected " not in err.getvalue(), err.getvalue()
    assert code == 0 or "error: " in err.getvalue() or "check" in words, (code, err.getvalue())


TARGETS: dict[str, Callable[[bytes, Path], None]] = {
    target.__name__: target
    for target in (
        *(checkpoint, pickle, safetensors, hugging_face, metadata, onnx, onnx_runtime, image),
        *(yolo, coco, voc, yaml, settings, lists, arguments),
    )
}


@contextlib.contextmanager
def _answered():
    """Let a UserError pass, if it is one that can be read."""
    try:
        yield
    except UserError as fault:
        assert 0 < len(str(fault)) <= LONGEST_MESSAGE, f"{len(str(fault))} characters of message"


def _written(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _labels(source):
    entries, faults = source.list_entries(source.splits[0])
    _check_faults(faults)
    labels = []
    for entry in entries:
        with _answered():
            labels.append(entry.read_labels(64, 48))
    return entries, labels


def _check_faults(faults):
    for fault in faults:
        assert len(str(fault)) <= LONGEST_MESSAGE, f"{len(str(fault))} characters of message"


def _with_right_checksums(data):
    """A PNG whose chunks' check sums fit; other bytes as they are."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    fixed = bytearray(data)
    with contextlib.suppress(struct.error):
        for _, start, end in png_chunks(data):
            if end <= len(data):
                fixed[end - 4 : end] = struct.pack(">I", zlib.crc32(data[start + 4 : end - 4]))
    return bytes(fixed)


LOOKING = ("info", "import_checkpoint", "data_check")
"""Modules of the commands that read and print, or write beside what they read."""


@contextlib.contextmanager
def _harmless():
    """Commands but those that look end when their options have been read."""
    import importlib

    tables = [COMMANDS, *(importlib.import_module("yolov10.cli.data").COMMANDS,)]
    modules = [
        importlib.import_module(f"yolov10.cli.{name}") for table in tables for name, _ in table.values()
    ]
    kept = {module: module.run for module in modules if hasattr(module, "run")}
    for module in kept:
        if module.__name__.rpartition(".")[2] not in LOOKING:
            module.run = lambda options: 0
    try:
        yield
    finally:
        for module, run in kept.items():
            module.run = run


def _furnished(folder):
    """A fresh folder with files of several kinds."""
    place = folder / "deep" / "down"
    if folder.exists():
        shutil.rmtree(folder)
    place.mkdir(parents=True)
    _written(place / "a.png", PICTURE)
    _written(place / "data.yaml", b"train: .\nnames: [a]\n")
    _written(place / "coco.json", json.dumps({"images": [], "annotations": [], "categories": []}).encode())
    _written(place / "bad.pt", b"PK\x03\x04 not a zip")
    return place
