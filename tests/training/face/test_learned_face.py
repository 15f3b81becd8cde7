"""The pieces that learn and draw the face data: each is given something whose answer is known."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from vasa_avatar.datatypes import ARKIT_INDEX, K
from vasa_avatar.geometry.face_topology import mirror_index
from vasa_avatar.geometry.rotation import rotation_matrix
from vasa_avatar.training.face import basis_regression as regression
from vasa_avatar.training.face import canonical_texture, draw_mouth, expression_folds
from vasa_avatar.training.face.basis_shaping import closing_field, graph_laplacian, without_crossing
from vasa_avatar.training.face.face_tracks import ClipTrack, align_frames, fit_similarity
from vasa_avatar.training.face.landmark_sets import (
    LIP_LOWER_INNER,
    LIP_UPPER_INNER,
    skin_triangles,
)
from vasa_avatar.training.face.learn_basis import canonical, reference_shape
from vasa_avatar.training.motion import measure_motion

FACE = canonical()
MIRROR = mirror_index(FACE["vertices"])
REFERENCE = reference_shape(FACE["vertices"])
SKIN = skin_triangles(FACE["triangles"].astype(np.int64))


def shipped_basis() -> np.ndarray:
    with np.load(str(files("vasa_avatar") / "weights" / "face_basis.npz")) as data:
        return data["displacement"].astype(np.float64)


def synthetic_clip(rng: np.random.Generator, basis: np.ndarray, frames: int = 150) -> ClipTrack:
    """A person with an own neutral face who moves by exactly this basis."""
    coefficients = rng.beta(0.3, 0.3, (frames, K))
    neutral = REFERENCE + 0.01 * rng.standard_normal(REFERENCE.shape)
    noise = 0.002 * rng.standard_normal((frames, *REFERENCE.shape))
    shape = neutral + np.tensordot(coefficients, basis, 1) + noise
    return ClipTrack("made", shape, coefficients, 0.1 * rng.standard_normal((frames, 3)), 25.0)


def test_similarity_is_recovered() -> None:
    rng = np.random.default_rng(1)
    rotation = rotation_matrix([0.2, -0.4, 0.1])
    points = rng.standard_normal((30, 3))
    scale, found, shift = fit_similarity(points, 2.5 * points @ rotation.T + [1.0, 2.0, 3.0])
    assert scale == pytest.approx(2.5)
    np.testing.assert_allclose(found, rotation, atol=1e-9)
    np.testing.assert_allclose(shift, [1, 2, 3], atol=1e-9)


def test_alignment_takes_the_head_out() -> None:
    angles = np.linspace(-0.3, 0.3, 9)
    frames = np.stack(
        [120 * REFERENCE @ rotation_matrix([0.1, a, -a]).T + [300, 200, a] for a in angles]
    )
    aligned, removed = align_frames(frames, REFERENCE)
    np.testing.assert_allclose(aligned, np.broadcast_to(REFERENCE, aligned.shape), atol=1e-6)
    assert np.ptp(removed[:, 1]) == pytest.approx(0.6, abs=0.05)


def test_regression_finds_the_basis_that_made_the_clips() -> None:
    rng = np.random.default_rng(2)
    basis = shipped_basis()
    clips = [synthetic_clip(rng, basis) for _ in range(3)]
    found, gain = regression.learn(clips, np.zeros_like(basis), REFERENCE, MIRROR)
    for name in ("jawOpen", "mouthFunnel", "browInnerUp", "mouthLeft"):
        i = ARKIT_INDEX[name]
        error = np.linalg.norm(found[i] - basis[i]) / np.linalg.norm(basis[i])
        assert error < 0.35, name
    np.testing.assert_allclose(gain[ARKIT_INDEX["mouthLeft"]], gain[ARKIT_INDEX["mouthRight"]])


def test_units_without_evidence_keep_the_prior() -> None:
    rng = np.random.default_rng(3)
    basis = shipped_basis()
    clips = [synthetic_clip(rng, basis) for _ in range(2)]
    silent = ARKIT_INDEX["cheekPuff"]
    for clip in clips:
        clip.shape[...] -= clip.coefficients[:, silent, None, None] * basis[silent]
        clip.coefficients[:, silent] = 0.0
    found, _ = regression.learn(clips, basis, REFERENCE, MIRROR)
    np.testing.assert_allclose(found[silent], basis[silent], atol=2e-3)


def test_tracker_gain_reads_a_scale() -> None:
    rng = np.random.default_rng(4)
    basis = shipped_basis()
    clip = synthetic_clip(rng, basis)
    pucker = ARKIT_INDEX["mouthPucker"]
    clip.coefficients[:, pucker] *= 2.0
    gain = regression.tracker_gain([clip], basis, MIRROR)
    assert gain[pucker] == pytest.approx(0.5, abs=0.08)
    assert gain[ARKIT_INDEX["jawOpen"]] == pytest.approx(1.0, abs=0.08)


def test_closing_and_crossing() -> None:
    jaw = shipped_basis()[ARKIT_INDEX["jawOpen"]]
    close = closing_field(jaw, REFERENCE, graph_laplacian(SKIN))
    both = jaw + close
    gap = both[list(LIP_LOWER_INNER[1:-1])] - both[list(LIP_UPPER_INNER[1:-1])]
    assert np.abs(gap).max() < 1e-3
    crossing = np.zeros((478, 3))
    crossing[list(LIP_UPPER_INNER[1:-1]), 1] = 0.03
    apart = without_crossing(crossing)
    left = apart[list(LIP_UPPER_INNER[1:-1]), 1] - apart[list(LIP_LOWER_INNER[1:-1]), 1]
    assert left.max() < 0.0041
    np.testing.assert_array_equal(without_crossing(jaw), jaw)


def test_canonical_texture_samples_the_picture_under_the_landmarks() -> None:
    texture = canonical_texture.build_texture(FACE["uv"], SKIN, 96)
    ys, xs = np.mgrid[:200, :200].astype(np.float32)
    picture = np.dstack([xs, ys, xs + ys])
    landmarks = 100 + 80 * REFERENCE[:468, :2]
    sampled = texture.unwrap(picture, landmarks)
    inside = texture.triangle >= 0
    expected = texture.interpolate(landmarks)[inside] - 0.5
    np.testing.assert_allclose(sampled[inside][:, :2], expected, atol=0.05)
    assert 0.5 < inside.mean() < 0.75
    edges = canonical_texture.soft_edges(texture)
    assert not edges["face"][~inside].any() and edges["face"].max() == 1.0


def test_folds_are_dark_along_their_path_and_mirror() -> None:
    names = ("mouthDimpleLeft", "mouthDimpleRight", "eyeLookUpLeft")
    left, right, none = expression_folds.drawn_folds(names, FACE["uv"], 64)
    np.testing.assert_array_equal(left[:, ::-1], right)
    assert left.min() < -0.1 and not none.any()
    fold = expression_folds.Fold(((50, 280, 0.2), (50, 280, 0.8)), 0.3, 1.5)
    drawn = expression_folds.draw_fold(fold, FACE["uv"], 128)
    x, y = (expression_folds.place_uv((50, 280, 0.5), FACE["uv"]) * 128 - 0.5).round().astype(int)
    assert drawn[y, x] < -0.2 and drawn.max() > 0.05


def test_drawn_mouth_is_the_shipped_one() -> None:
    with np.load(str(files("vasa_avatar") / "weights" / "mouth_interior.npz")) as data:
        shipped = data["upper_teeth_rgba"].astype(int), data["tongue_rgba"].astype(int)
    drawn = draw_mouth.draw_row(draw_mouth.UPPER, 64, draw_mouth.SEED), draw_mouth.draw_tongue()
    for made, kept in zip(drawn, shipped, strict=True):
        assert np.abs(made.astype(int) - kept).mean() < 1.0


def test_blinks_and_saccades_are_counted() -> None:
    opening = np.ones(500)
    for start in (50, 150, 300, 440):
        opening[start : start + 4] = 0.1
    found = measure_motion.blinks(opening)
    assert found["per_minute"] == pytest.approx(12.0)
    assert found["closed_s"] == pytest.approx(0.16)
    gaze = np.zeros((500, 2))
    gaze[100:, 0] += 6.0
    gaze[220:, 0] -= 8.0
    gaze[380:, 1] += 5.0
    counted = measure_motion.saccades(gaze, np.ones(500))
    assert counted["per_second"] * 497 / 25 == pytest.approx(3)


def test_voice_hears_loudness_and_pitch() -> None:
    rate = measure_motion.AUDIO_HZ
    t = np.arange(2 * rate) / rate
    tone = np.where(t < 1, 0.1, 0.4) * np.sin(2 * np.pi * np.where(t < 1, 110, 220) * t)
    loudness, pitch = measure_motion.voice((tone * 32767).astype(np.int16), 50)
    assert loudness[40] - loudness[10] == pytest.approx(12.0, abs=0.5)
    assert pitch[40] - pitch[10] == pytest.approx(1.0, abs=0.03)
