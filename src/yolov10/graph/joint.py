"""Where the neck joins a coarse map to a fine one, in the cheaper order.

A pointwise convolution of joined maps is the sum of one of each; and that of the coarse map gives the same
before it is upsampled as behind, for a quarter of the work. So both wait for the convolution that reads them.
"""

from dataclasses import dataclass

from yolov10.graph import blocks
from yolov10.graph.graph import Graph, Value


class Upsampled(Value):
    """The name of a map that is yet to be upsampled."""


@dataclass(frozen=True)
class Joint:
    """A map [B, coarse_channels, H / 2, W / 2], to be upsampled and joined to `fine` [B, C, H, W]."""

    coarse: Value
    coarse_channels: int
    fine: Value


def conv_of_joint(graph: Graph, name: str, joint: Joint) -> Value:
    """The pointwise Conv unit `name` over a joint."""
    kernel = graph.weights[f"{name}.conv.weight"]
    of_coarse, of_fine = kernel[:, : joint.coarse_channels], kernel[:, joint.coarse_channels :]
    graph.weights = {
        **graph.weights,
        f"{name}.coarse.weight": of_coarse,
        f"{name}.fine.weight": of_fine,
        f"{name}.fine.bias": graph.weights[f"{name}.conv.bias"],
    }
    coarse = blocks.convolution(graph, f"{name}.coarse", joint.coarse)
    fine = blocks.convolution(graph, f"{name}.fine", joint.fine)
    raised = blocks.upsample(graph, f"{name}.upsampled", coarse)
    return blocks.silu(graph, name, graph.add("Add", [fine, raised], f"{name}.sum"))
