"""`yolov10 import`: a foreign checkpoint becomes a native `.safetensors`."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from yolov10.cli.options import Common, argument, option
from yolov10.errors import UserError, WrongValueError
from yolov10.printable import printable, printable_json
from yolov10.weights.foreign import UNKNOWN_LICENSE, Import, read_foreign
from yolov10.weights.native import write_native

SHOWN = 5


@dataclass(frozen=True)
class Options(Common):
    """Turn a foreign checkpoint into a native .safetensors.

    FILE is a .pt of the YOLOv10 authors' release or of a later program, or a Hugging Face folder. It is read
    as data and never executed; nothing but the result is written.
    """

    file: Path = argument("checkpoint to read", metavar="FILE")
    output: Path | None = option(
        "file to write; FILE with the suffix .safetensors unless given", group="Results", metavar="FILE"
    )
    json: bool = option("print the whole report as JSON: what became of every key", False, group="Results")


def run(options: Options) -> int:
    """Read, report, write."""
    output = options.output or _default_output(options.file)
    if output.suffix != ".safetensors":
        raise WrongValueError(f"{output}: native files end in .safetensors")
    if output.exists() and options.file.exists() and output.samefile(options.file):
        raise UserError(f"{output} is the file to import: choose another --output")
    found = read_foreign(options.file)
    write_native(output, found.weights)
    if options.json:
        print(printable_json(json.dumps(_report(found, output), ensure_ascii=False, indent=1)))
    if not options.quiet:
        print("\n".join(map(printable, _lines(found, output))), file=sys.stderr)
    return 0


def _default_output(file: Path) -> Path:
    """Beside the file; of a folder, a file of its name beside it."""
    file = file.absolute()
    return file.with_name(file.name + ".safetensors") if file.is_dir() else file.with_suffix(".safetensors")


def _report(found: Import, output: Path) -> dict[str, object]:
    card = found.weights.card
    return {
        "output": str(output),
        "scale": card.scale,
        "names": list(card.names),
        "fused": found.weights.fused,
        "heads": "both" if found.weights.one2many else "one2one",
        "written_by": found.written_by,
        "license": card.license,
        "mapped": dict(found.mapped),
        "missing": list(found.missing),
        "unexpected": list(found.unexpected),
    }


def _lines(found: Import, output: Path) -> list[str]:
    card, weights = found.weights.card, found.weights
    form = ("fused, " if weights.fused else "") + ("both heads" if weights.one2many else "one-to-one head")
    lines = [
        f"YOLOv10-{card.scale}, {len(card.names)} classes ({_some(card.names)}), {form}"
        + (f", written by {found.written_by}" if found.written_by else ""),
        f"keys: {len(found.mapped)} mapped, {len(found.missing)} missing, {len(found.unexpected)} unexpected",
    ]
    if found.missing:
        lines.append(f"missing, filled in with their only value: {_some(found.missing)}")
    if found.unexpected:
        lines.append(f"unexpected, left out: {_some(found.unexpected)}")
    return [*lines, f"license of these weights: {card.license or UNKNOWN_LICENSE}", f"wrote {output}"]


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
