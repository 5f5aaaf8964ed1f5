"""`yolov10 info`: what a network is made of, one block alone, every tensor, or all of it as a page."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yolov10.cli.info_model import Model, find_model
from yolov10.cli.options import Common, argument, option
from yolov10.errors import UserError, WrongValueError, require
from yolov10.info.tables import describe
from yolov10.printable import printable_json


@dataclass(frozen=True)
class Options(Common):
    """Show what networks are made of: layers, counts, shapes, one block alone, every tensor, or a page.

    MODEL is a scale (n s m b l x), or a model file, whose scale and classes are shown; several are set side
    by side. Instead of a model, --block builds one block alone.
    """

    models: tuple[str, ...] = argument(
        "scales or model files", metavar="[MODEL...]", many=True, required=False
    )
    num_classes: int | None = option("classes of the head; 80, or the file's", group="Network", metavar="N")
    image_size: str | None = option(
        "pixels, or HEIGHTxWIDTH; 640, or the file's", group="Network", metavar="SIZE"
    )
    time: bool = option("measure every layer on this machine; needs torch", False, group="Network")
    runs: int = option("pictures timed; the median counts", 20, group="Network", metavar="N")
    device: str = option(
        "where to time: auto, cpu, cuda, cuda:N or mps", "auto", group="Network", metavar="NAME"
    )
    parameters: bool = option("list every tensor, of a file with mean and deviation", False, group="Network")
    block: str | None = option("Conv, SCDown, C2f, CIB, PSA, … alone", group="Block", metavar="NAME")
    channels: tuple[int, ...] = option("its channels", (), group="Block", metavar="C1 C2", many=True)
    input: str | None = option("size of its input; 640x640", group="Block", metavar="HxW")
    kernel: int | None = option("kernel of Conv, SCDown, SPPF", group="Block", metavar="K")
    stride: int | None = option("stride of Conv, SCDown", group="Block", metavar="S")
    groups: int | None = option("groups of Conv", group="Block", metavar="G")
    bias: bool = option("a bias in place of Conv's batch-norm and activation", False, group="Block")
    repeats: int | None = option("blocks in the chain of C2f, C2fCIB", group="Block", metavar="N")
    expansion: float | None = option("e of CIB, whose inner width is 2⌊c·e⌋", group="Block", metavar="E")
    large_kernel: bool = option("the 7×7 RepVGGDW inside CIB, C2fCIB", False, group="Block")
    json: bool = option("print the tables as JSON", False, group="Results")
    html: Path | None = option("write the architecture page", group="Results", metavar="FILE")


BLOCK_OPTIONS = ("kernel", "stride", "groups", "repeats", "expansion")
BLOCK_SWITCHES = ("bias", "large_kernel")


def run(options: Options) -> int:
    """Print tables of scales, files or a block, or write the page."""
    _check(options)
    if options.block is not None:
        _show(_block(options), options)
        return 0
    models = [find_model(name, options.num_classes, options.image_size) for name in options.models]
    files = [model.path for model in models if model.path is not None]
    if files and options.num_classes is not None and (options.parameters or options.time):
        raise WrongValueError(f"{files[0]} has its own classes: leave --num-classes out")
    if options.html is not None:
        _write_page(options.html, models[0])
    elif options.parameters:
        _show(_parameters(models[0]), options)
    else:
        tables = [
            {"model": Path(model.name).name} | describe(model.scale, model.classes, *model.size)
            for model in models
        ]
        if options.time:
            for model, table in zip(models, tables, strict=True):
                _add_times(model, table, options)
        _show(tables[0] if len(tables) == 1 else tables, options)
    return 0


def _check(options: Options) -> None:
    """Combinations that say nothing."""
    given = [name for name in BLOCK_OPTIONS if getattr(options, name) is not None]
    given += [name for name in BLOCK_SWITCHES if getattr(options, name)]
    given += [name for name in ("channels", "input") if getattr(options, name)]
    if options.block is None and given:
        raise WrongValueError(f"--{given[0].replace('_', '-')} belongs to --block NAME")
    if (options.block is None) == (not options.models):
        raise WrongValueError(
            "give MODEL, a scale or a file, or --block NAME"
            if options.block is None
            else "--block NAME stands alone"
        )
    one_only = [name for name in ("parameters", "html") if getattr(options, name)]
    one_only += ["time"] if options.time and not options.json else []
    if one_only and len(options.models) > 1:
        raise WrongValueError(f"--{one_only[0]} is of one model, not of {len(options.models)}")
    _check_combinations(options)
    if options.runs < 1:
        raise WrongValueError("--runs is at least 1")


def _check_combinations(options: Options) -> None:
    """Options that another makes meaningless."""
    given = {
        "html": options.html is not None,
        "parameters": options.parameters,
        "time": options.time,
        "image-size": options.image_size is not None,
        "json": options.json,
        "runs": options.runs != Options.runs,
        "device": options.device != Options.device,
    }
    without = (
        (options.block, "does not go with --block, whose size is --input", "html parameters time image-size"),
        (options.html, "does not go with --html, which is all there is to show", "parameters time json"),
        (options.parameters, "does not go with --parameters, which have no times", "time"),
        (not options.time, "goes with --time", "runs device"),
    )
    for there, why, names in without:
        if there and (odd := [name for name in names.split() if given[name]]):
            raise WrongValueError(f"--{odd[0]} {why}")


def _parameters(model: Model) -> dict[str, Any]:
    from yolov10.info.parameters import tensor_rows, unmeasured_rows

    if model.path is None:
        rows = unmeasured_rows(model.scale, model.classes)
    else:
        from yolov10.weights.foreign import EXPORTED, read_foreign

        if model.path.suffix in EXPORTED:
            raise UserError(
                f"{model.path}: an exported file has lost the tensors' names; list those of its weights"
            )
        weights = read_foreign(model.path).weights
        rows = tensor_rows({name: weights.tensors[name] for name in weights.expected()})
    return {"scale": model.scale, "classes": model.classes, "tensors": list(rows)}


def _block(options: Options) -> dict[str, Any]:
    from yolov10.info.block_kinds import build_block
    from yolov10.info.blocks import describe_block

    given: dict[str, float] = {
        name: value for name in BLOCK_OPTIONS if (value := getattr(options, name)) is not None
    }
    given |= {name: 1 for name in BLOCK_SWITCHES if getattr(options, name)}
    if options.num_classes is not None:
        given["num_classes"] = options.num_classes
    layer = build_block(str(options.block), options.channels, given)
    return describe_block(layer, *_sides(options.input or "640x640"))


def _sides(text: str) -> tuple[int, int]:
    """Height and width of a block's input, which need not be a multiple of 32."""
    sides = text.lower().split("x")
    if not 1 <= len(sides) <= 2 or not all(side.isdecimal() and 0 < int(side) <= 32_768 for side in sides):
        raise WrongValueError(f"--input {text!r} is not HEIGHTxWIDTH, as in 512x512")
    return int(sides[0]), int(sides[-1])


def _add_times(model: Model, table: dict[str, Any], options: Options) -> None:
    require("torch", install="open-yolov10[train]", purpose="timing layers")
    import torch

    from yolov10.info.timing import time_layers
    from yolov10.network import build
    from yolov10.runtimes.torch_runtime import find_device
    from yolov10.weights.networks import open_network

    network = build(model.scale, model.classes) if model.path is None else open_network(model.path)
    device = find_device(options.device)
    times = time_layers(network, *model.size, device, options.runs)
    table["time"] = {
        "device": str(device),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "runs": options.runs,
        "milliseconds": sum(times),
    }
    for row, milliseconds in zip(table["layers"], times, strict=True):
        row["milliseconds"] = milliseconds


def _write_page(path: Path, model: Model) -> None:
    from yolov10.files import write_atomic
    from yolov10.info.page import page

    write_atomic(path, page(model.scale, model.classes, *model.size).encode())


def _show(content: Any, options: Options) -> None:  # noqa: ANN401 - what JSON can hold
    if options.json:
        print(printable_json(json.dumps(content, indent=1, ensure_ascii=False)))
        return
    from yolov10.cli.info_tables import grids
    from yolov10.cli.tables import console

    for part in grids(content):
        console(whole=True).print(part)
