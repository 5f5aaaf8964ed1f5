"""`yolov10 predict`: pictures in, detections out."""

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, TextIO

from yolov10.cli.model_options import ModelOptions
from yolov10.cli.options import argument, option
from yolov10.cli.progress import Progress
from yolov10.errors import UserError, WrongValueError
from yolov10.images import MAX_PIXELS
from yolov10.prediction.detector import Detector, Failure
from yolov10.prediction.places import check_output, copy_place, label_place
from yolov10.prediction.sources import Picture, pictures
from yolov10.prediction.writers import TEXT_FORMATS, Annotated, Writer, Yolo


@dataclass(frozen=True)
class Options(ModelOptions):
    """Find objects in pictures.

    SOURCE is a picture, a folder (with its subfolders), a quoted glob, a text list of paths, - for a picture
    on standard input, or cells for the three that come with the model cells. What is found is printed as
    JSON; --output keeps annotated pictures.
    """

    sources: tuple[str, ...] = argument("pictures to look at", metavar="SOURCE...", many=True)
    confidence: float | None = option(
        "keep what is surer than this; the model's own threshold, else 0.25",
        group="Detection",
        metavar="0..1",
    )
    classes: str | None = option(
        "names or indices to look for, separated by commas", group="Detection", metavar="NAME,..."
    )
    max_detections: int = option("at most so many a picture, or a tile", 300, group="Detection", metavar="N")
    one_class_per_box: bool = option("keep a box once, with its surest class", False, group="Detection")
    tile: int | None = option(
        "look at larger pictures in overlapping tiles of so many pixels, too, for small objects",
        group="Detection",
        metavar="SIZE",
    )
    batch: int = option("pictures run together", 1, group="Detection", metavar="N")
    max_pixels: int = option("refuse larger pictures", MAX_PIXELS, group="Detection", metavar="N")
    output: Path | None = option("folder for annotated pictures", group="Results", metavar="DIR")
    format: Literal["json", "jsonl", "csv", "yolo", "coco"] | None = option(
        "form of the results; yolo: text files in --output instead of pictures; json unless given",
        group="Results",
    )
    save_to: Path | None = option(
        "file for the results; standard output unless given", group="Results", metavar="FILE"
    )


def run(options: Options) -> int:
    """Detect in every source; 0, or 1 when a picture could not be read."""
    _check_results(options)
    # The first walk names what is wrong before anything is written; the second reads.
    sources = partial(pictures, options.sources, options.max_pixels, skip=options.output)
    total = sum(1 for _ in sources())
    copies, labels = (None, options.output) if options.format == "yolo" else (options.output, None)
    if copies is not None:
        check_output(sources(), copies, copy_place)
    if labels is not None:
        check_output(sources(), labels, label_place, lists=options.sources)
    detector = Detector(
        options.model,
        confidence=options.confidence,
        classes=options.classes,
        image_size=options.image_size,
        max_detections=options.max_detections,
        one_class_per_box=options.one_class_per_box,
        tile=options.tile,
        device=options.device,
        runtime=options.runtime,
        precision=options.precision,
        threads=options.threads,
        max_pixels=options.max_pixels,
    )
    chosen = sources() if copies is None else _there_now(sources)
    results = detector.results(chosen, batch=options.batch)
    found: Counter[str] = Counter()
    read = failures = 0
    with (
        _writers(options) as writers,
        Progress("detecting", total, "pictures", quiet=options.quiet) as progress,
    ):
        progress.say(
            f"{Path(options.model).name}: {len(detector.names)} classes, confidence {detector.confidence:g}"
        )
        for result in results:
            for writer in writers:
                writer.write(result)
            if isinstance(result, Failure):
                failures += 1
                progress.warn(result.error)
            else:
                read += 1
                found.update(result.detections.counts())
            progress.advance()
    progress.say(_summary(read, failures, found, options.output))
    return 1 if failures else 0


def _check_results(options: Options) -> None:
    """Raise UserError for results that have no place, or whose place is something else's."""
    if options.format == "yolo" and (options.output is None or options.save_to is not None):
        raise WrongValueError("--format yolo writes a text file a picture: say where with --output DIR alone")
    path = options.save_to
    if path is not None and path.exists():
        for other in (options.model, *options.sources):
            if Path(other).exists() and path.samefile(other):
                raise UserError(f"--save-to {path} would overwrite {other}: choose another file")


def _there_now(sources: Callable[[], Iterator[Picture]]) -> Iterator[Picture]:
    """The pictures of a walk that begins later, without the annotated copies made until it meets them.

    Names are known by their hashes, so that a million stay small.
    """
    known = {hash(picture.source) for picture in sources()}
    return (picture for picture in sources() if hash(picture.source) in known)


@contextlib.contextmanager
def _writers(options: Options) -> Iterator[list[Writer]]:
    """The writers that the options ask for; their documents are ended even when the run is broken off."""
    with contextlib.ExitStack() as stack:
        writers: list[Writer] = []
        if options.format == "yolo":
            assert options.output is not None
            writers.append(Yolo(options.output))
        else:
            if options.output is not None:
                writers.append(Annotated(options.output))
            if _wants_document(options):
                stream = stack.enter_context(_stream(options.save_to))
                writers.append(TEXT_FORMATS[options.format or "json"](stream))
        for writer in writers:
            stack.callback(writer.close)
        yield writers


def _wants_document(options: Options) -> bool:
    """A document is wanted always, but for a person at a terminal who asked for annotated pictures only."""
    asked = options.format is not None or options.save_to is not None
    return asked or options.output is None or not sys.stdout.isatty()


@contextlib.contextmanager
def _stream(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
    except OSError as fault:
        raise UserError(f"cannot write {path}: {fault.strerror}") from None
    with stream:
        yield stream


def _summary(read: int, failures: int, found: Counter[str], output: Path | None) -> str:
    objects = ", ".join(f"{count} {name}" for name, count in found.most_common()) or "nothing"
    lines = [f"{read} {'picture' if read == 1 else 'pictures'}: {objects}"]
    if failures:
        lines.append(f"{failures} could not be read")
    if output is not None:
        lines.append(f"results in {output}")
    return "; ".join(lines)
