"""`yolov10 predict`: pictures and videos in, detections out."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from yolov10 import images
from yolov10.cli.interrupts import held_back
from yolov10.cli.predict_options import Options, settings_of
from yolov10.cli.predict_results import check_results, open_writers
from yolov10.cli.predict_tally import Tally
from yolov10.cli.progress import Progress
from yolov10.errors import UserError
from yolov10.files import write_atomic
from yolov10.prediction import video
from yolov10.prediction.counting import Border, parse_line, parse_zone
from yolov10.prediction.detector import Detector
from yolov10.prediction.detector_settings import open_detector
from yolov10.prediction.following import followed
from yolov10.prediction.found import Failure, Found
from yolov10.prediction.frames import Playback, each_picture, frame_count
from yolov10.prediction.picture import Entry
from yolov10.prediction.places import check_output, take_copy, take_label
from yolov10.prediction.sources import pictures
from yolov10.prediction.tracking import UNSURE, Tracker
from yolov10.prediction.video import Video

__all__ = ["Options", "run"]


def run(options: Options) -> int:
    """Detect in every source; 0, or 1 when a picture could not be read."""
    check_results(options)
    if options.engine == "ray":
        from yolov10.cli import predict_cluster

        return predict_cluster.run(options)
    playback = Playback(options.frame_step, options.when_behind, options.reconnect)
    # The first walk names what is wrong before anything is written; the second reads.
    sources = partial(pictures, options.sources, options.max_pixels, skip=options.output)
    total, unit = _extent(sources(), playback, options.max_pixels)
    _check_output(options, sources)
    borders: list[Border] = [*map(parse_line, options.count_line), *map(parse_zone, options.count_zone)]
    detector = open_detector(settings_of(options), options.model)
    confidence = detector.confidence
    follow = _follower(options.track or bool(borders), detector, borders)
    tally = Tally()
    with Progress("detecting", total, unit, quiet=options.quiet) as progress:
        frames = each_picture(
            sources() if options.output is None else _there_now(sources),
            playback,
            max_pixels=options.max_pixels,
            tell=progress.warn,
        )
        results = follow(detector.results(frames, batch=options.batch))
        try:
            with open_writers(options) as writers, contextlib.closing(frames):
                progress.say(
                    f"{Path(options.model).name}: {len(detector.names)} classes, confidence {confidence:g}"
                )
                for result in results:
                    with held_back():
                        for writer in writers:
                            writer.write(result)
                        tally.add(result)
                    if isinstance(result, Failure):
                        progress.warn(result.error)
                    progress.advance()
        except KeyboardInterrupt:
            _conclude(options, tally, progress)
            raise
        _conclude(options, tally, progress)
    return 1 if tally.failures else 0


def _extent(
    entries: Iterable[Entry], playback: Playback, max_pixels: int
) -> tuple[int | None, Literal["pictures", "frames"]]:
    """How many pictures and frames there are, where that can be told, and what to call them."""
    total: int | None = 0
    unit: Literal["pictures", "frames"] = "frames"
    for entry in entries:
        count: int | None = 1
        if isinstance(entry, Video):
            count = frame_count(entry, playback, max_pixels)
        else:
            unit = "pictures"
        total = None if total is None or count is None else total + count
    return total, unit


def _check_output(options: Options, sources: Callable[[], Iterator[Entry]]) -> None:
    """Raise UserError for an --output in which a source would be overwritten."""
    if options.output is None:
        return
    suffix = options.output.suffix.lower()
    if suffix in images.SUFFIXES | video.SUFFIXES and not options.output.is_dir():
        raise UserError(f"{options.output}: --output is a folder, in which files keep their names")
    if options.format == "yolo":
        check_output(sources(), options.output, take_label, lists=options.sources)
    else:
        check_output(sources(), options.output, partial(take_copy, container=options.video_format))


def _follower(
    wanted: bool, detector: Detector, borders: Sequence[Border]
) -> Callable[[Iterator[Found | Failure]], Iterator[Found | Failure]]:
    """What results pass on their way to the writers, where objects are to be followed.

    The detector is set to find what continues a track, however unsure. Raises MissingExtraError.
    """
    if not wanted:
        return lambda results: results
    Tracker()  # says what is missing before anything is written
    confidence, detector.confidence = detector.confidence, min(detector.confidence, UNSURE)
    return partial(followed, confidence=confidence, borders=borders)


def _there_now(sources: Callable[[], Iterator[Entry]]) -> Iterator[Entry]:
    """The sources of a walk that begins later, without the annotated copies made until it meets them.

    Names are known by their hashes, so that a million stay small.
    """
    known = {hash(entry.source) for entry in sources()}
    return (entry for entry in sources() if hash(entry.source) in known)


def _conclude(options: Options, tally: Tally, progress: Progress) -> None:
    """Say what it came to, and save what was counted."""
    for line in tally.lines(options.output):
        progress.say(line)
    if options.save_counts is not None:
        write_atomic(options.save_counts, tally.counts().encode())
