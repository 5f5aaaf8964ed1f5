"""Pictures that are no more than a name."""

from pathlib import Path

from yolov10.prediction.picture import Picture


def picture(source="a.jpg", place=None):
    return Picture(source, lambda: None, Path(place or Path(source).name))


def files(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
