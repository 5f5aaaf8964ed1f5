"""How far a predicted box is from its ground truth: complete IoU, and distribution focal loss of its sides.

Boxes are xyxy [..., 4]. A predicted box is four distributions over 16 bins, the distances from the anchor to
its left, top, right and bottom side in cells of the anchor's level.
"""

import math

import torch
from torch import Tensor

from yolov10.architecture import REG_MAX

EPSILON = 1e-7


def iou(boxes: Tensor, others: Tensor) -> Tensor:
    """Intersection over union [...] of boxes that broadcast against each other (spec 4.2)."""
    width = torch.minimum(boxes[..., 2], others[..., 2]) - torch.maximum(boxes[..., 0], others[..., 0])
    height = torch.minimum(boxes[..., 3], others[..., 3]) - torch.maximum(boxes[..., 1], others[..., 1])
    shared = width.clamp(min=0) * height.clamp(min=0)
    (width, height), (other_width, other_height) = size(boxes), size(others)
    return shared / (width * height + other_width * other_height - shared + EPSILON)


def ciou(boxes: Tensor, others: Tensor) -> Tensor:
    """Complete IoU [...]: IoU less what the centres and the aspect ratios differ by (spec 4.2).

    The weight of the aspect term is a constant to the gradient.
    """
    overlap = iou(boxes, others)
    distance, aspect = centre_distance(boxes, others), aspect_difference(boxes, others)
    with torch.no_grad():
        weight = aspect / (aspect - overlap + (1 + EPSILON))
    return overlap - distance - weight * aspect


def centre_distance(boxes: Tensor, others: Tensor) -> Tensor:
    """Squared distance [...] of the centres in units of the enclosing box's squared diagonal (ρ²/c²)."""
    left, top, right, bottom = boxes.unbind(-1)
    other_left, other_top, other_right, other_bottom = others.unbind(-1)
    across, along = left + right - other_left - other_right, top + bottom - other_top - other_bottom
    width = torch.maximum(right, other_right) - torch.minimum(left, other_left)
    height = torch.maximum(bottom, other_bottom) - torch.minimum(top, other_top)
    return (across.square() + along.square()) / 4 / (width.square() + height.square() + EPSILON)


def aspect_difference(boxes: Tensor, others: Tensor) -> Tensor:
    """Squared angle [...] between the diagonals, in units of a right angle (v).

    The formula's atan(a) − atan(b) is written atan((a − b) / (1 + a·b)): one arc tangent instead of two.
    """
    (width, height), (other_width, other_height) = size(boxes), size(others)
    slope = (other_width * height - width * other_height) / (height * other_height + width * other_width)
    return (2 / math.pi * slope.atan()).square()


def size(boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Width and height [...], the height a little larger than it is, so that it can divide."""
    left, top, right, bottom = boxes.unbind(-1)
    return right - left, bottom - top + EPSILON


def distribution_focal_loss(bins: Tensor, distances: Tensor) -> Tensor:
    """Cross entropy [n] to the two bins next to each distance, averaged over the four sides (spec 4.2).

    bins [n, 4, 16] logits; distances [n, 4] in cells.
    """
    distances = distances.clamp(0, REG_MAX - 1 - 0.01)
    low = distances.floor()
    likelihood = bins.log_softmax(-1)
    at_low = likelihood.gather(-1, low.long().unsqueeze(-1)).squeeze(-1)
    at_high = likelihood.gather(-1, low.long().unsqueeze(-1) + 1).squeeze(-1)
    return -torch.lerp(at_low, at_high, distances - low).mean(-1)


def expected_distances(bins: Tensor) -> Tensor:
    """The mean [..., 4] in cells of each side's distribution, given as logits [..., 4, 16] (spec 3.3)."""
    return bins.softmax(-1) @ torch.arange(REG_MAX, device=bins.device, dtype=bins.dtype)


def distances_to_sides(centres: Tensor, boxes: Tensor) -> Tensor:
    """Distances [n, 4] from anchor centres [n, 2] to the sides of boxes [n, 4], negative outside."""
    return torch.cat([centres - boxes[:, :2], boxes[:, 2:] - centres], 1)


def boxes_around(centres: Tensor, distances: Tensor) -> Tensor:
    """Boxes [n, 4] whose sides are at distances [n, 4] from anchor centres [n, 2]."""
    return torch.cat([centres - distances[:, :2], centres + distances[:, 2:]], 1)
