"""From a body to the pictures in it: raw bytes, a form's files, or base64 in JSON."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from yolov10.printable import printable
from yolov10.serve.refusals import Refusal
from yolov10.serve.schema import DetectOptions

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

UNNAMED = "-"
"""Source of a picture without a name, as `predict` calls one on standard input."""


@dataclass(frozen=True)
class Upload:
    """One picture as it came: nothing of it is decoded, and its name names no file here."""

    name: str
    data: bytes


def uploads(body: bytes, content_type: str, most: int) -> list[Upload]:
    """The pictures of a body, one or more. Raises Refusal: malformed, without a picture, over `most`.

    What is neither a form nor JSON is one picture, whatever type it claims: its content tells.
    """
    kind, options = parse_options_header(content_type)
    if kind == b"multipart/form-data":
        found = _of_form(body, options.get(b"boundary", b""), most)
    elif kind == b"application/json":
        found = _of_json(body, most)
    else:
        found = [Upload(UNNAMED, body)] if body else []
    if not found:
        raise Refusal(400, "no picture in the request")
    return found


def _of_form(body: bytes, boundary: bytes, most: int) -> list[Upload]:
    form = _Form(most)
    if not boundary:
        raise Refusal(400, "a form without a boundary in its Content-Type")
    try:
        MultipartParser(boundary, form.callbacks()).write(body)
    except FormParserError:
        raise Refusal(400, "a malformed multipart form") from None
    if not form.ended:
        raise Refusal(400, "a form that ends before its last boundary")
    return form.found


class _Form:
    """Collects the parts of a form in memory; starlette's own reader would write large ones to disk."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.found: list[Upload] = []
        self.ended = False
        self._begin()

    def callbacks(self) -> "MultipartCallbacks":
        """For the parser, which calls them in the order of the body."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._field,
            "on_header_value": self._value,
            "on_header_end": self._header,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self.field, self.value, self.disposition = b"", b"", b""
        self.pieces: list[bytes] = []

    def _field(self, data: bytes, start: int, end: int) -> None:
        self.field += data[start:end]

    def _value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def _header(self) -> None:
        if self.field.lower() == b"content-disposition":
            self.disposition = self.value
        self.field, self.value = b"", b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        self.pieces.append(data[start:end])

    def _end(self) -> None:
        _, options = parse_options_header(self.disposition)
        label = options.get(b"name", b"").decode("utf-8", "replace")
        name = options.get(b"filename", b"").decode("utf-8", "replace")
        if not name and label in DetectOptions.model_fields:
            raise Refusal(400, f"options go in the address, not in the form: ?{label}=…")
        if len(self.found) == self.most:
            raise _too_many(self.most)
        self.found.append(Upload(printable(name or label) or UNNAMED, b"".join(self.pieces)))

    def _finish(self) -> None:
        self.ended = True


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
