"""Models that go by a name instead of a path (contract, section 2).

`cells` comes with the package; `yolov10n` … `yolov10x` are what `yolov10 download` fetched.
"""

import os
from pathlib import Path

from yolov10.architecture import SCALES
from yolov10.disk_cache import cache_folder
from yolov10.errors import UserError

CELLS = "cells"
"""Blood cells under a microscope, scale n, trained by this code: docs/cells.md."""
FOLDER = Path(__file__).parent / CELLS
"""Its files: the model in two forms, and three pictures to try it on."""
SAMPLES = FOLDER / "samples"

OFFICIAL = tuple(f"yolov10{scale}" for scale in SCALES)
"""The authors' own weights, one model a scale, never shipped."""
NAMES = (CELLS, *OFFICIAL)


def exported_file(model: str | os.PathLike[str]) -> Path:
    """The file to run where torch may be missing: of `cells` its ONNX file, else as `weights_file`."""
    return FOLDER / "cells.onnx" if os.fspath(model) == CELLS else weights_file(model)


def weights_file(model: str | os.PathLike[str]) -> Path:
    """The file to train on or to run by torch: of a name its native weights, else the path itself.

    A file or folder that lies here under an official name goes before it. Raises UserError for official
    weights that have not been downloaded.
    """
    name = os.fspath(model)
    if name == CELLS:
        return FOLDER / "cells.safetensors"
    if name not in OFFICIAL or Path(name).exists():
        return Path(model)
    if not (path := downloaded_file(name)).is_file():
        raise UserError(f"no model {name!r} on this machine: to fetch it, yolov10 download {name}")
    return path


def fetched(path: Path) -> str:
    """How to come by a file that is missing, where it is named like official weights; else nothing."""
    return f"; to fetch it: yolov10 download {path.stem}" if path.stem in OFFICIAL else ""


def downloaded_file(name: str) -> Path:
    """Where the official weights of a name are, or will be: in the documented cache.

    Raises UserError for a user who has no home folder, and so no cache.
    """
    try:
        return cache_folder() / "models" / f"{name}.safetensors"
    except RuntimeError as fault:
        raise UserError(f"no place for {name}: {fault}") from None
