"""`yolov10 predict --engine ray`: the same detections, by workers on one machine or many."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from yolov10.cli.progress import Progress
from yolov10.cluster.listing import listed
from yolov10.cluster.model import PackedModel, Settings, open_detector, pack
from yolov10.cluster.parts import Parts, held_parts
from yolov10.cluster.results import entries_of, form_of
from yolov10.cluster.run import detect
from yolov10.cluster.session import require_ray
from yolov10.cluster.work import Task, cut, left_of
from yolov10.errors import UserError, WrongValueError

if TYPE_CHECKING:
    from yolov10.cli.predict import Options

HEEDED = frozenset(
    ["engine", "sources", "model", "batch", "save_to", "no_cache", "quiet", "debug"]
    + [one.name for one in fields(Settings)]
)
"""Options that mean something here."""


@dataclass
class Tally:
    """What the results came to."""

    pictures: int = 0
    failures: int = 0
    found: Counter[str] = field(default_factory=Counter)

    def add(self, lines: bytes) -> bytes:
        """Count the results of a part, and hand it on."""
        for entry in entries_of(lines):
            self.failures += "error" in entry
            self.pictures += "error" not in entry
            self.found.update(one["name"] for one in entry.get("detections", ()))
        return lines

    def line(self, save_to: Path) -> str:
        """For people."""
        objects = ", ".join(f"{count} {name}" for name, count in self.found.most_common()) or "nothing"
        failed = f"; {self.failures} could not be read" if self.failures else ""
        return f"{self.pictures} pictures: {objects}{failed}; results in {save_to}"


def run(options: "Options") -> int:
    """Detect in every source; 0, or 1 when a picture could not be read."""
    save_to, write = form_of(options.save_to)
    _refuse_others(options)
    require_ray()
    settings = settings_of(options)
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
            write(save_to, (tally.add(lines) for lines in _all(tasks, parts)))
        parts.remove()
    progress.say(tally.line(save_to))
    return 1 if tally.failures else 0


def planned(options: "Options", model: PackedModel, settings: Settings) -> list[Task]:
    """All that is to be done, whether it was done before or not."""
    return cut(list(listed(options.sources, options.max_pixels)), settings.fingerprint(model))


def _detect(
    left: list[Task], parts: Parts, progress: Progress, model: PackedModel, settings: Settings, batch: int
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


def _refuse_others(options: "Options") -> None:
    """Raise WrongValueError for an option that would mean nothing here."""
    for one in fields(options):
        if one.name not in HEEDED and getattr(options, one.name) != one.default:
            flag = one.name.replace("_", "-")
            raise WrongValueError(f"--{flag} is not for --engine ray, which writes --save-to alone")


def settings_of(options: "Options") -> Settings:
    """What the workers' detectors are to be."""
    return Settings(
        confidence=options.confidence,
        classes=options.classes,
        image_size=options.image_size,
        max_detections=options.max_detections,
        one_class_per_box=options.one_class_per_box,
        tile=options.tile,
        max_pixels=options.max_pixels,
        full_decode=options.full_decode,
        runtime=options.runtime,
        precision=options.precision,
        device=options.device,
        # A worker a core sees more pictures than one worker on all cores.
        threads=options.threads or 1,
        cache=not options.no_cache,
    )
