"""From a body to the pictures in it: raw bytes, a form's files, or base64 in JSON.

Forms are split here: the framework's reader keeps large parts in files, and a body that is in memory needs no
more than a split.
"""

import base64
import binascii
import json
from dataclasses import dataclass

from yolov10.printable import printable
from yolov10.serve.parameters import parameters_of
from yolov10.serve.refusals import Refusal
from yolov10.serve.schema import DetectOptions

UNNAMED = "-"
"""Source of a picture without a name, as `predict` calls one on standard input."""
MAX_TYPE = 1000
"""Characters of a Content-Type."""
MAX_BOUNDARY = 70
"""Characters of a form's boundary (RFC 2046, 5.1.1)."""
MAX_HEAD = 8192
"""Bytes of one part's header lines."""


@dataclass(frozen=True)
class Upload:
    """One picture as it came: nothing of it is decoded, and its name names no file here."""

    name: str
    data: bytes


def uploads(body: bytes, content_type: str, most: int) -> list[Upload]:
    """The pictures of a body, one or more. Raises Refusal: malformed, without a picture, over `most`.

    What is neither a form nor JSON is one picture, whatever type it claims: its content tells.
    """
    if len(content_type) > MAX_TYPE:
        raise Refusal(400, f"a Content-Type of more than {MAX_TYPE} characters")
    kind, options = parameters_of(content_type)
    if kind == "multipart/form-data":
        found = _of_form(body, options.get("boundary", ""), most)
    elif kind == "application/json":
        found = _of_json(body, most)
    else:
        found = [Upload(UNNAMED, body)] if body else []
    if not found:
        raise Refusal(400, "no picture in the request")
    return found


def _of_form(body: bytes, boundary: str, most: int) -> list[Upload]:
    """The parts between `--boundary` lines, the last of which ends with `--` (RFC 2046, 5.1.1)."""
    if not boundary:
        raise Refusal(400, "a form without a boundary in its Content-Type")
    if len(boundary) > MAX_BOUNDARY or not boundary.isascii():
        raise Refusal(400, f"a form's boundary is {MAX_BOUNDARY} ASCII characters at most")
    # Never more pieces than needed to tell that they are too many.
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode(), most + 2)
    if len(parts) > most + 1:
        raise _too_many(most)
    if not parts or not parts.pop().startswith(b"--"):
        raise Refusal(400, "a form that ends before its last boundary")
    return [_of_part(part) for part in parts]


def _of_part(part: bytes) -> Upload:
    head, blank, data = part.partition(b"\r\n\r\n")
    padding, line_end, head = (head + b"\r\n").partition(b"\r\n")
    if not blank or not line_end or padding.strip(b" \t") or len(head) > MAX_HEAD:
        raise Refusal(400, "a malformed part in the form")
    label, name = _names(head.decode("utf-8", "replace"))
    if not name and label in DetectOptions.model_fields:
        raise Refusal(400, f"options go in the address, not in the form: ?{label}=…")
    return Upload(printable(name or label) or UNNAMED, data)


def _names(head: str) -> tuple[str, str]:
    """The field's name and the file's, of a part's header lines. Raises Refusal."""
    for line in head.split("\r\n"):
        field, _, value = line.partition(":")
        if field.strip().lower() == "content-disposition":
            _, options = parameters_of(value)
            return options.get("name", ""), options.get("filename", "")
    return "", ""


def _of_json(body: bytes, most: int) -> list[Upload]:
    # Values take many times the memory of their text; base64 has none of these signs.
    if sum(map(body.count, (b"[", b"{", b","))) > 64 + 32 * most:
        raise Refusal(400, "JSON of more values than a request of pictures has")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "malformed JSON") from None
    images = content.get("images") if isinstance(content, dict) and content.keys() == {"images"} else None
    if not isinstance(images, list):
        raise Refusal(400, 'JSON must be {"images": ["<base64>", …]}; options go in the address')
    if len(images) > most:
        raise _too_many(most)
    return [_of_entry(entry, number) for number, entry in enumerate(images, 1)]


def _of_entry(entry: object, number: int) -> Upload:
    if isinstance(entry, str):
        entry = {"data": entry}
    if not isinstance(entry, dict) or not {"data"} <= entry.keys() <= {"name", "data"}:
        raise Refusal(400, f'image {number} must be base64 text or {{"name": …, "data": "<base64>"}}')
    name, data = entry.get("name", ""), entry["data"]
    if not isinstance(name, str) or not isinstance(data, str):
        raise Refusal(400, f"image {number}: its name and data must be text")
    if data.startswith("data:"):
        data = data.partition(",")[2]
    try:
        return Upload(printable(name) or UNNAMED, base64.b64decode("".join(data.split()), validate=True))
    except (binascii.Error, ValueError):  # the second: not ASCII
        raise Refusal(400, f"image {number} is not base64") from None


def _too_many(most: int) -> Refusal:
    return Refusal(413, f"more than {most} pictures in one request")
