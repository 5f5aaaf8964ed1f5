"""ONNX files, OpenVINO's own `.xml`, and weights made into a graph, through OpenVINO on the CPU.

Pictures run one after another, each on all threads: that is no slower than a batch (docs/performance.md), and
one compiled shape serves every batch. Fixed shapes are several per cent faster than free ones.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from yolov10.errors import UserError
from yolov10.runtimes.compiled import Compiled, CompiledShapes
from yolov10.runtimes.exported import describe, detect, refusal
from yolov10.runtimes.model_bytes import EXTERNAL_TENSOR, check_begins_and_ends
from yolov10.runtimes.runtime import Images, Precision, are_pictures, check_classes
from yolov10.silence import import_openvino

if TYPE_CHECKING:
    import openvino

HINTS = {"fp32": "f32", "bf16": "bf16", "fp16": "f16"}
TYPES = {"f32": "float32", "f16": "float16", "u8": "uint8"}


class OpenvinoRuntime:
    """Runs a file of the contract, section 4: [N, 3, H, W] → [N, K, 6].

    In the precision that is asked for, else the one the file declares, else float32: OpenVINO's own choice on
    some CPUs is bfloat16. `cache` keeps what it compiles on disk, too.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        device: str = "auto",
        precision: Precision | None = None,
        threads: int | None = None,
        cache: bool = True,
    ) -> None:
        check_begins_and_ends(path)
        self.path = path
        core = open_core(path, device)
        # Before it is read: were it replaced meanwhile, the old one's entry would never be asked for.
        digest = _digest(path) if cache else None
        with refusing(path):
            self.model = core.read_model(os.fspath(path))
            metadata = _metadata(self.model)
        inputs, outputs = (
            [_sides(port) for port in ports] for ports in (self.model.inputs, self.model.outputs)
        )
        kind = self.model.inputs[0].get_element_type().get_type_name() if inputs else "nothing"
        self.card, self.form = describe(path, metadata, TYPES.get(kind, kind), inputs, outputs)
        settings = settings_for(precision or _declared(core, self.form.precision), threads)
        self.shapes = CompiledShapes(core, settings, digest)

    @property
    def fixed_shape(self) -> tuple[int, int] | None:
        """Height and width when the file takes no other, else None."""
        return self.form.sides

    @property
    def gains_together(self) -> bool:
        """As `Runtime` says: where the file takes several anyway."""
        return (self.form.batch or 1) > 1

    def __call__(self, images: Images, classes: Sequence[int] | None = None) -> NDArray[np.float32]:
        """As `Runtime` says; other `classes` are left out after the file's top-k, if it has one."""
        check_classes(classes or [], self.card)
        form = replace(self.form, batch=self.form.batch or 1)
        converts = are_pictures(images) and form.input_type != "uint8"
        if converts:
            form = replace(form, input_type="uint8", bgr=True)

        def run(batch: NDArray[Any]) -> NDArray[Any]:
            with refusing(self.path):
                return self.compiled(batch.shape, converts)(batch)

        return detect(run, form, images, classes)

    def compiled(self, shape: tuple[int, ...], converts: bool = False) -> Compiled:
        """The model compiled for a shape; one that `converts` takes pictures where the file takes planes.

        Raises what OpenVINO raises.
        """

        def shaped() -> "openvino.Model":
            model = _taking_pictures(self.model) if converts else self.model
            model.reshape(list(shape))
            return model

        return self.shapes.get(shape, shaped)


def _taking_pictures(model: "openvino.Model") -> "openvino.Model":
    """A copy that takes uint8 pictures, BGR, where the model takes planes, RGB 0..1."""
    from openvino import Layout, Type
    from openvino.preprocess import ColorFormat, PrePostProcessor

    steps = PrePostProcessor(model.clone())
    image = steps.input()
    kind = model.input().get_element_type()
    image.tensor().set_element_type(Type.u8).set_layout(Layout("NHWC")).set_color_format(ColorFormat.BGR)
    image.model().set_layout(Layout("NCHW"))
    image.preprocess().convert_element_type(kind).convert_color(ColorFormat.RGB).scale(255.0)
    return steps.build()


def open_core(path: str | os.PathLike[str], device: str) -> "openvino.Core":
    """OpenVINO, once it is sure that it can run anything. Raises UserError where it cannot."""
    if device not in ("auto", "cpu"):
        raise UserError(f"OpenVINO is run on the CPU only, not on {device!r}: leave --device out")
    return import_openvino(f"running {Path(path).name} with OpenVINO").Core()


def _declared(core: "openvino.Core", precision: str) -> str:
    """The precision that a file declares, as one to run in.

    bfloat16 only where the processor has it: to imitate it takes three times as long as float32. What int8
    leaves in float runs in it, too; its AP is in docs/performance.md.
    """
    if precision in ("bf16", "int8"):
        return "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "fp32"
    return precision if precision in HINTS else "fp32"


def settings_for(precision: str, threads: int | None) -> dict[str, str]:
    """What a model is compiled with."""
    settings = {"INFERENCE_PRECISION_HINT": HINTS[precision], "PERFORMANCE_HINT": "LATENCY"}
    if threads is None:
        return settings
    # OpenVINO would tie its threads to cores, those of every process to the same ones.
    return settings | {"INFERENCE_NUM_THREADS": str(threads), "ENABLE_CPU_PINNING": "NO"}


@contextmanager
def refusing(path: str | os.PathLike[str]) -> Iterator[None]:
    """Raise a UserError naming the file for what OpenVINO raises as it reads, compiles or runs it."""
    try:
        yield
    except (RuntimeError, UnicodeDecodeError) as fault:  # the second, from a text in the file
        raise refusal(path, "OpenVINO", fault) from None


def _digest(path: str | os.PathLike[str]) -> str | None:
    """A digest of all that a model consists of; None for an ONNX file with weights in files beside it."""
    path = Path(path)
    files = [path, path.with_suffix(".bin")] if path.suffix == ".xml" else [path]
    contents = [file.read_bytes() for file in files if file.exists()]
    if path.suffix != ".xml" and EXTERNAL_TENSOR in contents[0]:
        return None
    return "-".join(hashlib.sha256(part).hexdigest() for part in contents)


def _metadata(model: "openvino.Model") -> dict[str, str]:
    """The entries of an ONNX file's metadata, which OpenVINO keeps under this name; no nested ones."""
    entries = model.rt_info["framework"] if model.has_rt_info("framework") else {}
    if not isinstance(entries, dict):  # one bare value
        return {}
    return {key: str(value.value) for key, value in entries.items() if not isinstance(value, dict)}


def _sides(port: "openvino.Output") -> list[object]:
    return [side.get_length() if side.is_static else None for side in port.partial_shape]
