"""A model on its way to the workers: they need not see the disk it lies on."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory

import yolov10
from yolov10.disk_cache import entry_key
from yolov10.errors import UserError
from yolov10.model_names import CELLS, weights_file
from yolov10.prediction.detector_settings import DetectorSettings
from yolov10.runtimes.model_bytes import EXTERNAL_TENSOR


@dataclass(frozen=True)
class PackedModel:
    """The files of a model."""

    name: str
    files: tuple[tuple[str, bytes], ...]
    """By name; none of a model that comes with the package."""

    @property
    def digest(self) -> str:
        """Of all contents."""
        digest = hashlib.sha256(self.name.encode())
        for name, contents in self.files:
            digest.update(name.encode() + hashlib.sha256(contents).digest())
        return digest.hexdigest()


def pack(model: str) -> PackedModel:
    """Read a model that `Detector` opened before. Raises UserError for one in more files than can be told."""
    if model == CELLS:
        return PackedModel(model, ())
    path = weights_file(model)
    if path.is_dir():
        files = sorted(one for one in path.iterdir() if one.is_file())
    else:
        files = [path, *([path.with_suffix(".bin")] if path.suffix == ".xml" else [])]
    packed = PackedModel(path.name, tuple((one.name, one.read_bytes()) for one in files))
    if path.suffix == ".onnx" and EXTERNAL_TENSOR in packed.files[0][1]:
        raise UserError(
            f"{path} keeps weights in files beside it, which workers are not sent: make it one file"
        )
    return packed


def fingerprint(model: PackedModel, settings: DetectorSettings) -> str:
    """A digest of all that results depend on beside the pictures; threads and the cache are not of it."""
    facts = [getattr(settings, one.name) for one in fields(settings) if one.name not in ("threads", "cache")]
    return entry_key([yolov10.__version__, model.digest, *facts])


@contextmanager
def unpacked(model: PackedModel) -> Iterator[str]:
    """The model as `Detector` takes it, for as long as that needs to open it."""
    with TemporaryDirectory(prefix="yolov10-", ignore_cleanup_errors=True) as folder:
        for name, contents in model.files:
            (Path(folder) / name).write_bytes(contents)
        is_folder = model.files and model.name not in dict(model.files)
        yield model.name if not model.files else folder if is_folder else str(Path(folder) / model.name)
