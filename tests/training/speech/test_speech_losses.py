"""Losses of synthetic speech: what they ask for costs least."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from vasa_avatar.training.speech import losses as losses  # noqa: E402
from vasa_avatar.training.speech.model import DELAY_BLOCKS  # noqa: E402
from vasa_avatar.training.speech.phones import CLASSES  # noqa: E402
from vasa_avatar.training.speech.targets import N_ARTICULATORS  # noqa: E402

ROWS, BATCH = 200, 8


def outputs(seed: int) -> dict[int, torch.Tensor]:
    """Both heads of a batch."""
    torch.manual_seed(seed)
    width = len(CLASSES) + N_ARTICULATORS
    return {ms: torch.randn(BATCH, ROWS, width) for ms in DELAY_BLOCKS}


def test_a_telephone_that_changes_nothing_costs_nothing() -> None:
    said = outputs(1)
    for rows in said.values():
        rows[-losses.N_TELEPHONE :] = rows[: losses.N_TELEPHONE]
    assert losses.telephone_loss(said)[0].item() == 0.0
    said[80][-1, 50, len(CLASSES)] += 3.0
    assert losses.telephone_loss(said)[0].item() > 0.0


def test_a_telephone_moves_the_copy_not_the_first() -> None:
    said = {ms: rows.requires_grad_() for ms, rows in outputs(2).items()}
    losses.telephone_loss(said)[0].backward()
    for rows in said.values():
        assert rows.grad is not None
        assert not rows.grad[: losses.N_TELEPHONE].any()
        assert rows.grad[-losses.N_TELEPHONE :].any()


def test_a_lesson_is_followed_by_saying_the_same() -> None:
    lesson = outputs(3)
    same, other = losses.lesson_loss(lesson, lesson), losses.lesson_loss(outputs(4), lesson)
    assert same.item() < other.item()


def test_one_restless_row_costs_more_than_the_same_spread_out() -> None:
    wanted = torch.zeros(BATCH, ROWS, N_ARTICULATORS)
    one, spread = torch.full_like(wanted, -12.0), torch.full_like(wanted, -12.0)
    jaw = 0
    one[0, 100, jaw] = 0.0  # half open once
    spread[:, :, jaw] = torch.logit(torch.tensor(0.5 / (BATCH * ROWS)))
    assert losses.activity_loss(one, wanted) > 1.5 * losses.activity_loss(spread, wanted)
