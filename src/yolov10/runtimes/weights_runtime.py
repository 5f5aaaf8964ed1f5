"""Weights without torch: made into a graph that OpenVINO or ONNX Runtime runs.

Classes are chosen inside the graph, before its top-k, so that each choice is a graph of its own.
"""

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from yolov10.graph.network import Form, Input, onnx_model
from yolov10.model_card import ModelCard
from yolov10.runtimes.compiled import Compiled, CompiledShapes
from yolov10.runtimes.exported import FileForm, detect
from yolov10.runtimes.onnx_runtime import OnnxRuntime
from yolov10.runtimes.openvino_runtime import open_core, refusing, settings_for
from yolov10.runtimes.runtime import Images, Precision, are_pictures, check_classes, no_rows, sides_of
from yolov10.weights.foreign import read_foreign
from yolov10.weights.native import Weights

if TYPE_CHECKING:
    import openvino

CHOICES_KEPT = 4
"""Sessions of ONNX Runtime, one a choice of classes and kind of input."""

Choice = tuple[int, ...] | None


class WeightsOnOpenvino:
    """Native or foreign weights, compiled for each shape once; on disk too, unless `cache` is off."""

    fixed_shape: tuple[int, int] | None = None
    gains_together = False

    def __init__(
        self,
        path: str | os.PathLike[str],
        device: str = "auto",
        precision: Precision | None = None,
        threads: int | None = None,
        cache: bool = True,
    ) -> None:
        self.path = path
        self.core = open_core(path, device)
        self.weights = read_foreign(path).weights
        settings = settings_for(precision or "fp32", threads)
        self.shapes = CompiledShapes(self.core, settings, _digest(self.weights) if cache else None)

    @property
    def card(self) -> ModelCard:
        """What the model file says of itself."""
        return self.weights.card

    def __call__(self, images: Images, classes: Sequence[int] | None = None) -> NDArray[np.float32]:
        """As `Runtime` says; `classes` are chosen before the top-k."""
        if classes is not None and len(classes) == 0:
            return no_rows(len(images))
        chosen = _choice(classes, self.card)
        form = Form(batch=1, sides=sides_of(images), classes=chosen, input=_input_for(images))
        takes = FileForm("uint8", bgr=True, batch=1) if are_pictures(images) else FileForm(batch=1)

        def run(image: NDArray[Any]) -> NDArray[Any]:
            with refusing(self.path):
                return self.compiled(form)(image)

        return detect(run, takes, images, None)

    def compiled(self, form: Form) -> Compiled:
        """The model compiled in a form. Raises what OpenVINO raises."""

        def graph() -> "openvino.Model":
            return self.core.read_model(onnx_model(self.weights, form, {}))

        return self.shapes.get(form, graph)


class WeightsOnOnnx:
    """Native or foreign weights in ONNX Runtime, float32, for any shape."""

    fixed_shape: tuple[int, int] | None = None

    def __init__(
        self, path: str | os.PathLike[str], device: str = "auto", threads: int | None = None
    ) -> None:
        self.path, self.device, self.threads = path, device, threads
        self.weights = read_foreign(path).weights
        self.sessions: OrderedDict[tuple[Choice, Input], OnnxRuntime] = OrderedDict()
        self.lock = threading.Lock()
        self.gains_together = self.session(None, "uint8-bgr").gains_together

    @property
    def card(self) -> ModelCard:
        """What the model file says of itself."""
        return self.weights.card

    def __call__(self, images: Images, classes: Sequence[int] | None = None) -> NDArray[np.float32]:
        """As `Runtime` says; `classes` are chosen before the top-k."""
        if classes is not None and len(classes) == 0:
            return no_rows(len(images))
        return self.session(_choice(classes, self.card), _input_for(images))(images)

    def session(self, classes: Choice, input_: Input) -> OnnxRuntime:
        """The session that finds these classes; the least recently used is dropped beyond `CHOICES_KEPT`."""
        key = classes, input_
        with self.lock:
            if key not in self.sessions:
                metadata = self.card.to_onnx() | {"channels": "BGR"}
                contents = onnx_model(self.weights, Form(classes=classes, input=input_), metadata)
                self.sessions[key] = OnnxRuntime(self.path, self.device, self.threads, contents)
                if len(self.sessions) > CHOICES_KEPT:
                    self.sessions.popitem(last=False)
            self.sessions.move_to_end(key)
            return self.sessions[key]


def _input_for(images: Images) -> Input:
    """What a graph takes that is made for such images: as they are, so that nothing is left to do outside."""
    return "uint8-bgr" if are_pictures(images) else "float32"


def _choice(classes: Sequence[int] | None, card: ModelCard) -> Choice:
    """The classes in order, each once. Raises UserError for one that the network does not have."""
    if classes is None:
        return None
    check_classes(classes, card)
    return tuple(sorted({int(index) for index in classes}))


def _digest(weights: Weights) -> str:
    """A digest of all numbers, and of what they are numbers of."""
    digest = hashlib.sha256(f"{weights.card.scale} {weights.fused}".encode())
    for name, values in weights.tensors.items():
        digest.update(f"{name} {values.dtype} {values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()
