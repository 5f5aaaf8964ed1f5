"""Results on their way from the detector to the writers: objects numbered, and counted at borders."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from yolov10.prediction.counting import Border, Crossings
from yolov10.prediction.found import Failure, Found
from yolov10.prediction.tracking import PATIENCE, Tracker
from yolov10.prediction.video import Footage, Moment

OUT_OF_SIGHT = 1.0
"""Seconds for which an object that is not seen is waited for, as in the paper at 30 frames a second."""
FEWEST = 10
"""Frames for which it is, however few a second."""


def followed(
    results: Iterable[Found | Failure], confidence: float, borders: Sequence[Border] = ()
) -> Iterator[Found | Failure]:
    """The results with the objects of each video numbered from 1 and counted at `borders`.

    confidence: as `Tracker` says. Pictures of no video are taken as the frames of one.
    """
    footage: Footage | None = None
    tracker: Tracker | None = None
    clock = _Clock()
    for result in results:
        if isinstance(result, Failure):
            yield result
            continue
        here = result.picture.moment.footage if result.picture.moment else None
        if tracker is None or here is not footage:
            footage = here
            tracker = Tracker(confidence=confidence, patience=_patience(footage))
            crossings = tuple(map(Crossings, borders))
            clock = _Clock()
        found = result.detections
        now = replace(found, frame=clock.frame(result.picture.moment))
        detections = replace(tracker.update(now), frame=found.frame)
        for one in crossings:
            one.update(detections)
        yield replace(result, detections=detections, crossings=crossings)


class _Clock:
    """Counts the frames of one video as they would be numbered had its source never broken off."""

    def __init__(self) -> None:
        self.last: Moment | None = None
        self.missed = 0

    def frame(self, moment: Moment | None) -> int | None:
        """The number of a frame; None for pictures of no video."""
        if moment is None:
            return None
        if self.last is not None and moment.absences > self.last.absences:
            passed = round((moment.seconds - self.last.seconds) * moment.footage.fps)
            self.missed += max(passed - (moment.number - self.last.number), 0)
        self.last = moment
        return moment.number + self.missed


def _patience(footage: Footage | None) -> int:
    return max(round(OUT_OF_SIGHT * footage.fps), FEWEST) if footage else PATIENCE
