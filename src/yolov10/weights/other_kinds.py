"""What a file is that is no zip archive and was taken for a checkpoint, and what to do then."""

AGAIN = "download or copy it again"
RESAVE = "save it again with torch.save"

# What it starts with, and what to tell the user then.
_OTHER_KINDS: tuple[tuple[bytes, str], ...] = (
    (
        b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.",
        f"written in the format of PyTorch before 1.6, which is not read; {RESAVE} of a later PyTorch",
    ),
    (b"\x80", f"a bare pickle, not a PyTorch checkpoint; {RESAVE}"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself; fetch it with `git lfs pull`"),
    (b"<", f"a web page, not a checkpoint: the download failed; {AGAIN}"),
    (b"{", f"a text file, not a checkpoint: the download failed; {AGAIN}"),
    (b"\x1f\x8b", "compressed with gzip; unpack it first"),
)


def other_kind(head: bytes) -> str:
    """What a file is that starts with `head` and is no zip archive."""
    if not head:
        return f"an empty file; {AGAIN}"
    if head[8:10] == b'{"':
        return "a safetensors file by its content; give it the ending .safetensors"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for start, kind in _OTHER_KINDS:
        if text.startswith(start):
            return kind
    return f"not a PyTorch checkpoint (those are zip archives since PyTorch 1.6); {AGAIN}"
