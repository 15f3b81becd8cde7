"""What the nets are told: distance of points, spread of maps, heat of centres, classes, flags."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from vasa_avatar.training.drawing.nets import soft_points

MAP_SPREAD = 1.2
"""cells"""


def point_loss(maps: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Smooth distance of the soft points and cross entropy with a Gaussian on each map.

    Args:
        maps: (B, P, H, W) logits
        wanted: (B, P, 2) in 0..1
        weight: (B, P)
    """
    points, _ = soft_points(maps)
    side = maps.shape[-1]
    off = functional.smooth_l1_loss(points * side, wanted * side, reduction="none", beta=0.5).sum(
        -1
    )
    grid = torch.arange(side, dtype=maps.dtype, device=maps.device) + 0.5
    x = torch.exp(-((grid - wanted[..., :1] * side) ** 2) / (2 * MAP_SPREAD**2))
    y = torch.exp(-((grid - wanted[..., 1:] * side) ** 2) / (2 * MAP_SPREAD**2))
    target = y[..., :, None] * x[..., None, :]
    total = target.sum((2, 3), keepdim=True)
    inside = (total > 0.5).float()
    target = target / total.clamp_min(0.5)
    entropy = -(target * functional.log_softmax(maps.flatten(2), -1).reshape(maps.shape)).sum(
        (2, 3)
    )
    loss = off + 0.3 * entropy * inside[..., 0, 0]
    return (loss * weight).sum() / weight.sum().clamp_min(1.0)


def heat_loss(logits: Tensor, heat: Tensor, known: Tensor) -> Tensor:
    """Focal loss of CornerNet (Law and Deng, 2018, eq. 1) with exponents 2 and 4.

    Args:
        logits: (B, H, W)
        heat: (B, H, W) 1 at centres, falling off around them
        known: (B, H, W) 0 where nobody may say
    """
    share = torch.sigmoid(logits)
    is_centre = (heat > 0.999).float()
    hit = is_centre * (1 - share) ** 2 * functional.logsigmoid(logits)
    miss = (1 - is_centre) * (1 - heat) ** 4 * share**2 * functional.logsigmoid(-logits)
    return -((hit + miss) * known).sum() / is_centre.sum().clamp_min(1.0)


def flag_loss(logits: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    """Cross entropy of yes or no, where it is known."""
    loss = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    return (loss * weight).sum() / weight.sum().clamp_min(1.0)
