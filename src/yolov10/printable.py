"""Text from files, made safe to print."""

import unicodedata

HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode categories that move the cursor, start a line or cannot be encoded."""


def printable(text: str) -> str:
    r"""One line of the text: control characters as `\x1b`, line breaks too, so that no file forges output."""
    return "".join(_escape(sign) if unicodedata.category(sign) in HIDDEN else sign for sign in text)


def _escape(sign: str) -> str:
    code = ord(sign)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
