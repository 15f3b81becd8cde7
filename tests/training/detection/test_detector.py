"""The baseline detector: what its clues see, and that it learns nothing from nothing."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from vasa_avatar.training.detection.clues import at_25_fps, evened, lip_clues, still_clues
from vasa_avatar.training.detection.logistic import area, fit, load_detector
from vasa_avatar.training.detection.train_detector import (
    FILMED,
    FilmClues,
    figures,
    filmed,
    train,
)
from vasa_avatar.training.motion.seen_take import SeenTake

CHANCE = np.random.default_rng(2)


def take(lips: np.ndarray, loudness: np.ndarray) -> SeenTake:
    still = np.zeros((len(lips), 3))
    return SeenTake("t", still, still[:, :2], still[:, :2], {}, lips, loudness, loudness)


@pytest.mark.parametrize("lag", [-3, 0, 4])
def test_lips_that_follow_the_sound_are_seen_with_their_lag(lag: int) -> None:
    loudness = np.convolve(CHANCE.normal(size=80), np.ones(4) / 4, mode="same")
    clues = lip_clues(take(np.roll(loudness, lag), loudness), 10)
    assert clues[3] > 0.95
    assert clues[4] == lag


def test_a_ground_that_stands_differs_from_one_that_trembles() -> None:
    picture = CHANCE.integers(60, 200, (256, 256, 3))
    noise = CHANCE.normal(0, 4, (50, 256, 256, 3))
    stands = still_clues([picture.astype(np.uint8)] * 50)
    trembles = still_clues([(picture + n).astype(np.uint8) for n in noise])
    assert stands[1] == 1.0
    assert trembles[1] == 0.0
    assert trembles[0] > stands[0] + 2


@pytest.mark.parametrize("fps", [25, 30, Fraction(30000, 1001), 24])
def test_every_rate_becomes_25(fps: int | Fraction) -> None:
    frames = [np.full((2, 2, 3), n, np.uint8) for n in range(int(4 * fps))]
    taken = [int(f[0, 0, 0]) for f in at_25_fps(iter(frames), Fraction(fps), 90)]
    assert len(taken) == 90
    for number, source in enumerate(taken):
        assert 0 <= source / float(fps) - number / 25 < 1 / float(fps)


def test_films_of_any_shape_come_out_alike() -> None:
    tall = [np.full((300, 200, 3), 10 * n, np.uint8) for n in range(5)]
    assert [frame.shape for frame in evened(tall)] == [(256, 256, 3)] * 5


def films(gap: float) -> list[FilmClues]:
    return [
        FilmClues(
            f"{kind}{n}", f"{kind}{n // 2}", kind, n // 2 % 3,
            CHANCE.normal(gap * (kind == "all"), 1.0, (6, 58)),
        )
        for kind in ("all", FILMED)
        for n in range(40)
    ]  # fmt: skip


@pytest.mark.parametrize(("gap", "least", "most"), [(0.0, 0.25, 0.75), (0.6, 0.95, 1.0)])
def test_it_finds_what_is_there_and_nothing_else(
    gap: float, least: float, most: float, tmp_path: Path
) -> None:
    made = films(gap)
    columns = list(range(58))
    detector = train(made, columns, 30.0)
    told = figures(made, columns, 30.0)
    assert told["films"] == 80
    assert least <= told["area_films"] <= most
    detector.save(tmp_path / "d.json")
    again = load_detector(tmp_path / "d.json")
    assert np.array_equal(again.logits(made[0].rows), detector.logits(made[0].rows))


def test_the_fit_balances_what_it_was_told_to() -> None:
    rows = np.concatenate([np.full((90, 1), 1.0), np.full((10, 1), -1.0)])
    answers = (rows[:, 0] > 0).astype(float)
    weights = np.where(answers > 0, 1 / 90, 1 / 10)
    detector = fit(rows, answers, weights, ["a"], 1.0)
    assert abs(detector.logits(np.zeros((1, 1)))[0]) < 0.5
    assert area(detector.logits(rows), answers) == 1.0


def test_a_source_is_held_out_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    with (tmp_path / "MANIFEST.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["name", "speech", "source"])
        for n in range(12):
            (tmp_path / "clips" / f"c{n}.mp4").touch()
            table.writerow([f"c{n}", int(n != 3), f"who/{n // 3}:clip{n}"])
    found = list(filmed(tmp_path))
    assert len(found) == 11
    folds = {entry.identity: entry.fold for entry in found}
    assert all(entry.fold == folds[entry.identity] for entry in found)
    assert set(folds.values()) == {0, 1, 2}
