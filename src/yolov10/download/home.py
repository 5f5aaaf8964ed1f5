"""Where the official weights are and what is known of them: the one place to change when they move.

Repositories, files and tensor bytes are those of spec 8.3. The specification states no digest: as long as
`sha256` is None, a file is held against the digest that the home itself announces (or the user gives), which
finds what was damaged on the way, not what was changed at the home.
"""

from dataclasses import dataclass

from yolov10.errors import WrongValueError, did_you_mean

HUB = "https://huggingface.co"
"""The hub of Hugging Face, whose public interface `announced` and `address` follow."""

LICENSE = "AGPL-3.0"
LICENSE_TEXT = "https://www.gnu.org/licenses/agpl-3.0.html"

WEIGHTS, CONFIG = "model.safetensors", "config.json"
"""The two files that are fetched of a repository."""
MOST_CONFIG_BYTES = 1_000_000
HEADER_BYTES = 1_000_000
"""Room for the header of a safetensors file; real ones take a tenth."""


@dataclass(frozen=True)
class Official:
    """One scale's weights: FP32, unfused, both heads (spec 8.3)."""

    name: str
    scale: str
    repository: str
    tensor_bytes: int
    """Bytes of the tensors in WEIGHTS, without its header."""
    revision: str = "main"
    sha256: str | None = None
    """Of WEIGHTS at that revision, hexadecimal."""

    def address(self, hub: str, file: str) -> str:
        """Where a file of the repository is, on the hub or a mirror of it."""
        return f"{hub.rstrip('/')}/{self.repository}/resolve/{self.revision}/{file}"


MODELS = {
    model.name: model
    for model in (
        Official("yolov10n", "n", "jameslahm/yolov10n", 11_185_656),
        Official("yolov10s", "s", "jameslahm/yolov10s", 32_683_096),
        Official("yolov10m", "m", "jameslahm/yolov10m", 66_578_056),
        Official("yolov10b", "b", "jameslahm/yolov10b", 82_617_592),
        Official("yolov10l", "l", "jameslahm/yolov10l", 103_947_768),
        Official("yolov10x", "x", "jameslahm/yolov10x", 127_803_720),
    )
}


def find_official(name: str) -> Official:
    """The model of a name. Raises WrongValueError naming the nearest."""
    if name not in MODELS:
        near = did_you_mean(name, MODELS)
        raise WrongValueError(f"no official weights {name!r}{near} ({', '.join(MODELS)})")
    return MODELS[name]
