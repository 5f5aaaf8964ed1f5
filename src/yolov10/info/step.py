"""One step inside a row: what it gives, and what it costs."""

from dataclasses import dataclass
from math import prod

from yolov10.architecture import REG_MAX, STRIDES
from yolov10.convolutions import Convolution

VIEWS = ("split", "decode")
"""Kinds of step that write no map: a split is a view; decoding comes after the maps."""


@dataclass(frozen=True)
class Step:
    """One step inside a row."""

    name: str
    """Published name below the row of what has weights; else what it does."""
    kind: str
    """conv, split, add, concat, pool, upsample, scores, softmax, values or decode."""
    reads: tuple[int, ...]
    """Positions of the steps it reads; -1, -2, … are the row's inputs."""
    channels: int
    stride: int
    """Input pixels of the network between two of its output cells; of decode, on the finest level."""
    kernel: int = 1
    step_stride: int = 1
    """Cells of what it reads between two of its own."""
    convolution: Convolution | None = None
    activation: bool = False
    """Whether SiLU ends it."""

    def shape(self, height: int, width: int) -> tuple[int, ...]:
        """Shape of what it gives for a height×width picture, without the batch."""
        cells = (height // self.stride, width // self.stride)
        match self.kind:
            case "scores" | "softmax":
                return (self.channels, prod(cells), prod(cells))
            case "decode":
                return (self.channels, sum((height // s) * (width // s) for s in STRIDES))
        return (self.channels, *cells)

    def elements(self, height: int, width: int, *, fused: bool) -> int:
        """Numbers it writes: none if what it gives is a view.

        Until it is folded, batch-norm writes a map of its own; SiLU works in place.
        """
        if self.kind in VIEWS:
            return 0
        maps = 2 if self.convolution and self.convolution.norm and not fused else 1
        return maps * prod(self.shape(height, width))

    @property
    def weights(self) -> int:
        """Kernel entries; of decode, the frozen bins of the DFL."""
        if self.kind == "decode":
            return REG_MAX
        return prod(self.convolution.weight_shape) if self.convolution else 0

    def parameters(self, *, fused: bool) -> int:
        """Kernel, and batch-norm's two parameters a channel or the bias."""
        if self.convolution is None:
            return self.weights
        per_channel = 2 if self.convolution.norm and not fused else 1
        return self.weights + per_channel * self.channels

    def macs(self, height: int, width: int) -> int:
        """Multiply–accumulates of its convolution, as the paper counts them."""
        if self.kind == "decode":
            return 4 * REG_MAX * self.shape(height, width)[1]
        cells = (height // self.stride) * (width // self.stride)
        return self.weights * cells if self.convolution else 0
