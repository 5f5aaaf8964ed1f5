"""Pictures that occur twice: the same bytes anywhere, nearly the same look across splits."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yolov10.images import Image
from yolov10.opencv import cv2

ALIKE = 0.95
"""Correlation of two thumbnails above which pictures are held for nearly the same. Of blood cells, the two
neighbouring shots have 0.99 and no other pair more than 0.71; of boards on a table, none more than 0.77."""

SIDE = 16
"""Pixels a thumbnail has each way."""

BLOCK = 2048
"""Thumbnails compared at once, which bounds the memory."""

Place = tuple[str, Path]
"""A picture and the split that it is in."""


@dataclass(frozen=True)
class Look:
    """What is kept of a picture to find its twin."""

    place: Place
    digest: bytes
    thumbnail: NDArray[np.float32]
    """[256], gray, of mean 0 and length 1, so that a product of two is their correlation; 0 when plain."""


@dataclass(frozen=True)
class Twins:
    """Two pictures of different splits that look nearly the same."""

    first: Place
    second: Place
    similarity: float


def look(split: str, path: Path, picture: Image) -> Look:
    """Digest of the file and thumbnail of its decoded picture [H,W,3], in any order of channels."""
    small = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    gray = small.astype(np.float32).mean(axis=2).ravel()
    gray -= gray.mean()
    length = float(np.linalg.norm(gray))
    # A plain picture has rounding left over; made a unit vector, that would resemble other plain ones.
    thumbnail = gray / length if length > 1 else np.zeros_like(gray)
    return Look((split, path), blake2b(path.read_bytes(), digest_size=16).digest(), thumbnail)


def duplicates(looks: Iterable[Look]) -> list[list[Place]]:
    """Group pictures whose files hold the same bytes."""
    groups = defaultdict(list)
    for one in looks:
        groups[one.digest].append(one.place)
    return [group for group in groups.values() if len(group) > 1]


def near_duplicates(splits: Mapping[str, list[Look]]) -> list[Twins]:
    """For each picture its nearest in every earlier split, where the two correlate above `ALIKE`.

    Files of the same bytes are left to `duplicates`.
    """
    found = []
    for earlier, later in combinations(splits.values(), 2):
        for one, best, similarity in _nearest(earlier, later):
            if similarity > ALIKE and one.digest != best.digest:
                found.append(Twins(best.place, one.place, similarity))
    return found


def _nearest(earlier: list[Look], later: list[Look]) -> Iterable[tuple[Look, Look, float]]:
    """Each of `later` with the one of `earlier` that is most like it."""
    if not earlier:
        return
    for block in _blocks(later):
        here = np.stack([one.thumbnail for one in block])
        each = np.arange(len(block))
        nearest, similarity = np.zeros(len(block), np.int64), np.full(len(block), -np.inf, np.float32)
        first = 0
        for others in _blocks(earlier):
            correlation = here @ np.stack([one.thumbnail for one in others]).T
            best = correlation.argmax(axis=1)
            better = correlation[each, best] > similarity
            nearest[better] = first + best[better]
            similarity[better] = correlation[each, best][better]
            first += len(others)
        for one, index, value in zip(block, nearest, similarity, strict=True):
            yield one, earlier[index], float(value)


def _blocks(looks: list[Look]) -> Iterable[list[Look]]:
    return (looks[start : start + BLOCK] for start in range(0, len(looks), BLOCK))
