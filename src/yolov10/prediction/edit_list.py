"""How much of an MP4 its edit list shows (ISO 14496-12, 8.6.6).

Who trims a video without encoding it anew leaves all frames in the file and lists the part to be shown.
FFmpeg gives that part; the file's count of frames is that of all.
"""

import struct
from pathlib import Path
from struct import unpack_from
from typing import BinaryIO

from yolov10.image_formats import BrokenError, boxes, parts

MAX_INDEX = 2**28
"""Bytes of an index that is looked at; that of an hour at 60 frames a second takes some four million."""

Range = tuple[int, int]


def shown_share(path: str) -> float:
    """Share of its first video that a file shows, 0..1; 1 where no edit list can be read that says less."""
    try:
        with Path(path).open("rb") as file:
            index = _index(file)
        movie = _inside(index, (0, len(index)))
        for track in [dict(_inside(index, where)) for kind, where in movie if kind == b"trak"]:
            media = dict(_inside(index, track[b"mdia"]))
            if _is_video(index, media[b"hdlr"]) and b"edts" in track:
                edits = dict(_inside(index, track[b"edts"]))[b"elst"]
                return _share(index, dict(movie)[b"mvhd"], media[b"mdhd"], edits)
    except (OSError, BrokenError, struct.error, LookupError):
        pass
    return 1


def _index(file: BinaryIO) -> bytes:
    """The contents of the box `moov`, wherever it lies. Raises BrokenError where there is none."""
    position = 0
    for _ in parts():
        file.seek(position)
        header = file.read(16)
        size, kind = unpack_from(">I4s", header)
        begin = 8
        if size == 1:
            (size,) = unpack_from(">Q", header, 8)
            begin = 16
        if size < begin:  # 0: the last box, to the end
            break
        if kind == b"moov":
            file.seek(position + begin)
            return file.read(min(size - begin, MAX_INDEX))
        position += size
    raise BrokenError


def _inside(index: bytes, within: Range) -> list[tuple[bytes, Range]]:
    """Kinds of the boxes inside one, and where their contents lie."""
    return [(kind, (start, end)) for kind, start, end in boxes(index, *within)]


def _is_video(index: bytes, handler: Range) -> bool:
    return index[handler[0] + 8 : handler[0] + 12] == b"vide"


def _share(index: bytes, movie: Range, media: Range, edits: Range) -> float:
    """Edits count in the movie's ticks, what there is in the media's own."""
    movie_ticks, _ = _clock(index, movie[0])
    media_ticks, whole = _clock(index, media[0])
    shown = _shown(index, edits[0])
    if not (movie_ticks and media_ticks and whole and shown):  # some leave it open, as 0
        return 1
    return min(shown / movie_ticks * media_ticks / whole, 1)


def _clock(index: bytes, start: int) -> tuple[int, int]:
    """Ticks a second, and how many there are (8.2.2, 8.4.2)."""
    ticks, duration = (
        unpack_from(">IQ", index, start + 20) if index[start] == 1 else unpack_from(">II", index, start + 12)
    )
    return ticks, duration


def _shown(index: bytes, start: int) -> int:
    """Ticks that all edits show together; a time of -1 stands for a pause."""
    entry = struct.Struct(">Qq4x" if index[start] == 1 else ">Ii4x")
    (count,) = unpack_from(">I", index, start + 4)
    table = index[start + 8 : start + 8 + count * entry.size]
    return sum(duration for duration, time in entry.iter_unpack(table) if time >= 0)
