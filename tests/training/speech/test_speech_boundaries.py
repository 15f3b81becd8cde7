"""Phone times moved to where the sound changes: the best path, its limits, and its learning."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from vasa_avatar.datatypes import F32
from vasa_avatar.training.speech.boundaries import (
    REACH_ROWS,
    TRUST_ROWS,
    BoundaryModel,
    best_bounds,
    load_boundaries,
    told_bounds,
    with_bounds,
)
from vasa_avatar.training.speech.phones import CLASSES, SILENCE, TimedPhone, class_rows


def phones_of(text: str, bounds: list[int]) -> list[TimedPhone]:
    """Phones that begin at rows."""
    spans = zip(text, pairwise(bounds), strict=True)
    return [TimedPhone(p, 160.0 * a, 160.0 * b, 0) for p, (a, b) in spans]


def scores_of(text: str, bounds: list[int], strength: float = 3.0) -> F32:
    """(T, 15) scores that know when each phone really begins."""
    out = np.zeros((bounds[-1], len(CLASSES)), np.float32)
    for phone in phones_of(text, bounds):
        out[int(phone.start / 160) : int(phone.end / 160), phone.viseme] = strength
    return out


def every_path(phones: list[TimedPhone], scores: F32) -> np.ndarray:
    """The plain way: all combinations of moves, the best one's bounds."""
    told = told_bounds(phones, len(scores))
    inner = len(told) - 2
    best, found = -np.inf, told
    for moves in np.ndindex(*(2 * REACH_ROWS + 1,) * inner):
        move = np.array(moves) - REACH_ROWS
        bounds = told.copy()
        bounds[1:-1] += move
        if (np.diff(bounds) < 1).any():
            continue
        total = -0.5 * float(((move / TRUST_ROWS) ** 2).sum())
        for phone, start, end in zip(phones, bounds[:-1], bounds[1:], strict=True):
            total += float(scores[start:end, phone.viseme].sum())
        if total > best:
            best, found = total, bounds
    return found


def test_bounds_move_to_where_the_scores_change() -> None:
    true = [0, 11, 18, 30]
    phones = phones_of("asa", [0, 10, 20, 30])
    assert best_bounds(phones, scores_of("asa", true)).tolist() == true


def test_the_best_path_equals_the_best_of_all() -> None:
    rng = np.random.default_rng(0)
    phones = phones_of("apasi", [0, 4, 7, 9, 14, 20])
    for _ in range(5):
        scores = rng.standard_normal((20, len(CLASSES))).astype(np.float32)
        np.testing.assert_array_equal(best_bounds(phones, scores), every_path(phones, scores))


def test_bounds_move_no_further_than_their_reach() -> None:
    phones = phones_of("asa", [0, 10, 20, 30])
    found = best_bounds(phones, scores_of("asa", [0, 18, 25, 30]))
    assert found.tolist() == [0, 10 + REACH_ROWS, 20 + REACH_ROWS, 30]


def test_bounds_of_pauses_stay() -> None:
    phones = phones_of("a s", [0, 10, 20, 30])
    assert phones[1].viseme == SILENCE
    assert best_bounds(phones, scores_of("a s", [0, 12, 18, 30])).tolist() == [0, 10, 20, 30]


def test_scores_without_an_opinion_move_nothing() -> None:
    phones = [TimedPhone("a", 0.0, 1230.0, 2), TimedPhone("s", 1230.0, 4000.0, 0)]
    flat = np.zeros((25, len(CLASSES)), np.float32)
    assert with_bounds(phones, best_bounds(phones, flat)) == phones


@pytest.mark.slow
def test_learns_when_phones_begin_from_coarse_times(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from vasa_avatar.training.speech.boundary_fit import ToldSpeech, fit_boundaries

    rng = np.random.default_rng(1)
    patterns = {p: 2 * rng.standard_normal(40).astype(np.float32) for p in "aius"}

    def utterance() -> tuple[list[TimedPhone], list[TimedPhone], F32]:
        text = "".join(rng.choice(list("aius"), 30))
        true = [0, *np.cumsum(rng.integers(7, 16, 30)).tolist()]
        told = [0, *(b + int(rng.integers(-3, 4)) for b in true[1:-1])]
        rows = np.repeat([patterns[p] for p in text], np.diff(true), axis=0)
        noisy = rows + 0.7 * rng.standard_normal(rows.shape).astype(np.float32)
        return phones_of(text, [*told, true[-1]]), phones_of(text, true), noisy

    told = [ToldSpeech.of(phones, rows) for phones, _, rows in (utterance() for _ in range(40))]
    fit_boundaries(told, 50, 0).save(tmp_path / "boundaries.npz")
    model = load_boundaries(tmp_path)
    assert isinstance(model, BoundaryModel)
    phones, true, rows = utterance()
    wanted = class_rows(true, len(rows))
    before = np.mean(class_rows(phones, len(rows)) != wanted)
    after = np.mean(class_rows(model.realigned(phones, rows), len(rows)) != wanted)
    assert after < 0.6 * before
    assert load_boundaries(tmp_path / "elsewhere") is None
