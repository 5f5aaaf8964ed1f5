"""Text from files, made safe to print."""

import json
import unicodedata

HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode categories that move the cursor, start a line or cannot be encoded."""
LONGEST = 60
"""Characters of a text that a message quotes."""


def printable(text: str) -> str:
    r"""One line of the text: control characters as `\x1b`, line breaks too, so that no file forges output."""
    return "".join(_escape(sign) if unicodedata.category(sign) in HIDDEN else sign for sign in text)


def printable_json(text: str) -> str:
    """JSON in which such characters are JSON's own escapes: the same values, and nothing a terminal obeys."""

    def escaped(sign: str) -> str:
        hidden = sign > "~" and unicodedata.category(sign) in HIDDEN  # below, json has escaped them
        return json.dumps(sign)[1:-1] if hidden else sign

    return text if text.isascii() else "".join(map(escaped, text))


def brief(value: object) -> str:
    """A value from a file, short enough for a message; of a list or mapping only what it is.

    In YAML a list may hold another many times over, and so on: written out, a few lines are gigabytes.
    """
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[:LONGEST]!r}…"
    return f"a {type(value).__name__}" if isinstance(value, list | dict | set | tuple) else repr(value)


def _escape(sign: str) -> str:
    code = ord(sign)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
