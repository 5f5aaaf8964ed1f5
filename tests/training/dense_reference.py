"""The loss written densely, straight from the specification: oracle of the tests, baseline of the benchmark.

Every ground truth meets every anchor ([B, G, A]), every anchor has a target for every class ([B, A, nc]).
It shares no code with the package.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy


def dense_loss(maps, targets, num_classes, box=7.5, cls=0.5, dfl=1.5):
    """Total and the six items of a batch, as `DualAssignmentLoss` gives them (spec 4.2)."""
    gains = torch.tensor([box, cls, dfl])
    items = torch.cat(
        [
            gains * dense_head_loss(maps["one2many"], targets, num_classes, topk=10),
            gains * dense_head_loss(maps["one2one"], targets, num_classes, topk=1),
        ]
    )
    return items.sum() * len(maps["one2many"][0]), items.detach()


def dense_head_loss(maps, targets, num_classes, topk) -> Tensor:
    """Box, class and DFL loss of one head, before the gains (spec 4.2)."""
    height, width = maps[0].shape[2] * 8, maps[0].shape[3] * 8
    centres, strides = anchors(maps)
    flat = torch.cat([level.flatten(2) for level in maps], 2)
    bins = flat[:, :64].permute(0, 2, 1).unflatten(2, (4, 16)).contiguous()  # [B, A, 4, 16]
    logits = flat[:, 64:].permute(0, 2, 1).contiguous()  # [B, A, nc]
    distance = bins.softmax(3) @ torch.arange(16.0, dtype=bins.dtype)
    predicted = torch.cat([centres - distance[..., :2], centres + distance[..., 2:]], 2)

    classes, boxes, valid = padded(targets, len(flat), height, width)
    target_box, target_score, foreground = dense_assign(
        logits.detach().sigmoid(),
        predicted.detach() * strides,
        centres * strides,
        classes,
        boxes,
        valid,
        topk,
    )
    normaliser = target_score.sum().clamp(min=1)
    loss_cls = binary_cross_entropy_with_logits(logits, target_score, reduction="sum")
    weight = target_score.sum(2)[foreground]
    target = (target_box / strides)[foreground]
    loss_box = (weight * (1 - dense_ciou(predicted[foreground], target))).sum()
    centre = centres.expand(len(flat), -1, -1)[foreground]
    sides = torch.cat([centre - target[:, :2], target[:, 2:] - centre], 1).clamp(0, 14.99)
    loss_dfl = (weight * dense_dfl(bins[foreground], sides)).sum()
    return torch.stack([loss_box, loss_cls, loss_dfl]) / normaliser


def dense_assign(scores, predicted, centres, classes, boxes, valid, topk):
    """Target box [B, A, 4] in pixels, target score [B, A, nc], foreground [B, A] (spec 4.3, step by step).

    scores [B, A, nc]; predicted [B, A, 4], centres [A, 2], boxes [B, G, 4] in pixels; classes, valid [B, G].
    """
    if boxes.shape[1] == 0:
        return torch.zeros_like(predicted), torch.zeros_like(scores), torch.zeros(predicted.shape[:2]) > 0
    # 1. the anchors strictly inside each ground truth
    corners = boxes[:, :, None]
    margins = torch.cat([centres - corners[..., :2], corners[..., 2:] - centres], 3)
    inside = (margins.amin(3) > 1e-9) & valid[..., None]
    # 2. the metric
    index = classes[..., None].expand(-1, -1, scores.shape[1])
    p = scores.permute(0, 2, 1).gather(1, index) * inside
    u = dense_ciou(corners, predicted[:, None]).clamp(min=0) * inside
    metric = p**0.5 * u**6
    # 3. the best anchors of each ground truth; the specification leaves the choice among equal metrics open,
    # and nearly always zeros outside the box fill up what positive metrics leave: here they always do
    chosen = metric.topk(min(topk, metric.shape[2]), 2).indices
    selected = torch.zeros_like(inside).scatter_(2, chosen, True) & inside & (metric > 0)
    # 4. a contested anchor goes to the ground truth that overlaps its prediction most, selected or not
    contested = selected.sum(1, keepdim=True) > 1
    winner = torch.zeros_like(inside).scatter_(1, u.argmax(1, keepdim=True), True)
    assigned = torch.where(contested, winner, selected)
    # 5. class and box
    foreground = assigned.any(1)
    owner = assigned.int().argmax(1)
    target_box = boxes.gather(1, owner[..., None].expand(-1, -1, 4))
    target_class = classes.gather(1, owner)
    # 6. the best anchor of each ground truth is worth its overlap
    metric, u = metric * assigned, u * assigned
    value = (metric * u.amax(2, keepdim=True) / (metric.amax(2, keepdim=True) + 1e-9)).amax(1)
    return (
        target_box,
        torch.zeros_like(scores).scatter_(2, target_class[..., None], value[..., None]),
        foreground,
    )


def dense_ciou(first: Tensor, second: Tensor) -> Tensor:
    """Complete IoU of xyxy boxes that broadcast against each other (spec 4.2, CIoU details)."""
    x1, y1, x2, y2 = first.unbind(-1)
    a1, b1, a2, b2 = second.unbind(-1)
    w1, h1, w2, h2 = x2 - x1, y2 - y1 + 1e-7, a2 - a1, b2 - b1 + 1e-7
    shared = (x2.minimum(a2) - x1.maximum(a1)).clamp(0) * (y2.minimum(b2) - y1.maximum(b1)).clamp(0)
    iou = shared / (w1 * h1 + w2 * h2 - shared + 1e-7)
    diagonal = (x2.maximum(a2) - x1.minimum(a1)) ** 2 + (y2.maximum(b2) - y1.minimum(b1)) ** 2 + 1e-7
    distance = ((x1 + x2 - a1 - a2) ** 2 + (y1 + y2 - b1 - b2) ** 2) / 4
    v = 4 / math.pi**2 * (torch.atan(w2 / h2) - torch.atan(w1 / h1)) ** 2
    alpha = (v / (v - iou + 1 + 1e-7)).detach()
    return iou - distance / diagonal - alpha * v


def dense_dfl(bins: Tensor, distance: Tensor) -> Tensor:
    """Distribution focal loss [n] of bins [n, 4, 16] and distances [n, 4] in 0..14.99 (spec 4.2)."""
    low = distance.long()
    flat = bins.flatten(0, 1)
    at_low = cross_entropy(flat, low.flatten(), reduction="none").view_as(distance)
    at_high = cross_entropy(flat, low.flatten() + 1, reduction="none").view_as(distance)
    return ((low + 1 - distance) * at_low + (distance - low) * at_high).mean(1)


def anchors(maps) -> tuple[Tensor, Tensor]:
    """Centres [A, 2] in cells and strides [A, 1] in pixels, level by level, row-major (spec 3.3)."""
    centres, strides = [], []
    for level, stride in zip(maps, (8, 16, 32), strict=False):
        height, width = level.shape[2:]
        y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
        centres.append(torch.stack([x.flatten(), y.flatten()], 1))
        strides.append(torch.full((height * width, 1), float(stride)))
    return torch.cat(centres).to(maps[0].dtype), torch.cat(strides).to(maps[0].dtype)


def padded(targets, batch, height, width) -> tuple[Tensor, Tensor, Tensor]:
    """Classes [B, G], boxes [B, G, 4] xyxy in pixels, validity [B, G]; G of the fullest image (spec 4.1)."""
    rows = [targets[targets[:, 0] == image] for image in range(batch)]
    fullest = max(len(row) for row in rows)
    classes, boxes = torch.zeros(batch, fullest).long(), torch.zeros(batch, fullest, 4, dtype=targets.dtype)
    for image, row in enumerate(rows):
        centre, half = row[:, 2:4], row[:, 4:6] / 2
        size = torch.tensor([width, height, width, height])
        classes[image, : len(row)] = row[:, 1].long()
        boxes[image, : len(row)] = torch.cat([centre - half, centre + half], 1) * size
    return classes, boxes, boxes.sum(2) > 0
