"""From a name to native weights in the cache: fetched, checked, imported as data, kept whole."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx

from yolov10.download.fetch import announced, fetch
from yolov10.download.home import (
    CONFIG,
    HEADER_BYTES,
    HUB,
    LICENSE,
    MOST_CONFIG_BYTES,
    WEIGHTS,
    Official,
    find_official,
)
from yolov10.download.hops import open_client
from yolov10.errors import UserError
from yolov10.lock import locked
from yolov10.model_names import downloaded_file
from yolov10.weights.foreign import read_foreign
from yolov10.weights.native import Weights, read_native, write_native


def download(
    name: str,
    *,
    hub: str = HUB,
    sha256: str | None = None,
    timeout: float = 30,
    report: Callable[[int], None] = lambda there: None,
) -> Path:
    """Fetch the official weights of a name unless they are here; returns their native file in the cache.

    Whoever calls this has accepted their licence. sha256: what the weights must have; unless given, what the
    hub announces. `report` is called with the bytes of the weights that are there. Raises UserError: no such
    name, unreachable, not what was announced, no place to keep it, or another download of it at work.
    """
    official = find_official(name)
    native = downloaded_file(name)
    folder = native.with_suffix("")  # what is on its way
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(native.with_suffix(".lock"), what=folder, by="another download"):
            if not _is_there(native, official, sha256):
                with open_client(timeout) as client:
                    digest = _fetch_both(client, official, hub, sha256, folder, report)
                write_native(native, _imported(official, hub, digest, folder))
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as fault:
        raise UserError(f"cannot write {folder}: {fault.strerror or fault}") from None
    return native


def _is_there(native: Path, official: Official, sha256: str | None) -> bool:
    """Whether the file is whole, of that network, and made of weights of the digest that is asked for."""
    try:
        card = read_native(native).card
        training = json.loads(card.training)
    except (UserError, ValueError):
        return False
    digest = training.get("digest") if isinstance(training, dict) else None
    return card.scale == official.scale and (sha256 is None or sha256.lower() == digest)


def _fetch_both(
    client: httpx.Client,
    official: Official,
    hub: str,
    sha256: str | None,
    folder: Path,
    report: Callable[[int], None],
) -> str:
    """Fetch weights and class names into a folder; returns the digest that the weights were held against."""
    weights, config = official.address(hub, WEIGHTS), official.address(hub, CONFIG)
    digest = (sha256 and sha256.lower()) or official.sha256 or announced(client, weights)
    if digest is None:
        raise UserError(f"{weights}: no digest is announced to check it by: give one with --sha256")
    fetch(
        client,
        config,
        folder / CONFIG,
        digest=announced(client, config),
        most_bytes=MOST_CONFIG_BYTES,
        report=lambda there: None,
    )
    fetch(
        client,
        weights,
        folder / WEIGHTS,
        digest=digest,
        most_bytes=official.tensor_bytes + HEADER_BYTES,
        report=report,
    )
    return digest


def _imported(official: Official, hub: str, digest: str, folder: Path) -> Weights:
    """Read the fetched folder as data. Raises UserError, and deletes it, when it is another network."""
    try:
        weights = read_foreign(folder).weights
        if weights.card.scale != official.scale:
            raise UserError(f"{official.repository} holds a network of scale {weights.card.scale}")
    except UserError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    source = {"imported_from": official.address(hub, WEIGHTS), "digest": digest}
    training = json.dumps(json.loads(weights.card.training) | source)
    return replace(weights, card=replace(weights.card, license=LICENSE, training=training))
