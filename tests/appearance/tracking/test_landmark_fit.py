"""The fit finds the motion that moved a face model, and stays with its prior where it must."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.appearance.reading import FaceLandmarks
from vasa_avatar.appearance.tracking.landmark_fit import (
    DrawnGains,
    RestFace,
    expected_coefficients,
    fit_frames,
)
from vasa_avatar.datatypes import ARKIT_INDEX, F32, K

NAMES = ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "mouthFunnel", "browInnerUp",
         "browDownLeft", "mouthPucker", "mouthUpperUpRight")  # fmt: skip


@pytest.fixture(scope="module")
def face(synthetic_face: FaceLandmarks) -> RestFace:
    return RestFace.of(synthetic_face)


def filmed(face: RestFace, coefficients: F32, turn: F32, translation: F32) -> F32:
    """(T, 478, 3) landmarks of a face that moves as told."""
    seen = face.seen(face.rotation(turn), coefficients, translation)
    points = np.zeros((len(seen), 478, 3), np.float32)
    points[:, :468, :2] = seen * face.width_px + face.pivot_px
    return points


def test_the_reference_itself_is_reproduced(face: RestFace, synthetic_face: FaceLandmarks) -> None:
    zero = np.zeros((1, 3), np.float32)
    points = filmed(face, np.zeros((1, K), np.float32), zero, zero)
    assert not face.was_open
    np.testing.assert_allclose(points[0, :468, :2], synthetic_face.points_px[:468, :2], atol=0.05)


def test_recovers_known_motion(face: RestFace) -> None:
    rng = np.random.default_rng(0)
    frames = 60
    truth = np.zeros((frames, K), np.float32)
    for name in NAMES:
        truth[:, ARKIT_INDEX[name]] = rng.uniform(0.0, 0.7, frames)
    turn = rng.uniform(-0.25, 0.25, (frames, 3)).astype(np.float32)
    moved = rng.uniform(-0.2, 0.2, (frames, 3)).astype(np.float32)
    prior = np.clip(truth + rng.normal(0, 0.15, truth.shape), 0, 1).astype(np.float32)
    found = fit_frames(
        face, filmed(face, truth, turn, moved), turn, prior, np.zeros((frames, 2), np.float32)
    )
    assert found.residual.mean() < 0.004
    commanded = moved / [1.0, 1.0, face.gains.distance]
    np.testing.assert_allclose(found.translation, commanded, atol=0.01)
    used = [ARKIT_INDEX[name] for name in NAMES]
    better = np.abs(found.coefficients - truth)[:, used].mean()
    assert better < 0.55 * np.abs(prior - truth)[:, used].mean()
    jaw = ARKIT_INDEX["jawOpen"]
    assert np.corrcoef(found.coefficients[:, jaw], truth[:, jaw])[0, 1] > 0.99


def test_chunks_do_not_matter(face: RestFace, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    truth = rng.uniform(0, 0.3, (7, K)).astype(np.float32)
    turn = rng.uniform(-0.1, 0.1, (7, 3)).astype(np.float32)
    points = filmed(face, truth, turn, np.zeros((7, 3), np.float32))
    prior, blinks = np.zeros((7, K), np.float32), truth[:, :2]
    whole = fit_frames(face, points, turn, prior, blinks)
    monkeypatch.setattr("vasa_avatar.appearance.tracking.landmark_fit._CHUNK", 3)
    parts = fit_frames(face, points, turn, prior, blinks)
    np.testing.assert_allclose(whole.coefficients, parts.coefficients, atol=1e-5)


def test_an_avatars_gains_are_divided_out(face: RestFace, synthetic_face: FaceLandmarks) -> None:
    units = np.tile(1.25 * np.linspace(0.0, 1.0, 5), (K, 1))
    eager = RestFace.of(synthetic_face, DrawnGains(2.0 * np.eye(3), 0.5, units))
    truth = np.zeros((1, K), np.float32)
    truth[0, ARKIT_INDEX["jawOpen"]] = 0.5
    moved = np.array([[0.1, 0.0, 0.1]], np.float32)
    half_turn = np.array([[0.0, 0.1, 0.05]], np.float32)
    seen = eager.seen(eager.rotation(half_turn), truth, moved)
    points = np.zeros((1, 478, 3), np.float32)
    points[:, :468, :2] = seen * face.width_px + face.pivot_px
    found = fit_frames(eager, points, half_turn, truth, np.zeros((1, 2), np.float32))
    assert found.residual[0] < 1e-4
    assert found.coefficients[0, ARKIT_INDEX["jawOpen"]] == pytest.approx(0.4, abs=1e-3)
    np.testing.assert_allclose(found.translation, [[0.1, 0.0, 0.2]], atol=1e-3)
    same = RestFace.of(synthetic_face, DrawnGains(np.eye(3), 1.0, np.ones(K)))
    np.testing.assert_allclose(eager.rotation(half_turn), same.rotation(2 * half_turn))


def test_blinks_are_taken_as_given(face: RestFace) -> None:
    zero = np.zeros((2, 3), np.float32)
    points = filmed(face, np.zeros((2, K), np.float32), zero, zero)
    blinks = np.array([[1.0, 0.25], [0.0, 0.5]], np.float32)
    found = fit_frames(face, points, zero, np.zeros((2, K), np.float32), blinks).coefficients
    np.testing.assert_allclose(
        found[:, [ARKIT_INDEX["eyeBlinkRight"], ARKIT_INDEX["eyeBlinkLeft"]]], blinks
    )


def test_expectation_is_relative_to_the_reference(face: RestFace) -> None:
    reading = np.zeros((1, K), np.float32)
    reading[0, ARKIT_INDEX["browInnerUp"]] = 0.6
    base = np.zeros(K, np.float32)
    base[ARKIT_INDEX["browInnerUp"]] = 0.4
    got = expected_coefficients(face, reading, base, np.full(K, 2.0))
    assert got[0, ARKIT_INDEX["browInnerUp"]] == pytest.approx(0.4)
