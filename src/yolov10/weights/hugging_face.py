"""Safetensors of other programs: bare files, and folders of the Hugging Face hub (spec 8.3)."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from yolov10.architecture import SCALES
from yolov10.errors import UserError
from yolov10.model_card import MAX_METADATA
from yolov10.weights.contents import Contents, class_names, one_line
from yolov10.weights.native import read_safetensors

MAX_TEXT = 4_000_000
"""Bytes of a config or README worth reading; real ones have under ten thousand."""


def read_bare(path: Path) -> Contents:
    """Tensors of a safetensors file, and the names and licence in its metadata where it has them."""
    tensors, metadata = read_safetensors(path)
    return Contents(tensors, names=_stated_names(metadata), license=one_line(metadata.get("license")))


def read_hugging_face(folder: Path) -> Contents:
    """Tensors, class names, scale and licence of a downloaded model folder.

    Raises UserError when the folder lacks its weights, or its config is not JSON.
    """
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise UserError(f"{folder}: no model.safetensors in this folder")
    config = _config(folder / "config.json")
    model = config.get("model")
    scale = re.fullmatch(r"yolov10([a-z])(\.yaml)?", model) if isinstance(model, str) else None
    bare = read_bare(weights)
    return replace(
        bare,
        names=class_names(config.get("names")) or bare.names,
        scale=scale[1] if scale and scale[1] in SCALES else None,
        license=_license(folder / "README.md") or bare.license,
        written_by="a Hugging Face folder",
    )


def _stated_names(metadata: Mapping[str, str]) -> tuple[str, ...] | None:
    """Class names from metadata, which is another program's: what is not ours to read is no fault."""
    text = metadata.get("names", "")
    try:
        return class_names(json.loads(text)) if len(text) <= MAX_METADATA else None
    except (ValueError, RecursionError, UserError):
        return None


def _config(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        config = json.loads(_text(path))
    except (ValueError, RecursionError):
        raise UserError(f"{path}: not JSON") from None
    return config if isinstance(config, dict) else {}


def _license(readme: Path) -> str:
    """The `license:` line of the README's front matter."""
    if not readme.is_file():
        return ""
    found = re.match(r"---\n(?:.*\n)*?license:[ \t]*(\S+)", _text(readme)[:20_000])
    return one_line(found[1]) if found else ""


def _text(path: Path) -> str:
    if path.stat().st_size > MAX_TEXT:
        raise UserError(f"{path}: {path.stat().st_size} bytes are too many for this file")
    return path.read_text("utf-8", errors="replace")
