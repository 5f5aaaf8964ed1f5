"""Where a picture's results go in the output folder, and that they land on no source."""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from yolov10.errors import UserError
from yolov10.files import identity
from yolov10.prediction.picture import Entry, Picture
from yolov10.prediction.video import Video

Container = Literal["mp4", "mkv"]
SAVED_AS_IS = frozenset((".jpg", ".jpeg", ".png"))


_MEMBER = re.compile(r"(.+)-\d{6,}", re.DOTALL)


class Places:
    """Hands out paths below a folder, never the same one twice: two `a.jpg` become `a.jpg` and `a-2.jpg`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # By hashes, so that a million names stay small; of a video one, however many its frames.
        self.taken: set[int] = set()
        self.series: set[int] = set()
        self.with_members: set[int] = set()
        """Names of series, handed out or not, of which a path has been handed out that could be a member."""
        self.numbers: dict[int, int] = {}
        """The last number given to a name that was asked for again."""

    def take(self, place: Path) -> Path:
        """The path for `place`, numbered when it was handed out before, or is that of a frame."""
        chosen = self._first_free(place, lambda one: hash(_series_of(one)) in self.series)
        self.with_members.add(hash(_series_of(chosen)))
        return self.folder / chosen

    def take_series(self, place: Path) -> Path:
        """A path for `place` that stands for those of all frames of a video, which `member` gives.

        Neither it nor any of them is handed out again.
        """
        chosen = self._first_free(place, lambda one: hash(one) in self.with_members)
        self.series.add(hash(chosen))
        return self.folder / chosen

    def _first_free(self, place: Path, is_barred: Callable[[Path], bool]) -> Path:
        candidate, number = place, self.numbers.get(hash(place), 1)
        while hash(candidate) in self.taken or is_barred(candidate):
            number += 1
            candidate = place.with_stem(f"{place.stem}-{number}")
        if number > 1:
            self.numbers[hash(place)] = number
        self.taken.add(hash(candidate))
        return candidate


def member(series: Path, number: int) -> Path:
    """The path of a frame: `a.txt` and 7 give `a-000007.txt`."""
    return series.with_stem(f"{series.stem}-{number:06}")


def _series_of(path: Path) -> Path | None:
    """The series that a path may be a member of; None for a name that no member has."""
    found = _MEMBER.fullmatch(path.stem)
    return None if found is None else path.with_stem(found[1])


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
    """Where the text file of a picture goes, or the series of those of a video's frames."""
    return entry.place.with_suffix(".txt")


def take_copy(places: Places, entry: Entry, container: Container | None = None) -> Path:
    """The path of an annotated copy, as `copy_place` says."""
    return places.take(copy_place(entry, container))


def take_label(places: Places, entry: Entry) -> Path:
    """The path of a picture's text file; of a video the series of its frames'."""
    take = places.take_series if isinstance(entry, Video) else places.take
    return take(label_place(entry))


def check_output(
    entries: Iterable[Entry],
    output: Path,
    take: Callable[[Places, Entry], Path] = take_copy,
    lists: Iterable[str] = (),
) -> None:
    """Refuse an `output` in which what is written at the paths from `take` would land on a source of the run.

    To be called before the first write, with everything, and `lists` that they came from. A picture that
    later cannot be read has nothing written; that only moves others to names that are checked here too.
    Raises UserError naming the file.
    """
    if not os.path.isdir(output):  # noqa: PTH112 - never raises
        return
    places = Places(output)
    sources, texts, targets, series = set(map(identity, lists)), set(lists), {}, {}
    for entry in entries:
        sources.add(identity(entry.source))
        if entry.source.lower().endswith(".txt"):
            texts.add(entry.source)
        target = take(places, entry)
        if take is take_label and isinstance(entry, Video):
            series[identity(target.parent), label_place(entry).stem] = target
        else:
            targets[identity(target)] = target
    for found in targets.keys() & sources - {None}:
        raise UserError(_would_overwrite(targets[found]))
    for path in map(Path, map(os.path.realpath, texts)):
        if any((identity(path.parent), stem) in series for stem in _series_stems(path)):
            raise UserError(_would_overwrite(path))


def _series_stems(path: Path) -> list[str]:
    """Of a path that a frame may have, the stems of its video: as it is, and without a number of `Places`."""
    series = _series_of(path)
    return [] if series is None else [series.stem, re.sub(r"-\d+$", "", series.stem)]


def _would_overwrite(path: Path) -> str:
    return f"{path} would overwrite a source of this run: choose another --output"
