"""The two digests by which a hub names the contents of a file."""

import hashlib
import re
from pathlib import Path


def stated_digest(tag: str | None) -> str | None:
    """The digest in an HTTP entity tag, hexadecimal; None for a tag that is none.

    Of large files the tag is the SHA-256, of small ones the name that Git gives their contents.
    """
    found = re.fullmatch(r'(?:W/)?"?([0-9a-f]{64}|[0-9a-f]{40})"?', tag or "")
    return found[1] if found else None


def has_digest(path: Path, digest: str) -> bool:
    """Whether a file's contents have a digest: SHA-256 by 64 digits, Git's SHA-1 of a blob by 40."""
    if len(digest) == 64:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == digest
    contents = path.read_bytes()  # small, or Git would not hold it itself
    header = b"blob %d\0" % len(contents)
    return hashlib.sha1(header + contents, usedforsecurity=False).hexdigest() == digest
