"""COCO's own program, the measure of ours."""

import contextlib
import io

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def pycocotools(samples, rows, classes):
    """Precision [10, 101, classes, 4], recall [10, classes, 4] and the twelve figures that it prints.

    The detections are all given; it is the program that counts a hundred of them.
    """
    pictures = [{"id": index, "width": one.width, "height": one.height} for index, one in enumerate(samples)]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = _coco(pictures, classes, _annotations(samples))
        found = [
            [index, x1, y1, x2 - x1, y2 - y1, score, kind]
            for index, own in enumerate(rows)
            for x1, y1, x2, y2, score, kind in own.tolist()
        ]
        results = truth.loadRes(np.array(found)) if found else _coco(pictures, classes, [])
        evaluator = COCOeval(truth, results, "bbox")
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
    return evaluator.eval["precision"][..., -1], evaluator.eval["recall"][..., -1], evaluator.stats


def _annotations(samples):
    return [
        {
            "image_id": index,
            "category_id": int(kind),
            "bbox": [x1, y1, x2 - x1, y2 - y1],
            "area": float(area),
            "iscrowd": int(crowd),
        }
        for index, one in enumerate(samples)
        for (x1, y1, x2, y2), kind, area, crowd in zip(
            one.boxes.tolist(), one.classes, one.areas, one.crowd, strict=True
        )
    ]


def _coco(pictures, classes, annotations):
    coco = COCO()
    coco.dataset = {
        "images": pictures,
        "categories": [{"id": index, "name": f"class{index}"} for index in range(classes)],
        "annotations": [one | {"id": number} for number, one in enumerate(annotations, 1)],
    }
    coco.createIndex()
    return coco
