"""Pascal VOC folders: JPEGImages, one XML a picture in Annotations, splits in ImageSets/Main.

The standard library's parser is safe for files of strangers once documents with a DOCTYPE are refused:
entities, which its known attacks are made of, can be declared nowhere else. VOC files have none.
"""

from functools import partial
from pathlib import Path
from xml.etree import ElementTree

from yolov10 import images
from yolov10.data.faults import Fault
from yolov10.data.rows import AS_UPRIGHT, Labels, Row
from yolov10.data.source import (
    SPLITS,
    Entry,
    Source,
    read_bytes,
    read_text,
    require_split,
    require_unique,
)
from yolov10.errors import UserError

NAME_FILES = ("classes.txt", "names.txt")


class _NoDoctype(ElementTree.TreeBuilder):
    """Builds the tree, and refuses a DOCTYPE when it begins, before anything in it is read."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ElementTree.ParseError("a DOCTYPE is not allowed")


def open_source(folder: Path) -> Source:
    """Open a folder with JPEGImages and Annotations. Raises UserError.

    Class names stand one a line in `classes.txt` or `names.txt`; without such a file they are all names
    that occur in Annotations, sorted, so that every split numbers them alike.
    """
    if not is_voc(folder):
        raise UserError(f"{folder} {_what_else(folder)}")
    pictures = _by_stem(folder / "JPEGImages")
    names = _names(folder)
    lists = {split: folder / "ImageSets" / "Main" / f"{split}.txt" for split in (*SPLITS, "trainval")}
    lists = {split: file for split, file in lists.items() if file.is_file()}
    if not names:
        raise UserError(f"{folder} has no classes: no XML in Annotations names an object")
    if not lists:
        raise UserError(f"{folder} has no ImageSets/Main/train.txt: list the names of its pictures there")

    def list_entries(split: str) -> tuple[list[Entry], list[Fault]]:
        require_split(folder, split, tuple(lists))
        entries: dict[str, Entry] = {}
        faults = []
        for number, line in enumerate(read_text(lists[split]).splitlines(), 1):
            stem = line.strip()
            if stem in entries:
                faults.append(Fault(lists[split], number, "listed twice", f"{stem} is listed twice"))
            elif stem:
                entries[stem] = _entry(folder, stem, pictures, names)
        return list(entries.values()), faults

    splits = tuple(split for split in SPLITS if split in lists)
    return Source(folder, names, splits or tuple(lists), list_entries)


def is_voc(folder: Path) -> bool:
    """Whether this is the root of a Pascal VOC data set."""
    return (folder / "JPEGImages").is_dir() and (folder / "Annotations").is_dir()


def _entry(folder: Path, stem: str, pictures: dict[str, Path], names: list[str]) -> Entry:
    picture = pictures.get(stem, folder / "JPEGImages" / f"{stem}.jpg")
    file = folder / "Annotations" / f"{stem}.xml"
    return Entry(picture, stem, partial(_read_labels, file, names))


def _by_stem(folder: Path) -> dict[str, Path]:
    """Pictures by their stem; the XML's own `filename` is too often that of another computer."""
    files = sorted(folder.iterdir(), reverse=True)
    return {file.stem: file for file in files if file.suffix.lower() in images.SUFFIXES}


def _names(folder: Path) -> list[str]:
    for file in (folder / name for name in NAME_FILES):
        if file.is_file():
            lines = [line.strip() for line in read_text(file).splitlines()]
            return require_unique(file, [line for line in lines if line])
    found: set[str] = set()
    for file in (folder / "Annotations").glob("*.xml"):
        try:
            found.update(_text(thing, "name") for thing in _parse(file).iterfind("object"))
        except (UserError, FileNotFoundError):
            continue  # named when its split is read
    return sorted(found - {""})


def _read_labels(file: Path, names: list[str], width: int, height: int) -> Labels:
    """Rows of one XML; without one the picture is background. Raises UserError for an unreadable one.

    `xmin` to `ymax` are edges in pixels, as they stand. A `difficult` object is ignored as a crowd is: VOC's
    own protocol counts it neither as missed nor as false.
    """
    try:
        root = _parse(file)
    except FileNotFoundError:
        return Labels(None, [], [])
    if root.tag != "annotation":  # what is inside something else, or of a namespace, would not be found
        raise UserError(f"{file}: no VOC annotation: it begins with <{root.tag[:60]}>")
    rows, faults = [], []
    declared = tuple(_text(root, f"size/{side}") for side in ("width", "height"))
    if all(side.isdecimal() and side.strip("0") for side in declared) and declared != (
        f"{width}",
        f"{height}",
    ):
        what = f"the picture is {width}x{height} when upright, not {'x'.join(declared)}"
        faults.append(Fault(file, None, "wrong size", f"{what}: {AS_UPRIGHT}"))
    for number, thing in enumerate(root.iterfind("object"), 1):
        class_name = _text(thing, "name")
        name = f"object {number} ({class_name})"
        edges = [_text(thing, f"bndbox/{edge}") for edge in ("xmin", "ymin", "xmax", "ymax")]
        if class_name not in names:
            faults.append(Fault(file, None, "class", f"{name}: is none of the {len(names)} classes"))
            continue
        try:
            x1, y1, x2, y2 = map(float, edges)
        except ValueError:
            what = f"{name}: bndbox needs the numbers xmin ymin xmax ymax, not {' '.join(edges)[:60]!r}"
            faults.append(Fault(file, None, "malformed", what))
            continue
        crowd = _text(thing, "difficult") == "1"
        rows.append(Row(names.index(class_name), (x1, y1, x2, y2), name=name, crowd=crowd))
    return Labels(file, rows, faults)


def _parse(file: Path) -> ElementTree.Element:
    """Give the root of an XML file. Raises UserError, or FileNotFoundError where there is no such file."""
    try:
        parser = ElementTree.XMLParser(target=_NoDoctype())  # noqa: S314 - see the top
        parser.feed(read_bytes(file))
        return parser.close()
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(file) from None
    except OSError as fault:
        raise UserError(f"{file}: {fault.strerror or fault}") from None
    except (ElementTree.ParseError, LookupError, ValueError) as fault:
        raise UserError(f"{file}: no valid XML: {fault}") from None


def _text(element: ElementTree.Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _what_else(folder: Path) -> str:
    """Find what to say of a folder that is not a VOC data set."""
    for inside in sorted(folder.iterdir()):
        if inside.suffix in (".yaml", ".yml") or (inside.is_dir() and is_voc(inside)):
            return f"is no data set itself; did you mean {inside}?"
    return "is no data set: a Pascal VOC folder has JPEGImages and Annotations"
