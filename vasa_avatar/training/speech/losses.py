"""What synthetic speech teaches the network: classes, articulators, rest, and telephones."""

from __future__ import annotations

import torch
from torch import Tensor

from vasa_avatar.training.speech.model import aligned
from vasa_avatar.training.speech.phones import CLASSES
from vasa_avatar.training.speech.targets import CLOSURE, TUCK

N_TELEPHONE = 4
"""how many of a batch's first crops come a second time, last and through a telephone"""
TELEPHONE_WEIGHT = 150.0
WORST_OF = 100
"""of so many rows the most restless one counts once more"""


def activity_loss(said: Tensor, wanted: Tensor) -> Tensor:
    """How far articulators are from where they should be.

    Squared error; closures and tucks count as events, missed ones more than false ones; whatever
    moves at rest counts linearly, so that rest is rest.

    Args:
        said: (B, T, 9) before the sigmoid.
        wanted: (B, T, 9) activities.
    """
    activity = torch.sigmoid(said)
    error = 12 * (activity - wanted).square().mean()
    events = [CLOSURE, TUCK]
    weight = 1 + 2 * wanted[..., events]
    missed = torch.nn.functional.binary_cross_entropy_with_logits(
        said[..., events], wanted[..., events], weight=weight
    )
    rest = (wanted.amax(dim=2) < 0.02).float()
    unrest = (activity.mean(dim=2) * rest).flatten()
    restless = unrest.sum() / rest.sum().clamp(min=1)
    worst = unrest.topk(max(1, len(unrest) // WORST_OF)).values.mean()
    return error + 0.5 * missed + 4 * restless + 0.5 * worst


def synthetic_loss(
    outputs: dict[int, Tensor], classes: Tensor, activities: Tensor
) -> tuple[Tensor, dict[str, float]]:
    """Cross entropy of the classes plus the articulators' error, over both heads."""
    total = torch.zeros(())
    figures: dict[str, float] = {}
    for ms in outputs:
        rows, count = aligned(outputs, ms)
        entropy = torch.nn.functional.cross_entropy(
            rows[..., : len(CLASSES)].transpose(1, 2), classes[:, :count], label_smoothing=0.03
        )
        error = activity_loss(rows[..., len(CLASSES) :], activities[:, :count])
        total = total + entropy + 2 * error
        figures[f"ce{ms}"], figures[f"act{ms}"] = float(entropy.detach()), float(error.detach())
    return total, figures


def lesson_loss(outputs: dict[int, Tensor], taught: dict[int, Tensor]) -> Tensor:
    """Cross entropy of the classes against what another network says of the same crops."""
    total = torch.zeros(())
    for ms in outputs:
        said, _ = aligned(outputs, ms)
        lesson, _ = aligned(taught, ms)
        wanted = torch.softmax(lesson[..., : len(CLASSES)], dim=2)
        total = total + torch.nn.functional.cross_entropy(
            said[..., : len(CLASSES)].transpose(1, 2), wanted.transpose(1, 2)
        )
    return total


def telephone_loss(outputs: dict[int, Tensor]) -> tuple[Tensor, dict[str, float]]:
    """How far the first N_TELEPHONE crops' articulators move when sound comes by telephone.

    Args:
        outputs: of a batch whose first N_TELEPHONE crops come again, last and by telephone.
    """
    total = torch.zeros(())
    for rows in outputs.values():
        activity = torch.sigmoid(rows[..., len(CLASSES) :])
        error = activity[-N_TELEPHONE:] - activity[:N_TELEPHONE].detach()
        total = total + TELEPHONE_WEIGHT * error.square().mean()
    return total, {"phone": float(total.detach())}
