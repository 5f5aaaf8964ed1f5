"""The files that the pages speak of, small: a reader has such, of his own."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
from conftest import DATA
from weights.checkpoints import write_checkpoint

from yolov10.data import open_splits
from yolov10.model_names import FOLDER, SAMPLES, weights_file
from yolov10.weights.native import read_native, write_native

FRAMES = 3
IMAGE_SIZE = 192


def make_world(folder):
    """Pictures, videos, data sets in three forms and models, below a new folder."""
    for data_set in (folder, folder / "bccd"):
        shutil.copytree(DATA / "bccd", data_set, dirs_exist_ok=True)
    pictures = sorted(SAMPLES.glob("*.jpg"))
    for name in ("street.jpg", "blood.jpg", "aerial.jpg", "a.jpg"):
        shutil.copy(pictures[0], folder / name)
    (folder / "photos").mkdir()
    for picture in pictures[:2]:
        shutil.copy(picture, folder / "photos")
    (folder / "clips").mkdir()
    video(pictures[0], folder / "street.mp4")
    shutil.copy(folder / "street.mp4", folder / "clips")
    models(folder)
    coco_and_voc(folder)
    return folder


def video(picture, path):
    pixels = cv2.resize(cv2.imread(str(picture)), (320, 240))
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*"mp4v"), 25, (320, 240))
    for _ in range(FRAMES):
        writer.write(pixels)
    writer.release()


def models(folder):
    """The embedded model under the names of a reader's own, and a twin of an official checkpoint.

    Its weights say that they are for small pictures, so that everything is quick.
    """
    weights = read_native(weights_file("cells"))
    card = replace(weights.card, image_size=IMAGE_SIZE)
    write_native(folder / "best.safetensors", replace(weights, card=card))
    shutil.copy(FOLDER / "cells.onnx", folder / "best.onnx")
    write_checkpoint(folder / "yolov10n.pt", weights.tensors, names=weights.card.names, top="yolov10n")


def coco_and_voc(folder):
    """The validation pictures of data.yaml again, as `coco/val.json` and as the folder `voc`."""
    from data_sets.formats import coco, write_voc

    splits = open_splits(folder / "data.yaml")
    names = splits["val"].names
    (folder / "coco").mkdir()
    for split in ("train", "val"):
        text = json.dumps(coco(names, splits[split].samples))
        (folder / "coco" / f"{split}.json").write_text(text)
    shutil.copytree(folder / "images" / "train", folder / "coco" / "photos")
    shutil.copytree(folder / "images" / "val", folder / "coco" / "photos", dirs_exist_ok=True)
    write_voc(folder / "voc", names, {split: splits[split].samples for split in ("train", "val")})


def another(world, folder):
    """A world for one page: the same files under other names, none of which is ever written in place."""
    return Path(shutil.copytree(world, folder, copy_function=shutil.os.link))
