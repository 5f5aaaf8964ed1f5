"""int8 by post-training quantization: NNCF sees the range of every activation on pictures of the data set."""

import contextlib
import io
import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yolov10 import images
from yolov10.errors import UserError
from yolov10.export.plan import Plan
from yolov10.letterbox import fit, letterbox
from yolov10.runtimes.exported import FileForm, as_taken
from yolov10.silence import import_nncf

PICTURES = 300
"""Pictures that ranges are taken from, evenly spread over the split."""

FLOAT = (
    r"(?!model\.).*",  # the tail: in 256 steps, a coordinate is off by pixels
    r"model\.0\..*",  # the stem: what it loses, nothing later brings back
    r"model\.23\.one2one_cv[23]\.[012]\.2.*",  # the last convolutions: bins of the boxes, and logits
)
"""Operators left in float, by name. What is left of AP: docs/performance.md."""


def quantized(plan: Plan, model: Any) -> Any:  # noqa: ANN401 - a model of ONNX or of OpenVINO
    """The model with weights and activations in int8, but for what is too sensitive.

    Raises UserError where NNCF is missing or no picture can be read.
    """
    nncf = import_nncf("int8")
    form = FileForm("float32" if plan.form.input == "float32" else "uint8", plan.form.input == "uint8-bgr")

    def as_input(picture: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
        together = np.repeat(picture[None], plan.form.batch or 1, axis=0)
        return {"images": as_taken(together, form)}

    pictures = list(_pictures(plan))
    if not pictures:
        raise UserError("none of the pictures to calibrate with can be read")
    nncf.set_log_level(logging.ERROR)
    with contextlib.redirect_stdout(io.StringIO()):  # its progress bars
        return nncf.quantize(
            model,
            nncf.Dataset(pictures, as_input),
            subset_size=len(pictures),
            preset=nncf.QuantizationPreset.MIXED,
            ignored_scope=nncf.IgnoredScope(patterns=list(FLOAT), validate=False),
        )


def _pictures(plan: Plan) -> Iterator[NDArray[np.uint8]]:
    """Pictures [H, W, 3] of the calibration data, fitted to the network; as bytes, a quarter of its input."""
    assert plan.calibration is not None
    samples = plan.calibration.statistics.samples
    for index in np.linspace(0, len(samples) - 1, min(PICTURES, len(samples))).round().astype(int):
        try:
            picture = images.read(samples[index].path)
        except UserError:
            continue  # those that are labelled and cannot be read, `data check` names
        yield letterbox(picture, fit(picture.shape[1], picture.shape[0], plan.image_size))
