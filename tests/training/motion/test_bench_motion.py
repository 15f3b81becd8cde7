"""The bench of motion: it tells what differs, does not tell what is alike, and counts blinks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vasa_avatar.training.motion.bench_motion import film_against_film
from vasa_avatar.training.motion.life_figures import blinks, life_figures
from vasa_avatar.training.motion.seen_take import COEFFICIENTS, SeenTake, smooth
from vasa_avatar.training.motion.window_figures import (
    STEP,
    WINDOW,
    area_left_out,
    figure_names,
    frechet_distance,
    gaps,
    window_figures,
)

SPEAKERS = [f"speaker{n}" for n in range(6)]


def take(seed: int, size: float = 1.0, seconds: float = 24.0) -> SeenTake:
    """A head that wanders: smoothed noise of a given size."""
    rng = np.random.default_rng(seed)
    length = int(25 * seconds)

    def wander(*shape: int) -> np.ndarray:
        noise = rng.standard_normal((length, *shape))
        kernel = np.hanning(9)
        flat = noise.reshape(length, -1)
        out = np.stack([np.convolve(c, kernel / kernel.sum(), "same") for c in flat.T], 1)
        return out.reshape(noise.shape)

    coefficients = {name: np.abs(0.2 * wander()) for name in COEFFICIENTS}
    return SeenTake(
        f"take{seed}", size * 4 * wander(3), 0.02 * wander(2), 5 * wander(2), coefficients,
        np.abs(0.03 * wander()), 20 * wander(), wander(),
    )  # fmt: skip


def figures(first_seed: int, size: float = 1.0) -> dict[str, np.ndarray]:
    return {name: window_figures(take(first_seed + n, size)) for n, name in enumerate(SPEAKERS)}


def test_windows_have_their_figures() -> None:
    rows = window_figures(take(0))
    assert rows.shape == ((24 * 25 - WINDOW) // STEP + 1, 47)
    assert len(figure_names()) == len(set(figure_names())) == 47
    assert np.isfinite(rows).all()
    assert window_figures(take(0, seconds=1.0)).shape == (0, 47)


@pytest.mark.parametrize("squares", [False, True])
def test_the_classifier_tells_what_differs_and_only_that(squares: bool) -> None:
    film = figures(0)
    assert 0.35 < area_left_out(film, figures(100), squares=squares) < 0.65
    assert area_left_out(film, figures(100, size=0.4), squares=squares) > 0.9


def test_film_in_our_place_is_chance_and_speakers_of_another_kind_are_not() -> None:
    film = {f"speaker{n}": take(n, 1.0 if n < 3 else 0.3, seconds=8.0) for n in range(6)}
    kinds = film_against_film(film, ["speaker0", "speaker1", "speaker2"])
    assert kinds["kept_out"]["area"]["mean"] > 0.9 > kinds["halves"]["area"]["mean"]
    assert kinds["halves"]["area"]["least"] < 0.5 < kinds["halves"]["area"]["most"]
    assert film_against_film(film, ["speaker0"])["kept_out"] is None


def test_squares_expose_sameness() -> None:
    film = {
        name: np.concatenate([window_figures(take(10 * n + k, 0.3 * 3**k)) for k in range(3)])
        for n, name in enumerate(SPEAKERS)
    }
    alike = {name: np.concatenate([window_figures(take(500 + 10 * n + k, 0.9)) for k in range(3)])
             for n, name in enumerate(SPEAKERS)}  # fmt: skip
    plain = area_left_out(film, alike, squares=False)
    assert area_left_out(film, alike, squares=True) > max(plain, 0.8)


def test_the_distance_grows_with_the_difference() -> None:
    film = np.concatenate(list(figures(0).values()))
    near = frechet_distance(film, np.concatenate(list(figures(100).values())))
    far = frechet_distance(film, np.concatenate(list(figures(100, 0.4).values())))
    assert frechet_distance(film, film) == pytest.approx(0.0, abs=1e-6)
    assert near < 0.3 * far
    mean, spread = gaps(film, film)
    assert np.allclose(mean, 0.0, atol=1e-3) and np.allclose(spread, 1.0, atol=1e-3)


def test_blinks_are_counted_once_each() -> None:
    lids = np.full(250, 0.1)
    for start in (20, 90, 200):
        lids[start : start + 4] = (0.6, 0.9, 0.9, 0.6)
    assert blinks(lids) == 3
    lids[:5] = 0.9
    assert blinks(lids) == 3, "one that was under way is another take's"
    assert blinks(np.full(250, 0.3)) == 0
    assert blinks(np.maximum(lids, 0.5)) == 3, "over lids that hang"
    whole = replace(take(0, seconds=10.0), coefficients=take(0).coefficients | {"lids": lids})
    assert life_figures(whole)["blinks_per_min"] == pytest.approx(18.0)


def test_a_still_head_has_no_speed_and_jitter_is_seen() -> None:
    still = replace(take(0), rotation_deg=np.zeros((600, 3)))
    assert life_figures(still)["head_deg_per_frame"] == 0.0
    rng = np.random.default_rng(0)
    shaking = replace(take(0), rotation_deg=rng.normal(0, 0.5, (600, 3)))
    assert life_figures(shaking)["jitter_deg"] > 0.2


def test_smoothing_keeps_level_and_place() -> None:
    values = np.zeros((9, 2))
    values[4] = 1.0
    out = smooth(values)
    assert out.sum() == pytest.approx(2.0)
    assert np.argmax(out[:, 0]) == 4
