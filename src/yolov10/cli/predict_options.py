"""The options of `yolov10 predict`, and what they say of its detector."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from yolov10.cli.model_options import ModelOptions
from yolov10.cli.options import argument, option
from yolov10.images import MAX_PIXELS
from yolov10.prediction.detector_settings import DetectorSettings


@dataclass(frozen=True)
class Options(ModelOptions):
    """Find objects in pictures, videos and streams.

    SOURCE is a picture, a video, a folder of them (with its subfolders), a quoted glob, a text list of
    paths, the number of a camera, the address of a stream, - for a picture on standard input, or cells for
    the three that come with the model cells. What is found is printed as JSON; --output keeps annotated
    pictures and videos.
    """

    sources: tuple[str, ...] = argument("what to look at", metavar="SOURCE...", many=True)
    confidence: float | None = option(
        "keep what is surer than this; the model's own threshold, else 0.25",
        group="Detection",
        metavar="0..1",
    )
    classes: str | None = option(
        "names or indices to look for, separated by commas", group="Detection", metavar="NAME,..."
    )
    max_detections: int | None = option(
        "the surest so many of a picture; all unless given: up to 300, or as many as all tiles together give",
        group="Detection",
        metavar="N",
    )
    one_class_per_box: bool = option("keep a box once, with its surest class", False, group="Detection")
    tile: int | None = option(
        "look at larger pictures in overlapping tiles of so many pixels, too, for small objects",
        group="Detection",
        metavar="SIZE",
    )
    batch: int = option("pictures run together", 1, group="Detection", metavar="N")
    engine: Literal["local", "ray"] = option(
        "ray: by workers on a Ray cluster, or on this machine's cores; what is done survives a kill",
        "local",
        group="Detection",
    )
    max_pixels: int = option("refuse larger pictures", MAX_PIXELS, group="Detection", metavar="N")
    full_decode: bool = option(
        "read also those JPEGs whole that are twice as large as needed: slower, by a hair more exact",
        False,
        group="Detection",
    )
    frame_step: int = option("look at every so manieth frame", 1, group="Videos", metavar="N")
    when_behind: Literal["drop", "wait"] = option(
        "of a camera or stream that is faster than detection, drop frames, or let it wait",
        "drop",
        group="Videos",
    )
    reconnect: float = option(
        "seeks a camera or stream that broke off for so long; with 0, its end is the end",
        30.0,
        group="Videos",
        metavar="SECONDS",
    )
    video_format: Literal["mp4", "mkv"] | None = option(
        "of annotated videos: as the source, else mp4; mkv for cameras and streams, which can be played "
        "however the program ends",
        group="Videos",
    )
    track: bool = option("number the objects of a video, and follow them", False, group="Tracking")
    count_line: tuple[str, ...] = option(
        "count what crosses the line from x1,y1 to x2,y2 pixels, by way and class; may be repeated",
        (),
        group="Tracking",
        metavar="X1,Y1,X2,Y2",
        many=True,
    )
    count_zone: tuple[str, ...] = option(
        "count what enters and leaves the polygon x,y,...; two corners make a rectangle; may be repeated",
        (),
        group="Tracking",
        metavar="X,Y,...",
        many=True,
    )
    save_counts: Path | None = option("file for the counts as JSON", group="Tracking", metavar="FILE")
    output: Path | None = option("folder for annotated pictures and videos", group="Results", metavar="DIR")
    format: Literal["json", "jsonl", "csv", "yolo", "coco"] | None = option(
        "form of the results; yolo: text files in --output instead of pictures; json unless given",
        group="Results",
    )
    save_to: Path | None = option(
        "file for the results; standard output unless given", group="Results", metavar="FILE"
    )


def settings_of(options: Options) -> DetectorSettings:
    """What the detector is to be."""
    return DetectorSettings(
        confidence=options.confidence,
        classes=options.classes,
        image_size=options.image_size,
        max_detections=options.max_detections,
        one_class_per_box=options.one_class_per_box,
        tile=options.tile,
        max_pixels=options.max_pixels,
        full_decode=options.full_decode,
        runtime=options.runtime,
        precision=options.precision,
        device=options.device,
        threads=options.threads,
        cache=not options.no_cache,
    )
