"""`yolov10 info`: the layer table and the totals of a network."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yolov10.architecture import SCALES
from yolov10.cli.options import Common, argument, option
from yolov10.cli.tables import console, plain_table
from yolov10.errors import UserError, did_you_mean
from yolov10.image_size import check_image_size, parse_image_size
from yolov10.info.tables import describe
from yolov10.model_card import ModelCard
from yolov10.model_names import CELLS, exported_file


@dataclass(frozen=True)
class Options(Common):
    """Show what the network is made of.

    MODEL is a scale (n s m b l x), or a model file, whose scale and classes are shown.
    """

    model: str = argument("scale or model file", metavar="MODEL")
    num_classes: int | None = option("classes of the head; 80, or the file's", group="Network", metavar="N")
    image_size: str = option("pixels, or HEIGHTxWIDTH", "640", group="Network", metavar="SIZE")
    json: bool = option("print the table as JSON", False, group="Results")


def run(options: Options) -> int:
    """Print the table of a scale or a file."""
    size = check_image_size(parse_image_size(options.image_size))
    height, width = (size, size) if isinstance(size, int) else size
    scale, own_classes = _scale(options.model)
    num_classes = own_classes if options.num_classes is None else options.num_classes
    table = describe(scale, num_classes, height, width)
    if options.json:
        print(json.dumps(table, indent=1))
    else:
        _print_table(table)
    return 0


def _scale(model: str) -> tuple[str, int]:
    """Scale and class count of a scale's name or a model file."""
    if model in SCALES:
        return model, 80
    path = exported_file(model)
    if not path.exists():
        near = did_you_mean(model, [*SCALES, CELLS])
        raise UserError(f"no scale or file {model!r}{near}: scales are {' '.join(SCALES)}")
    card = _card(path)
    if not card.scale:
        raise UserError(f"{model}: does not say which scale it is")
    return card.scale, len(card.names)


def _card(path: Path) -> ModelCard:
    """What a file of weights, an exported file or a folder of either says of itself."""
    from yolov10.weights.foreign import EXPORTED, read_foreign

    if path.suffix in EXPORTED or any(path.glob("*.xml")):
        from yolov10.runtimes.open import open_runtime

        return open_runtime(path).card
    return read_foreign(path).weights.card


SHORT = {"kernel": "k{}", "stride": "s{}", "repeats": "n={}", "shortcut": "add", "large_kernel": "7×7"}
"""Options as the table shows them; off switches, and what the title says, are left out."""

NOTE = """Layers: parameters of the training form. Operations: 2 · MACs of the convolutions, in the
layers those of the fused one-head network, which is the one that detects."""


def _print_table(table: dict[str, Any]) -> None:
    height, width = table["image_size"]
    grid = plain_table(
        *("#", "from", "module", "arguments", "output", "parameters", "MFLOPs"),
        text=("module", "arguments", "output"),
        title=f"YOLOv10-{table['scale']}, {table['classes']} classes, {height}×{width} pixels",
    )
    for row in table["layers"]:
        grid.add_row(
            str(row["index"]),
            ",".join(str(source) if source >= 0 else "image" for source in row["from"]),
            row["module"],
            _arguments(row["arguments"]),
            "×".join(map(str, row["output"][0])) + ("…" if len(row["output"]) > 1 else ""),
            f"{row['parameters']:,}",
            f"{row['operations'] / 1e6:,.1f}",
        )
    totals = plain_table("total", "parameters", "GFLOPs", text=("total",))
    for total in table["totals"]:
        totals.add_row(total["form"], f"{total['parameters']:,}", f"{total['operations'] / 1e9:.2f}")
    console().print(grid, totals, NOTE)


def _arguments(arguments: dict[str, Any]) -> str:
    *inputs, out = arguments["channels"]
    facts = ["/".join(map(str, inputs)) + f"→{out}"]
    facts += [
        SHORT[name].format(value) for name, value in arguments.items() if name in SHORT and value is not False
    ]
    return " ".join(facts)
