"""Where `yolov10 predict` puts its results."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from yolov10.cli.document import document
from yolov10.cli.interrupts import held_back
from yolov10.cli.predict_options import Options
from yolov10.errors import UserError, WrongValueError
from yolov10.prediction.output_folder import Annotated, Yolo
from yolov10.prediction.writers import TEXT_FORMATS, Writer


def check_results(options: Options) -> None:
    """Raise UserError for results that have no place, or whose place is something else's."""
    if options.format == "yolo" and (options.output is None or options.save_to is not None):
        raise WrongValueError("--format yolo writes a text file a picture: say where with --output DIR alone")
    if options.save_counts is not None and not (options.count_line or options.count_zone):
        raise WrongValueError("--save-counts needs something to count at: --count-line or --count-zone")
    if options.video_format is not None and options.output is None:
        raise WrongValueError("--video-format is of annotated videos: say where with --output DIR")
    if options.save_to is not None and options.save_to == options.save_counts:
        raise WrongValueError("--save-to and --save-counts name the same file: give them two")
    for flag, path in (("--save-to", options.save_to), ("--save-counts", options.save_counts)):
        if path is not None and path.exists():
            for other in (options.model, *options.sources):
                if Path(other).exists() and path.samefile(other):
                    raise UserError(f"{flag} {path} would overwrite {other}: choose another file")


@contextlib.contextmanager
def open_writers(options: Options) -> Iterator[list[Writer]]:
    """The writers that the options ask for; their documents are ended even when the run is broken off."""
    with contextlib.ExitStack() as stack:
        writers: list[Writer] = []
        if options.format == "yolo":
            assert options.output is not None
            writers.append(Yolo(options.output))
        else:
            if options.output is not None:
                writers.append(Annotated(options.output, options.video_format))
            if _wants_document(options):
                stream = stack.enter_context(_stream(options.save_to))
                writers.append(TEXT_FORMATS[options.format or "json"](stream))
        for writer in writers:
            stack.callback(_close, writer)
        yield writers


def _close(writer: Writer) -> None:
    with held_back():
        writer.close()


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
    with document(path) as stream:
        yield stream
