"""The simulation agrees with what was measured, and with what can be computed without it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from vasa_avatar.sizing import (
    MOST_LATE_MS,
    Box,
    SessionCost,
    blocking,
    load_costs,
    plan_cluster,
    seats_of,
    simulate_box,
)
from vasa_avatar.sizing.capacity import is_well

BENCH = Box(cores=2, workers=2, has_clients=True)
PLAIN = SessionCost(0.1, 0.1, 1.0, 1.0, 0.0, 50.0, 2.0, 40.0, 350.0)
"""all of a frame under the lock, before its sound"""


def test_what_passed_on_two_cores_passes() -> None:
    """`bench_server.py --workers 2`: 8 faces as JPEG and 40 as motion, all talking at once."""
    for kind, sessions in (("pictures", 8), ("motion", 40)):
        load = simulate_box(BENCH, load_costs(kind), sessions)
        assert is_well(load), load
        assert 1.0 < load.cores_busy < 2.0


def test_twice_as_many_motion_and_half_as_many_pictures_again_do_not() -> None:
    for kind, sessions in (("pictures", 12), ("motion", 80)):
        assert not is_well(simulate_box(BENCH, load_costs(kind), sessions))


def test_cores_are_as_busy_as_sessions_cost() -> None:
    load = simulate_box(Box(4, 4), PLAIN, 20, seconds=40.0)
    assert load.cores_busy == pytest.approx(20 * 0.1, rel=0.03)
    half = simulate_box(Box(4, 4), replace(PLAIN, silent_share=0.0), 200, talk_share=0.1)
    assert half.cores_busy == pytest.approx(200 * 0.1 * 0.1, rel=0.15)


def test_one_process_does_no_more_than_one_core_under_its_lock() -> None:
    assert is_well(simulate_box(Box(4, 4), PLAIN, 24))
    assert not is_well(simulate_box(Box(4, 1), PLAIN, 12))
    assert is_well(simulate_box(Box(4, 1), replace(PLAIN, locked_share=0.3), 12))


def test_alone_a_frame_takes_its_own_time() -> None:
    load = simulate_box(Box(1, 1), PLAIN, 1)
    assert 4.0 < load.p99_late_ms < 12.0, "4 ms on average"
    assert load.pictures == 1.0


def test_pictures_go_before_sound_is_late() -> None:
    cost = replace(PLAIN, sound_share=0.1)
    load = simulate_box(Box(2, 2), cost, 26)
    assert load.pictures < 0.9
    assert load.most_late_ms < MOST_LATE_MS


def test_seats_are_the_most_that_are_well() -> None:
    box = Box(2, 2)
    seats = seats_of(box, PLAIN)
    assert 10 <= seats <= 20
    assert not is_well(simulate_box(box, PLAIN, seats + 3, seconds=12.0))
    assert seats_of(box, PLAIN, 0.3) >= seats


def test_erlangs_formula() -> None:
    assert blocking(1, 1.0) == pytest.approx(0.5)
    assert blocking(2, 1.0) == pytest.approx(0.2)
    direct = (20.0**30 / math.factorial(30)) / sum(20.0**k / math.factorial(k) for k in range(31))
    assert blocking(30, 20.0) == pytest.approx(direct)
    assert blocking(5, 0.0) == 0.0


def test_a_cluster_for_a_million() -> None:
    cost = load_costs("motion")
    small, large = (plan_cluster(n, 400, 16, cost, 0.5) for n in (1_000, 1_000_000))
    assert small.blocked <= 0.001 and large.blocked <= 0.001
    assert large.seats < 1_000_000 * 1.02, "many together need little room to spare"
    assert small.seats >= 1_000 * 1.05
    assert large.boxes > large.seats / 400, "some stand by"
    assert large.gbit_per_s == pytest.approx(1e6 * (50.4 + 2.4) / 2 * 8e-6)
    with pytest.raises(ValueError, match="seats_per_box is 0"):
        plan_cluster(10, 0, 1, cost, 0.5)
