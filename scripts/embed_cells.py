"""Put the best weights of a run into the package, as the model `cells`: both of its files.

    python scripts/embed_cells.py [RUN]

How the run was made: docs/cells.md. Without one, the ONNX file is made anew of the weights that are there, as
it has to be when `yolov10.graph` has changed.
"""

import sys
from dataclasses import replace
from pathlib import Path

from yolov10.export import export
from yolov10.model_names import CELLS, exported_file, weights_file
from yolov10.weights.native import read_native, write_native


def embed(run: Path) -> None:
    """Write the native weights of a run, under this project's licence."""
    weights = read_native(run / "best.safetensors")
    card = replace(weights.card, license="Apache-2.0")
    write_native(weights_file(CELLS), replace(weights, card=card))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        embed(Path(sys.argv[1]))
    export(weights_file(CELLS), output=exported_file(CELLS), say=print)
