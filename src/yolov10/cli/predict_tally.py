"""What a run of `yolov10 predict` came to."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from yolov10.prediction.counting import Crossings
from yolov10.prediction.found import Failure, Found
from yolov10.prediction.video import Footage


class Tally:
    """Counts results as they pass."""

    def __init__(self) -> None:
        self.pictures = self.frames = self.failures = 0
        self.found: Counter[str] = Counter()
        """Objects by class: where they are followed, each once."""
        self.crossings: dict[str, tuple[Crossings, ...]] = {}
        """What was counted, by source; pictures are one series, under the name of the first."""
        self.footage: Footage | None = None
        self.highest = 0
        self.follows = False

    def add(self, result: Found | Failure) -> None:
        """Take in the next result."""
        if isinstance(result, Failure):
            self.failures += 1
            return
        moment, detections = result.picture.moment, result.detections
        self.pictures, self.frames = self.pictures + (moment is None), self.frames + (moment is not None)
        if result.crossings and all(result.crossings is not known for known in self.crossings.values()):
            self.crossings[result.picture.source] = result.crossings
        if detections.tracks is None:
            self.found.update(detections.counts())
            return
        self.follows = True
        footage = moment.footage if moment else None
        if footage is not self.footage:
            self.footage, self.highest = footage, 0
        # Numbers are given in order: one above all so far is a new object.
        for track, index in zip(detections.tracks.tolist(), detections.classes.tolist(), strict=True):
            self.found[detections.names[index]] += track > self.highest
        self.highest = max([self.highest, *detections.tracks.tolist()])

    def add_entry(self, entry: dict[str, Any]) -> None:
        """Take in the next result of a picture in its written form (contract, section 2)."""
        self.failures += "error" in entry
        self.pictures += "error" not in entry
        self.found.update(one["name"] for one in entry.get("detections", ()))

    def lines(self, output: Path | None) -> Iterator[str]:
        """For people: what was read and found, and what was counted; nothing of a run that saw nothing."""
        if not self.pictures + self.frames + self.failures:
            return
        read = [_numbered(self.pictures, "picture"), _numbered(self.frames, "frame")]
        objects = ", ".join(f"{count} {name}" for name, count in self.found.most_common() if count)
        objects = (objects or "nothing") + (" followed" if self.follows else "")
        parts = [f"{' and '.join(filter(None, read)) or '0 pictures'}: {objects}"]
        if self.failures:
            parts.append(f"{self.failures} could not be read")
        if output is not None:
            parts.append(f"results in {output}")
        yield "; ".join(parts)
        for source, crossings in self.crossings.items():
            yield from (f"{source}: {one}" for one in crossings)

    def counts(self) -> str:
        """What was counted, as JSON: a list of sources."""
        entries: list[dict[str, Any]] = [
            {"source": source, "counts": [one.to_dict() for one in crossings]}
            for source, crossings in self.crossings.items()
        ]
        return json.dumps(entries, ensure_ascii=False, indent=1) + "\n"


def _numbered(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}" if count else ""
