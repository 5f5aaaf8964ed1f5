"""`export`: make the file, verify it, and only then let it have its name."""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

from yolov10.bounds import check_if_given
from yolov10.errors import UserError, WrongValueError, require
from yolov10.export.plan import Plan, Precision, Write, open_calibration
from yolov10.export.to_onnx import make_onnx
from yolov10.export.to_openvino import make_openvino
from yolov10.files import check_file_target
from yolov10.graph.network import Form, Head, Input
from yolov10.image_size import ImageSize, check_image_size, parse_image_size
from yolov10.model_names import weights_file
from yolov10.weights.foreign import read_foreign

Format = Literal["onnx", "openvino"]

FORMATS: dict[str, tuple[Callable[[Plan], Write], tuple[str, ...]]] = {
    "onnx": (make_onnx, (".onnx",)),
    "openvino": (make_openvino, (".xml", ".bin")),
}
"""Format → what makes it, and the suffixes of its files: the one that is opened first."""


def export(
    model: str | os.PathLike[str],
    format: Format = "onnx",
    *,
    output: str | os.PathLike[str] | None = None,
    precision: Precision = "fp32",
    head: Head = "top-k",
    input: Input = "float32",
    image_size: ImageSize | str | None = None,
    batch: int | None = None,
    calibration: str | os.PathLike[str] | None = None,
    images: str | os.PathLike[str] | None = None,
    say: Callable[[str], None] | None = None,
) -> Path:
    """Write a network to a file that other programs run, and verify that it detects the same.

    model: native or foreign weights, or `cells`. output: the file; beside the model unless given.
    head: "raw" leaves top-k out, for runtimes that lack it.
    input: "uint8" takes bytes [N, H, W, 3] RGB, "uint8-bgr" BGR.
    image_size, batch: sizes that the file takes and no other; a number is a square; free unless given.
    calibration: a data set (a COCO JSON with its pictures below `images`), which every precision below fp32
    is measured on and int8 is also made with. say: told the figures, line by line.

    The file appears whole or not at all. Raises UserError: what is given cannot be used, an extra is missing,
    or the file does not detect what the network does.
    """
    for value, choices in ((format, Format), (precision, Precision), (head, Head), (input, Input)):
        if value not in get_args(choices):
            raise WrongValueError(f"{value!r} is not one of {', '.join(get_args(choices))}")
    if precision != "fp32" and calibration is None:
        raise WrongValueError(
            f"{precision} is verified by its average precision: name a data set to calibrate"
        )
    check_if_given("batch", batch, 1, 4096)
    form = Form(head=head, input=input, batch=batch, sides=_sides(image_size))
    require("torch", install="open-yolov10[export]", purpose="comparing an export with its network")
    weights = read_foreign(weights_file(model)).weights
    opened = None
    say = say or _say_nothing
    if images is not None and calibration is None:
        raise WrongValueError("--images goes with --calibration DATA")
    if calibration is not None:
        opened = open_calibration(Path(calibration), None if images is None else Path(images))
        for split in dict.fromkeys((opened.statistics, opened.validation)):
            for line in split.fault_lines():
                say(f"warning: {line}")
    make, suffixes = FORMATS[format]
    target = _target(Path(model), output, suffixes[0], precision, head)
    return _make_verified(Plan(weights, form, precision, opened), make, suffixes, target, say)


def _make_verified(
    plan: Plan,
    make: Callable[[Plan], Write],
    suffixes: tuple[str, ...],
    target: Path,
    say: Callable[[str], None],
) -> Path:
    from yolov10.export.verify import verify

    write = make(plan)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent) as folder:
            draft = Path(folder, target.name)
            write(draft, plan.metadata(""))
            figures = verify(draft, plan, say)
            write(draft, plan.metadata(json.dumps(figures)))
            _publish(draft, target, suffixes)
    except OSError as fault:
        raise UserError(f"cannot write {target}: {fault.strerror or fault}") from None
    return target


def _publish(draft: Path, target: Path, suffixes: tuple[str, ...]) -> None:
    """Move the draft's files to their names; a reader never sees files of two exports together."""
    if len(suffixes) > 1:
        target.unlink(missing_ok=True)
    for suffix in reversed(suffixes):  # the one that is opened comes last
        draft.with_suffix(suffix).replace(target.with_suffix(suffix))


def _target(
    model: Path, output: str | os.PathLike[str] | None, suffix: str, precision: Precision, head: Head
) -> Path:
    """The file to write. Raises UserError for one whose suffix says otherwise, or that is a folder."""
    if output is not None:
        target = Path(output)
        if target.suffix != suffix:
            raise WrongValueError(f"{target}: the file of this format ends in {suffix}")
        check_file_target(target)
        return target
    model = model.absolute()
    stem = model.name if model.is_dir() else model.stem
    facts = [fact for fact, plain in ((precision, "fp32"), (head, "top-k")) if fact != plain]
    return model.with_name("-".join([stem, *facts]) + suffix)


def _sides(image_size: ImageSize | str | None) -> tuple[int, int] | None:
    if image_size is None:
        return None
    size = parse_image_size(image_size) if isinstance(image_size, str) else check_image_size(image_size)
    return (size, size) if isinstance(size, int) else size


def _say_nothing(line: str) -> None:
    pass
