"""`yolov10 predict --engine ray`: the same detections, by workers on one machine or many."""

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from pathlib import Path

from yolov10.cli.predict_options import Options, settings_of
from yolov10.cli.predict_tally import Tally
from yolov10.cli.progress import Progress
from yolov10.cluster.listing import listed
from yolov10.cluster.model import PackedModel, fingerprint, pack
from yolov10.cluster.parts import Parts, held_parts
from yolov10.cluster.results import entries_of, form_of
from yolov10.cluster.run import detect
from yolov10.cluster.session import require_ray
from yolov10.cluster.work import Task, cut, left_of
from yolov10.errors import UserError, WrongValueError
from yolov10.prediction.detector_settings import DetectorSettings, open_detector

HEEDED = frozenset(
    ["engine", "sources", "model", "batch", "save_to", "no_cache", "quiet", "debug"]
    + [one.name for one in fields(DetectorSettings)]
)
"""Options that mean something here."""


def run(options: Options) -> int:
    """Detect in every source; 0, or 1 when a picture could not be read."""
    save_to, write = form_of(options.save_to)
    _refuse_others(options)
    require_ray()
    settings = settings_of(options)
    if settings.threads is None:
        settings = replace(settings, threads=1)  # a worker a core sees more pictures than one on all cores
    detector = open_detector(settings, options.model)  # what is wrong with it is said here, once
    model = pack(options.model)
    tasks = planned(options, model, settings)
    with held_parts(save_to) as parts:
        left = _left(tasks, parts)
        with Progress("detecting", _count(left), "pictures", quiet=options.quiet) as progress:
            progress.say(
                f"{Path(options.model).name}: {len(detector.names)} classes, "
                f"confidence {detector.confidence:g}"
            )
            if done := _count(tasks) - _count(left):
                progress.say(f"{done} pictures were done before: {parts.folder}")
            _detect(left, parts, progress, model, settings, options.batch)
            tally = Tally()
            write(save_to, _counted(_all(tasks, parts), tally))
        parts.remove()
    for line in tally.lines(save_to):
        progress.say(line)
    return 1 if tally.failures else 0


def planned(options: Options, model: PackedModel, settings: DetectorSettings) -> list[Task]:
    """All that is to be done, whether it was done before or not."""
    return cut(list(listed(options.sources, options.max_pixels)), fingerprint(model, settings))


def _detect(
    left: list[Task],
    parts: Parts,
    progress: Progress,
    model: PackedModel,
    settings: DetectorSettings,
    batch: int,
) -> None:
    """Do what is left, and keep the results as they come."""
    if not left:
        return
    try:
        for key, lines, deaths in detect(left, model, settings, batch):
            parts.write(key, lines)
            entries = entries_of(lines)
            if deaths:
                progress.say(
                    f"a worker died at the pictures from {entries[0]['source']} on; they were done again"
                )
            for entry in entries:
                if "error" in entry:
                    progress.warn(entry["error"])
                progress.advance()
    except UserError as fault:
        raise UserError(f"{fault}; what is done is kept: the same command again goes on") from None


def _left(tasks: list[Task], parts: Parts) -> list[Task]:
    keys = {chunk.key for task in tasks for chunk in task.chunks}
    return left_of(tasks, {key for key in keys if parts.read(key) is not None})


def _count(tasks: Iterable[Task]) -> int:
    return sum(chunk.count for task in tasks for chunk in task.chunks)


def _all(tasks: Iterable[Task], parts: Parts) -> Iterator[bytes]:
    """The lines of every chunk, in the order of the sources."""
    for task in tasks:
        for chunk in task.chunks:
            lines = parts.read(chunk.key)
            if lines is None:
                raise UserError(f"{parts.folder} was changed meanwhile: the same command again goes on")
            yield lines


def _counted(parts: Iterable[bytes], tally: Tally) -> Iterator[bytes]:
    """The same lines, counted as they pass."""
    for lines in parts:
        for entry in entries_of(lines):
            tally.add_entry(entry)
        yield lines


def _refuse_others(options: Options) -> None:
    """Raise WrongValueError for an option that would mean nothing here."""
    for one in fields(options):
        if one.name not in HEEDED and getattr(options, one.name) != one.default:
            flag = one.name.replace("_", "-")
            raise WrongValueError(f"--{flag} is not for --engine ray, which writes --save-to alone")
