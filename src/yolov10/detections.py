"""What a user holds after detection."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from yolov10.drawing import draw_boxes
from yolov10.errors import require
from yolov10.images import Image
from yolov10.in_memory import from_array

if TYPE_CHECKING:
    import supervision


@dataclass(frozen=True, eq=False)
class Detections:
    """Objects found in one picture, highest confidence first; n of them."""

    boxes: NDArray[np.float32]
    """[n, 4] xyxy in pixels of the picture, clipped to it."""
    scores: NDArray[np.float32]
    """[n] confidences, 0 to 1."""
    classes: NDArray[np.int64]
    """[n] class indices."""
    names: list[str] = field(default_factory=list)
    """Name of every class the model knows: that of object i is `names[classes[i]]`."""
    source: str = ""
    """Where the picture came from, as given; `-` for standard input, empty for an array."""
    frame: int | None = None
    """Number of the frame in a video, from 0."""
    width: int = 0
    """Of the picture, in pixels, after EXIF rotation."""
    height: int = 0
    tracks: NDArray[np.int64] | None = None
    """[n] number of the object in its video, from 1; None where objects were not followed."""

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, chosen: SupportsIndex | slice | Sequence[int] | NDArray[Any]) -> "Detections":
        """Some of the objects: by a slice, their indices, or a mask [n] of bool; one, by its index.

        So to iterate is to see each alone. Raises IndexError.
        """
        if isinstance(chosen, SupportsIndex) and not isinstance(chosen, np.ndarray):
            at = range(len(self))[chosen]
            chosen = slice(at, at + 1)
        elif not isinstance(chosen, slice):
            chosen = np.asarray(chosen)
            chosen = chosen if chosen.size else np.zeros(0, np.int64)
        return replace(
            self,
            boxes=self.boxes[chosen],
            scores=self.scores[chosen],
            classes=self.classes[chosen],
            tracks=None if self.tracks is None else self.tracks[chosen],
        )

    def counts(self) -> dict[str, int]:
        """How many of each name were found, in class order."""
        return dict(Counter(self.names[index] for index in sorted(self.classes.tolist())))

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON (contract, section 2); boxes to 0.001 px, confidence to 0.00001."""
        rows = zip(self.boxes.tolist(), self.scores.tolist(), self.classes.tolist(), strict=True)
        found: list[dict[str, Any]] = [
            {
                "class": index,
                "name": self.names[index],
                "confidence": round(score, 5),
                "box": [round(side, 3) for side in box],
            }
            for box, score, index in rows
        ]
        if self.tracks is not None:
            for one, track in zip(found, self.tracks.tolist(), strict=True):
                one["track"] = track
        return {
            "source": self.source,
            "frame": self.frame,
            "width": self.width,
            "height": self.height,
            "detections": found,
        }

    def to_supervision(self) -> "supervision.Detections":
        """The same as `supervision.Detections`. Raises MissingExtraError where that is not installed."""
        library = require("supervision", install="supervision", purpose="to_supervision()")
        class_names = np.array([self.names[index] for index in self.classes], dtype=str)
        found: supervision.Detections = library.Detections(
            xyxy=self.boxes,
            confidence=self.scores,
            class_id=self.classes,
            tracker_id=self.tracks,
            data={"class_name": class_names},
        )
        return found

    def draw(self, image: Any) -> Image:  # noqa: ANN401 - a PIL image, without importing PIL
        """A copy of `image`, BGR [h, w, 3], with boxes, names and confidences drawn, and any numbers.

        image: NumPy BGR [h, w, 3] uint8, or a PIL image. Raises UserError for anything else.
        """
        labels = [
            f"{self.names[index]} {score:.2f}"
            for index, score in zip(self.classes.tolist(), self.scores.tolist(), strict=True)
        ]
        if self.tracks is None:
            return draw_boxes(from_array(image), self.boxes, labels, self.classes)
        labels = [f"{track} {label}" for track, label in zip(self.tracks.tolist(), labels, strict=True)]
        return draw_boxes(from_array(image), self.boxes, labels, self.tracks)
