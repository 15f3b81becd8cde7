"""What a picture may cost: believed soon, moved little by one hiccup, tried again after a pause."""

from __future__ import annotations

import pytest

from vasa_avatar.session.render_budget import RenderBudget

PERIOD_S = 0.04


def _after(*costs_s: float) -> RenderBudget:
    budget = RenderBudget()
    for cost_s in costs_s:
        budget.drawn(cost_s)
    return budget


def test_a_change_of_pace_is_believed_within_ten_pictures() -> None:
    budget = _after(*[0.005] * 20, *[0.060] * 10)
    assert budget.usual_s == pytest.approx(0.060, rel=0.12)
    assert not budget.is_in_time(PERIOD_S)
    for _ in range(12):
        budget.drawn(0.005)
    assert budget.is_in_time(0.010)


def test_the_first_picture_takes_the_place_of_the_guess() -> None:
    assert RenderBudget().usual_s == pytest.approx(0.005)
    assert _after(0.08).usual_s == pytest.approx(0.08)
    assert _after(30.0).usual_s == pytest.approx(0.3), "a first one that compiled is no measure"


def test_one_slow_picture_costs_none_of_those_after_it() -> None:
    assert _after(*[0.010] * 20, 0.050).is_in_time(PERIOD_S)


def test_a_picture_that_stood_still_costs_a_few_only() -> None:
    budget = _after(*[0.005] * 20, 30.0)
    skipped = 0
    while not budget.is_in_time(PERIOD_S):
        budget.skipped()
        skipped += 1
    assert skipped <= 25


def test_drawing_is_tried_again_within_four_seconds_however_slow_it_was() -> None:
    budget = _after(*[30.0] * 100)
    for _ in range(100):
        budget.skipped()
    assert budget.is_in_time(PERIOD_S)


def test_where_every_other_picture_is_drawn_the_estimate_is_close() -> None:
    budget = RenderBudget()
    for _ in range(100):
        budget.drawn(0.08)
        budget.skipped()
    assert budget.usual_s == pytest.approx(0.08, rel=0.1)


def test_a_renderer_at_half_the_pace_draws_half_of_the_pictures() -> None:
    """It costs 80 ms and frames come every 40, with 120 ms in hand at first."""
    budget, left_s, drawn = RenderBudget(), 0.12, []
    for _ in range(400):
        is_drawn = budget.is_in_time(left_s)
        drawn.append(is_drawn)
        if is_drawn:
            budget.drawn(0.08)
            left_s -= 0.08
        else:
            budget.skipped()
        left_s = min(left_s + PERIOD_S, 0.12)
        assert left_s > -0.08
    assert sum(drawn[100:]) / 300 == pytest.approx(0.5, abs=0.05)
