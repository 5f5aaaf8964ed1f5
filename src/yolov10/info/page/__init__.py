"""The architecture page: one self-contained HTML file, put together from the files beside this one."""

import json

from yolov10.info.page.data import page_data
from yolov10.pages import joined, part

STYLES = ("base", "diagram", "inspector", "panels", "screens")
"""The style sheets in `css/`, later over earlier."""

SCRIPTS = (
    "dom",
    "numbers",
    "tensor",
    "picture",
    "layout",
    "layout_wide",
    "layout_tall",
    "layer",
    "legend",
    "diagram",
    "steps",
    "inspector",
    "scdown",
    "kernels",
    "expansion",
    "assignment",
    "detections",
    "attention",
    "stages",
    "main",
)
"""The scripts in `js/`, in the order in which they are joined: each uses those before it."""


def page(scale: str, num_classes: int, height: int, width: int) -> str:
    """The page, opened at a scale, with the numbers of a class count and a picture size.

    It asks for nothing: styles, scripts, data and picture are inside, and its policy forbids any request.
    """
    data = json.dumps(page_data(scale, num_classes, height, width), ensure_ascii=False, separators=(",", ":"))
    parts = {
        "STYLE": joined(__package__, "css", STYLES),
        "DATA": data.replace("<", "\\u003c"),  # so that no text of the data can end the element it sits in
        "SCRIPT": joined(__package__, "js", SCRIPTS),
    }
    text = part(__package__, "template.html")
    for name, content in parts.items():
        text = text.replace(f"/*{name}*/", content)
    return text
