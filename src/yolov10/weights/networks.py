"""Between weights on disk and torch networks: `load`, `save`, `import_checkpoint`."""

import os
from pathlib import Path

import torch

from yolov10.network.model import YOLOv10
from yolov10.weights.foreign import read_foreign
from yolov10.weights.native import Weights, is_native, read_native, write_native


def load(path: str | os.PathLike[str]) -> YOLOv10:
    """The network of a native file, float32, in eval mode. Raises UserError naming the file."""
    return to_network(read_native(path))


def import_checkpoint(path: str | os.PathLike[str]) -> YOLOv10:
    """The network of a foreign checkpoint (`.pt`, Hugging Face folder), float32, in eval mode.

    The file is read, never executed. Raises UserError naming the file and why it was refused.
    """
    return to_network(read_foreign(path).weights)


def open_network(path: str | os.PathLike[str]) -> YOLOv10:
    """The network of a native file or a foreign checkpoint, whichever it is."""
    return load(path) if is_native(path) else import_checkpoint(path)


def save(network: YOLOv10, path: str | os.PathLike[str]) -> Path:
    """Write a network as a native file, its tensors' types as they are; returns the path."""
    return write_native(path, to_weights(network))


def to_network(weights: Weights) -> YOLOv10:
    """The torch network that weights describe, float32 on the CPU, in eval mode."""
    with torch.device("meta"):  # no memory and no time spent on initial values
        network = YOLOv10(weights.card).eval()
        if not weights.one2many:
            network.drop_one2many()
        if weights.fused:
            network.fuse()
    state = {name: torch.from_numpy(tensor) for name, tensor in weights.tensors.items()}
    state = {name: t.float() if t.is_floating_point() else t for name, t in state.items()}
    network.load_state_dict(state, assign=True)
    return network


def to_weights(network: YOLOv10) -> Weights:
    """A torch network's entries as NumPy arrays, with its card. bfloat16, which NumPy lacks, as float32."""
    state = {name: tensor.detach().cpu() for name, tensor in network.state_dict().items()}
    tensors = {
        name: (t.float() if t.dtype == torch.bfloat16 else t).contiguous().numpy()
        for name, t in state.items()
    }
    return Weights(tensors, network.card, fused=network.fused, one2many=network.head.cv2 is not None)
