"""Where a picture's results go in the output folder, and that they land on no source."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from yolov10.errors import UserError
from yolov10.files import identity
from yolov10.prediction.picture import Entry, Picture

Container = Literal["mp4", "mkv"]
SAVED_AS_IS = frozenset((".jpg", ".jpeg", ".png"))


class Places:
    """Hands out paths below a folder, never the same one twice: two `a.jpg` become `a.jpg` and `a-2.jpg`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # The last number given to a name; by hashes, so that a million names stay small.
        self.numbers: dict[int, int] = {}

    def take(self, place: Path) -> Path:
        """The path for `place`, numbered when it was handed out before."""
        candidate, number = place, self.numbers.get(hash(place), 1)
        while hash(candidate) in self.numbers:
            number += 1
            candidate = place.with_stem(f"{place.stem}-{number}")
        self.numbers[hash(candidate)] = 1
        self.numbers[hash(place)] = number
        return self.folder / candidate


def copy_place(entry: Entry, container: Container | None = None) -> Path:
    """Where an annotated copy goes: a picture in a format that keeps all colours of the boxes.

    A video goes into the `container`; left open, into its own, else an MP4. What has no end goes into an MKV,
    which can be played when the program is killed.
    """
    place, suffix = entry.place, entry.place.suffix.lower()
    if isinstance(entry, Picture):
        return place if suffix in SAVED_AS_IS else place.with_name(place.name + ".jpg")
    if container is None:
        own: Container = "mkv" if suffix == ".mkv" else "mp4"
        container = own if entry.kind == "file" else "mkv"
    named = place if suffix == f".{container}" else place.with_name(f"{place.name}.{container}")
    return Path(os.fsencode(named).decode("utf-8", "replace"))  # OpenCV takes no other names


def label_place(entry: Entry) -> Path:
    """Where the text file of a picture or frame goes."""
    return entry.place.with_suffix(".txt")


def check_output(
    entries: Iterable[Entry],
    output: Path,
    place: Callable[[Entry], Path] = copy_place,
    lists: Iterable[str] = (),
) -> None:
    """Refuse an `output` in which what is written at `place` would land on any source of the same run.

    To be called before the first write, with everything, and `lists` that they came from. A picture that
    later cannot be read has nothing written; that only moves others to names that are checked here too.
    Raises UserError naming the file.
    """
    if not os.path.isdir(output):  # noqa: PTH112 - never raises
        return
    places = Places(output)
    sources, targets = set(map(identity, lists)), {}
    for entry in entries:
        sources.add(identity(entry.source))
        target = places.take(place(entry))
        targets[identity(target)] = target
    for found in targets.keys() & sources - {None}:
        raise UserError(f"{targets[found]} would overwrite a source of this run: choose another --output")
