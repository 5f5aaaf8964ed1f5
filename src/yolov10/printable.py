"""Text from files, made safe to print."""

import unicodedata

HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode categories that move the cursor, start a line or cannot be encoded."""
LONGEST = 60
"""Characters of a text that a message quotes."""


def printable(text: str) -> str:
    r"""One line of the text: control characters as `\x1b`, line breaks too, so that no file forges output."""
    return "".join(_escape(sign) if unicodedata.category(sign) in HIDDEN else sign for sign in text)


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
