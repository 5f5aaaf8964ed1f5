"""Models that OpenVINO compiled, one a shape: the last few in memory, all of them in the disk cache."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

import yolov10
from yolov10.disk_cache import entry_key, read_entry, write_entry

if TYPE_CHECKING:
    import openvino

KEPT = 8
"""Shapes kept in memory: the rectangles of a few kinds of cameras, upright and across."""


class Compiled:
    """One compiled model, and its infer requests that are not in use: a request serves a thread at a time."""

    def __init__(self, model: "openvino.CompiledModel") -> None:
        self.model = model
        self.idle: deque[openvino.InferRequest] = deque()

    def __call__(self, images: NDArray[Any]) -> NDArray[Any]:
        """The model's only output for its only input."""
        try:
            request = self.idle.pop()
        except IndexError:
            request = self.model.create_infer_request()
        output: NDArray[Any] = request.infer([images], share_inputs=True)[0]
        self.idle.append(request)
        return output


class CompiledShapes:
    """Gives the compiled model of a shape, the least recently used dropped beyond `KEPT`.

    digest: of the model's contents; None keeps the disk cache out of it.
    """

    def __init__(self, core: "openvino.Core", settings: dict[str, str], digest: str | None) -> None:
        self.core = core
        self.settings = settings
        self.digest = digest
        self.kept: OrderedDict[Hashable, Compiled] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, shape: Hashable, load: Callable[[], "openvino.Model"]) -> Compiled:
        """The compiled model of a shape; `load` gives what is to be compiled when it is in no cache.

        Raises what OpenVINO raises for a model that it cannot compile.
        """
        with self.lock:
            if shape not in self.kept:
                self.kept[shape] = Compiled(self._compile(shape, load))
                if len(self.kept) > KEPT:
                    self.kept.popitem(last=False)
            self.kept.move_to_end(shape)
            return self.kept[shape]

    def _compile(self, shape: Hashable, load: Callable[[], "openvino.Model"]) -> "openvino.CompiledModel":
        key = self._key(shape)
        if key is not None and (blob := read_entry(key)) is not None:
            try:
                return self.core.import_model(blob, "CPU", self.settings)
            except RuntimeError:
                pass  # whole, yet not to OpenVINO's liking: compiled anew, and replaced
        compiled = self.core.compile_model(load(), "CPU", self.settings)
        if key is not None:
            write_entry(key, compiled.export_model().getvalue())
        return compiled

    def _key(self, shape: Hashable) -> str | None:
        """All that a compiled model depends on: contents, versions, processor, settings, shape."""
        if self.digest is None:
            return None
        processor = [self.core.get_property("CPU", fact) for fact in PROCESSOR]
        version = self.core.get_versions("CPU")["CPU"].build_number
        return entry_key([self.digest, yolov10.__version__, version, processor, self.settings, shape])


PROCESSOR = ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES")
