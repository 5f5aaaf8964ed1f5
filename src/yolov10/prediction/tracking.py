"""Following objects from frame to frame: ByteTrack (Zhang et al., ECCV 2022, algorithm 1).

Nearly every detection is used. Sure ones are matched with the objects followed so far; objects left over are
matched with the unsure ones, which mostly show something half hidden. The rest of the unsure ones is noise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yolov10.boxes import iou
from yolov10.detections import Detections
from yolov10.errors import require
from yolov10.prediction.motion import Motion

UNSURE = 0.1
"""Confidence below which nothing is looked at (the paper's τ_low)."""
LEAST_IOU = 0.2
"""Intersection over union from which a detection may be the object expected there (paper, section 4.1)."""
OTHER_CLASS = 0.5
"""What that is multiplied by where the classes differ: detectors waver between classes, but seldom."""
PATIENCE = 30
"""Frames for which an object that is not seen is waited for (paper, section 4.1)."""
CONFIRMED = 2
"""Times that an object must be seen, one after the other, to count; once in the first frame."""


@dataclass(eq=False)
class Track:
    """One object that is followed."""

    motion: Motion
    index: int
    """Its class, as last seen."""
    seen: int
    """Frame in which it was last seen."""
    hits: int
    id: int = 0
    """From 1; 0 until it counts."""


class Tracker:
    """Numbers the objects of one video, frame by frame.

    confidence: surer detections begin a track; others, down to `UNSURE`, only continue one, so the detector
    should find them too. patience: frames that an object may be out of sight.
    Raises MissingExtraError where SciPy is not installed.
    """

    def __init__(self, *, confidence: float = 0.25, patience: int = PATIENCE) -> None:
        scipy = require("scipy", install="open-yolov10[track]", purpose="following objects")
        self.assign = scipy.optimize.linear_sum_assignment
        self.confidence = confidence
        self.patience = patience
        self.tracks: list[Track] = []
        self.frame = -1
        self.count = 0

    def update(self, found: Detections) -> Detections:
        """Of the next frame's n detections those m ≤ n of followed objects, with their numbers, `tracks` [m].

        They keep their order. Frames may have been skipped: `found.frame` tells.
        """
        before, self.frame = self.frame, max(self.frame + 1, found.frame or 0)
        for track in self.tracks:
            track.motion.predict(self.frame - before)
        sure = np.flatnonzero(found.scores > self.confidence)
        unsure = np.flatnonzero((found.scores > UNSURE) & (found.scores <= self.confidence))
        owners = self._match(found, sure, self.tracks)
        left = [track for track in self.tracks if track.seen < self.frame]
        owners |= self._match(found, unsure, left)
        begun = self._begin(found, [index for index in sure.tolist() if index not in owners], before < 0)
        self._settle()
        return _numbered(found, owners | begun)

    def _match(
        self, found: Detections, indices: NDArray[np.int64], tracks: Sequence[Track]
    ) -> dict[int, Track]:
        """Tracks by the index of the detection that each was matched with, and moved to."""
        expected = np.array([track.motion.box for track in tracks]).reshape(-1, 4)
        classes = np.array([track.index for track in tracks], np.int64)
        likeness = iou(expected, found.boxes[indices])
        likeness[classes[:, None] != found.classes[indices]] *= OTHER_CLASS
        likeness[likeness < LEAST_IOU] = 0
        owners = {}
        for row, column in zip(*self.assign(likeness, maximize=True), strict=True):
            if likeness[row, column] > 0:
                index = int(indices[column])
                owners[index] = tracks[row]
                tracks[row].motion.correct(found.boxes[index])
                tracks[row].hits += 1
                tracks[row].index, tracks[row].seen = int(found.classes[index]), self.frame
        return owners

    def _begin(self, found: Detections, indices: Sequence[int], first: bool) -> dict[int, Track]:
        """New tracks, by the index of their detection."""
        hits = CONFIRMED if first else 1
        begun = {
            index: Track(Motion(found.boxes[index]), int(found.classes[index]), self.frame, hits)
            for index in indices
        }
        self.tracks += begun.values()
        return begun

    def _settle(self) -> None:
        """Number the tracks that now count; give up those out of sight too long, or before they counted."""
        for track in self.tracks:
            if track.seen < self.frame:
                track.motion.keep_size()
            elif not track.id and track.hits >= CONFIRMED:
                self.count += 1
                track.id = self.count
        self.tracks = [
            track for track in self.tracks if self.frame - track.seen <= (self.patience if track.id else 0)
        ]


def _numbered(found: Detections, owners: Mapping[int, Track]) -> Detections:
    """The detections that belong to a track that counts, in their order, with its number."""
    kept = sorted(index for index, track in owners.items() if track.id)
    return replace(found[kept], tracks=np.array([owners[index].id for index in kept], np.int64))
