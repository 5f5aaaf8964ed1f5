"""Writes the first inputs of every target into `tests/fuzz/corpus/`: small, good, one of each kind.

`python tests/fuzz/make_corpus.py`. What the fuzzer finds worth keeping is added there by hand.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2
import numpy as np
import onnx
from weights import hostile
from weights.checkpoints import archive_bytes

CORPUS = Path(__file__).parent / "corpus"
TOY = Path(__file__).parents[1] / "data" / "models" / "toy.onnx"


def pictures():
    """A picture of 40x34 pixels, gray waves, in every format that can be written here."""
    rows, columns = np.mgrid[:34, :40]
    picture = np.repeat(((rows * columns) % 256).astype(np.uint8)[..., None], 3, axis=2)
    found = {}
    for suffix in ("png", "jpg", "webp", "bmp", "tif", "ppm", "jp2", "avif", "gif"):
        done, data = cv2.imencode(f".{suffix}", picture)
        assert done, suffix
        found[suffix] = data.tobytes()
    found["gray.png"] = cv2.imencode(".png", picture[..., 0])[1].tobytes()
    found["16.png"] = cv2.imencode(".png", picture.astype(np.uint16) * 257)[1].tobytes()
    found["progressive.jpg"] = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    exif = b"\xff\xe1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    found["turned.jpg"] = found["jpg"][:2] + exif + found["jpg"][2:]
    return found


def pickles():
    """Pickles with every opcode and name that a checkpoint has."""
    network = hostile.module(
        hostile.mapping(weight=hostile.a_tensor((2, 2))), hostile.mapping(inner=hostile.module())
    )
    facts = {
        "names": hostile.mapping(),
        "train_args": hostile.mapping(imgsz=hostile.number(640), task=hostile.text("detect")),
        "version": hostile.text("8.1.34"),
    }
    return {
        "module": hostile.pickled(hostile.mapping(model=network, **facts)),
        "protocol4": hostile.pickled(hostile.mapping(ema=network), 4),
        "state": hostile.pickled(hostile.mapping(**{"model.0.conv.weight": hostile.a_tensor((4,))})),
        "listed": hostile.pickled(
            hostile.mapping(model=hostile.listed(hostile.number(1), hostile.text("a")))
        ),
        "called": hostile.pickled(hostile.call(hostile.name("collections", "OrderedDict"))),
    }


def coco():
    """Two annotations, one with an outline in two parts, one of a crowd."""
    box = {"id": 1, "image_id": 7, "category_id": 3, "bbox": [4, 5, 20, 10], "area": 150.5, "iscrowd": 0}
    outline = [[1, 1, 9, 1, 9, 9], [20, 20, 30, 20, 30, 30, 20, 30]]
    return {
        "two": json.dumps(
            {
                "images": [{"id": 7, "file_name": "a.png", "width": 64, "height": 48}],
                "categories": [{"id": 3, "name": "cell"}],
                "annotations": [box | {"segmentation": outline}, box | {"id": 2, "iscrowd": 1}],
            }
        ).encode()
    }


VOC = b"""<annotation><size><width>64</width><height>48</height></size><object><name>cell</name>
<difficult>1</difficult><bndbox><xmin>4</xmin><ymin>5</ymin><xmax>24.5</xmax><ymax>15</ymax></bndbox></object>
</annotation>"""
DOUBLED = ", ".join(f"&n{level} [*n{level - 1}, *n{level - 1}]" for level in range(1, 40))
YAMLS = {
    "doubled": f"nc: [&n0 [x], {DOUBLED}]\ntrain: a\n".encode(),
    "alias": b"names: &a {0: x}\ntrain: *a\nd: 2001-01-01\ns: !!str 5\nb: !!binary aGk=\nm: {<<: *a}",
    "data": b"path: .\ntrain: [a, b.txt]\nval: c\nnames:\n  0: cell\n  1: &x [p, q]\nnc: 2\n",
}
SETTINGS = {
    "doubled": f"epochs: [&n0 [x], {DOUBLED}]\n".encode(),
    "values": b"a: 2001-01-01\nb: !!str 5\nc: !!binary aGk=\nd: .inf\ne: 0b1\nf: 1:30\ng: {<<: {h: 1}}\n",
    "some": b"epochs: 3\nlr: 1e-3\nscale: n\nmosaic: 0.5\noutput: runs/a\ncompile: true\nworkers: 0x10\n",
}
METADATA = {
    "onnx": b"names={0: 'RBC', 1: 'WBC'}\0stride=32\0task=detect\0imgsz=[640, 640]\0batch=1\0scale=n\0"
    b"threshold=0.5\0license=MIT\0training={}",
    "native": b'names=["RBC", "WBC"]\0scale=n\0image_size=640\0threshold=0.25\0license=MIT\0format=yolov10',
}
HEADERS = {
    "native": b'{"__metadata__":{"format":"yolov10","scale":"n","names":"[\\"a\\"]","heads":"both"},'
    b'"model.0.conv.weight":{"dtype":"F32","shape":[4,4],"data_offsets":[0,64]}}',
    "bare": b'{"model.0.conv.weight":{"dtype":"F16","shape":[16,2],"data_offsets":[0,64]},'
    b'"model.23.one2one_cv3.0.2.bias":{"dtype":"BF16","shape":[0],"data_offsets":[64,64]}}',
}
YOLO = {
    "boxes": b"0 0.5 0.5 0.2 0.2\n2 0.1 0.1 0.1 0.1\n",
    "outlines": b"\xef\xbb\xbf1 0.1 0.1 0.9 0.1 0.9 0.9\r\n0 .5 .5 1e-1 inf\n1 nan 1_0 0x1 -0\n",
}
HUGGING_FACE = {
    "config": b'{"model":"yolov10n.yaml","task":"detect","names":{"0":"person","1":"car"}}\0'
    b"---\nlicense: agpl-3.0\ntags: [a]\n---\n# YOLOv10\n"
}
LISTS = {"three": b"a.png\n./images/a.png\n../images/a.png\n\nimages/a.png\r\nimages/\xc3\xa4.png\n"}
WORDS = {
    "info": "info\0n\0--image-size\x00384x640\0--num-classes\x003\0--json",
    "check": "data\0check\0data.yaml\0--json",
    "import": "import\0bad.pt\0--output\0b.safetensors\0--debug",
    "predict": "predict\0a.png\0--model\0m.onnx\0--classes\x000,RBC\0--confidence\x000.5\0--format\0coco",
    "train": "train\0data.yaml\0--scale\0s\0--epochs\x003\0--lr\x001e-3\0--no\0imgsz=640\0--output=x",
    "evaluate": "evaluate\0data.yaml\0--model\0m\0--head\0both\0--protocol\0published",
    "download": "download\0yolov10n\0--timeout\x001\0--accept-license\0--sha256\0ab",
    "other": "-h\0--version\0--help\0--quiet\0-",
}


def corpus():
    """Inputs by target and name."""
    inner = pickles()
    whole = {name: archive_bytes(data, {"0": bytes(64)}) for name, data in inner.items()}
    model = onnx.load(TOY)
    onnx_files = {"toy": model.SerializeToString()}
    return {
        "checkpoint": {name: whole[name] for name in ("module", "state")},
        "pickle": inner,
        "safetensors": HEADERS,
        "hugging_face": HUGGING_FACE,
        "metadata": METADATA,
        "onnx": onnx_files,
        "onnx_runtime": onnx_files,
        "image": pictures(),
        "yolo": YOLO,
        "coco": coco(),
        "voc": {"one": VOC},
        "yaml": YAMLS,
        "settings": SETTINGS,
        "lists": LISTS,
        "arguments": {name: words.encode() for name, words in WORDS.items()},
    }


if __name__ == "__main__":
    for target, inputs in corpus().items():
        (CORPUS / target).mkdir(parents=True, exist_ok=True)
        for name, data in inputs.items():
            (CORPUS / target / name).write_bytes(data)
