"""Header values with parameters: `form-data; name="a"`, of Content-Type and Content-Disposition."""

import re
from urllib.parse import unquote

from yolov10.serve.refusals import Refusal

_PARAMETER = re.compile(r';[ \t]*([^=;"\s]++)=("(?:[^"\\]|\\.)*+"|[^;"]*+)')
"""Each character is looked at once or twice, whatever is between them."""
_ESCAPED = re.compile(r'\\(["\\])')
CHARSETS = ("utf-8", "iso-8859-1")
"""Of extended values (RFC 8187); any other name would let a client choose among Python's codecs."""


def parameters_of(value: str) -> tuple[str, dict[str, str]]:
    """`form-data; name="a"` → "form-data" and {"name": "a"} (RFC 9110, 5.6.6).

    Of what is malformed, what can be read. An extended value (`filename*=utf-8''%e2%82%ac`) goes before a
    plain one. Raises Refusal: a charset that is not read.
    """
    kind = value.partition(";")[0].strip().lower()
    plain: dict[str, str] = {}
    extended: dict[str, str] = {}
    for name, text in _PARAMETER.findall(value):
        if name.endswith("*"):
            extended.setdefault(name[:-1].lower(), _decoded(text))
        else:
            plain.setdefault(name.lower(), _unquoted(text))
    return kind, plain | extended


def _unquoted(text: str) -> str:
    return _ESCAPED.sub(r"\1", text[1:-1]) if text.startswith('"') else text.strip()


def _decoded(text: str) -> str:
    charset, _, rest = text.partition("'")
    if charset.strip().lower() not in CHARSETS:
        raise Refusal(400, f"a name in a charset that is not read: send it in {CHARSETS[0]}")
    return unquote(rest.partition("'")[2].strip(), charset.strip(), "replace")
