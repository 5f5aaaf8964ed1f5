"""The fused network rearranged for a CPU: the same rows in less time (docs/performance.md).

Maps lie channels last, which oneDNN's convolutions prefer; a convolution and its SiLU are one kernel; the
neck's pointwise convolutions come before its maps are joined; boxes are computed for the best anchors alone.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from yolov10.architecture import MAX_DETECTIONS
from yolov10.network.head import anchor_points
from yolov10.network.model import YOLOv10
from yolov10.runtimes.torch_joint import join_late
from yolov10.runtimes.torch_kernels import merge_kernels
from yolov10.runtimes.torch_patches import bins_of_patches


def rearrange(network: YOLOv10) -> YOLOv10:
    """Change a fused network on the CPU in place, once it has its type; `detect_fast` then runs it."""
    join_late(network)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    merge_kernels(network)
    return network


def detect_fast(network: YOLOv10, images: Tensor, classes: Sequence[int] | None = None) -> Tensor:
    """As `YOLOv10.detect`, for at least one class; the best are chosen by their logits, then decoded.

    images [B, 3, H, W] → [B, min(300, A), 6].
    """
    features = network.features(images.contiguous(memory_format=torch.channels_last))
    head = network.head
    logits = _by_anchor([branch(x) for branch, x in zip(head.one2one_cv3, features, strict=True)]).float()
    labels = torch.arange(logits.shape[2]) if classes is None else torch.tensor(classes, dtype=torch.long)
    if classes is not None:
        logits = logits[..., labels]
    k = min(MAX_DETECTIONS, logits.shape[1])
    anchors = logits.amax(dim=2).topk(k).indices  # [B, k]
    best, pairs = _of_anchors(logits, anchors).flatten(1).topk(k)
    kept = anchors.gather(1, pairs // len(labels))
    distances = head.dfl(_bins_of(head.one2one_cv2, features, kept).float().transpose(1, 2))  # [B, 4, k]
    centres, strides = anchor_points(features)
    centre = centres[:, kept].transpose(0, 1)  # [B, 2, k]
    corners = [centre - distances[:, :2], centre + distances[:, 2:]]
    boxes = torch.cat(corners, dim=1) * strides[kept][:, None]
    found = labels[pairs % len(labels)].to(boxes.dtype)
    return torch.cat([boxes, best.sigmoid()[:, None], found[:, None]], dim=1).transpose(1, 2)


def _bins_of(branches: nn.ModuleList, features: Sequence[Tensor], kept: Tensor) -> Tensor:
    """Bins of anchors [B, k] → [B, k, 64]; on P3, with three quarters of all, only theirs are computed."""
    fine = features[0].shape[2] * features[0].shape[3]
    is_fine = kept < fine
    assert isinstance(branches[0], nn.Sequential)
    on_fine = bins_of_patches(branches[0], features[0], kept.where(is_fine, 0))
    coarser = _by_anchor([branch(x) for branch, x in zip(branches[1:], features[1:], strict=True)])
    return on_fine.where(is_fine[..., None], _of_anchors(coarser, (kept - fine).clamp(min=0)))


def _by_anchor(levels: Sequence[Tensor]) -> Tensor:
    """Raw maps [B, C, h, w] of all levels as [B, A, C], which is how they lie in memory."""
    return torch.cat([level.permute(0, 2, 3, 1).flatten(1, 2) for level in levels], dim=1)


def _of_anchors(values: Tensor, anchors: Tensor) -> Tensor:
    """Values [B, A, C] of anchors [B, k] → [B, k, C]."""
    return values.gather(1, anchors[..., None].expand(-1, -1, values.shape[2]))
