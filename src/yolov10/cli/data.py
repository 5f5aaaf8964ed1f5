"""`yolov10 data`: looking at data sets before training on them."""

from collections.abc import Mapping

HELP = "Check and show data sets: a data.yaml, a COCO JSON (with --images) or a Pascal VOC folder."

COMMANDS: Mapping[str, tuple[str, str]] = {
    "check": ("data_check", "find faults and count what is there"),
    "show": ("data_show", "draw a sheet of labelled pictures"),
}
