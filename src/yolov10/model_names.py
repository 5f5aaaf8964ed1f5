"""Models that go by a name instead of a path: `cells` comes with the package (contract, section 2)."""

import os
from pathlib import Path

CELLS = "cells"
"""Blood cells under a microscope, scale n, trained by this code: docs/cells.md."""
FOLDER = Path(__file__).parent / CELLS
"""Its files: the model in two forms, and three pictures to try it on."""
SAMPLES = FOLDER / "samples"


def exported_file(model: str | os.PathLike[str]) -> Path:
    """The file to run where torch may be missing: of a name its ONNX file, else the path itself."""
    return FOLDER / "cells.onnx" if os.fspath(model) == CELLS else Path(model)


def weights_file(model: str | os.PathLike[str]) -> Path:
    """The file to train on or to run by torch: of a name its native weights, else the path itself."""
    return FOLDER / "cells.safetensors" if os.fspath(model) == CELLS else Path(model)
