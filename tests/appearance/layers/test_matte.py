"""Mattes and colours of a person over a background whose truth is known."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from vasa_avatar.appearance.layers.matte import (
    _with_missed_head,
    coarse_alpha,
    decontaminate,
    estimate_matte,
)
from vasa_avatar.appearance.picture import guided_filter
from vasa_avatar.appearance.reading import FaceLandmarks
from vasa_avatar.datatypes import F32, U8
from vasa_avatar.errors import ModelStoreError
from vasa_avatar.geometry.face_topology import CHIN, FOREHEAD_TOP
from vasa_avatar.nets.store import ModelStore


def soft_disc(size: int, radius: float, softness: float) -> F32:
    y, x = np.mgrid[:size, :size] - size / 2
    return np.clip((radius - np.hypot(x, y)) / softness + 0.5, 0, 1).astype(np.float32)


def check_person(alpha: F32, face: FaceLandmarks) -> None:
    assert alpha.dtype == np.float32 and alpha.min() >= 0 and alpha.max() <= 1
    x0, y0, x1, y1 = face.box_px.astype(int)
    oval = alpha[y0 + 10 : y1 - 10, (x0 + x1) // 2 - 30 : (x0 + x1) // 2 + 30]
    assert oval.min() > 0.98, "the face is solid"
    assert alpha[:40, -30:].max() < 0.05, "the corner beside the hair is background"
    assert alpha[-20:, 150:230].min() > 0.9, "neck and chest belong to the person"


def test_coarse_matte_needs_no_net_and_says_so(
    tmp_path: Path,
    synthetic_rgb: U8,
    synthetic_face: FaceLandmarks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    matte = estimate_matte(synthetic_rgb, synthetic_face, ModelStore(tmp_path))
    assert matte.is_coarse
    assert "coarse edges" in caplog.text
    check_person(matte.alpha, synthetic_face)


def test_matting_net(store: ModelStore, synthetic_rgb: U8, synthetic_face: FaceLandmarks) -> None:
    try:
        store.path("modnet")
    except ModelStoreError as error:
        pytest.skip(f"needs the matting net: {error}")
    matte = estimate_matte(synthetic_rgb, synthetic_face, store)
    assert not matte.is_coarse
    check_person(matte.alpha, synthetic_face)
    soft = (matte.alpha > 0.05) & (matte.alpha < 0.95)
    assert 0.01 < soft.mean() < 0.2, "hair is soft, the rest is not"


def test_a_head_that_the_net_missed_in_a_drawing_is_found_by_colour(
    synthetic_rgb: U8, synthetic_face: FaceLandmarks
) -> None:
    whole = coarse_alpha(synthetic_rgb, synthetic_face)
    brow = int(synthetic_face.points_px[FOREHEAD_TOP, 1])
    missed = whole.copy()
    missed[:brow] = 0.0
    found = _with_missed_head(synthetic_rgb, synthetic_face, missed)
    hair = whole[:brow] > 0.9
    assert hair.sum() > 1000 and found[:brow][hair].mean() > 0.95
    chin = int(synthetic_face.points_px[CHIN, 1])
    assert np.array_equal(found[chin + 5 :], missed[chin + 5 :]), "the body was there"


def test_another_persons_island_is_removed(
    store: ModelStore, synthetic_rgb: U8, synthetic_face: FaceLandmarks
) -> None:
    if not store.has("modnet"):
        pytest.skip("needs the matting net")
    canvas = np.full((384, 720, 3), (90, 120, 160), np.uint8)
    canvas[:, :384] = synthetic_rgb
    canvas[184:, 560:720] = cv2.resize(synthetic_rgb[60:, 90:290], (160, 200))
    matte = estimate_matte(canvas, synthetic_face, store)
    assert matte.alpha[200:, 580:700].max() < 0.05


def test_decontaminate_finds_the_persons_colour_at_the_edge() -> None:
    alpha = soft_disc(256, 70, 16)
    person, behind = np.array([200.0, 80, 60], np.float32), np.array([20.0, 220, 90], np.float32)
    mixed = person * alpha[..., None] + behind * (1 - alpha[..., None])
    colour = decontaminate(mixed, alpha)
    edge = (alpha > 0.1) & (alpha < 0.95)
    assert np.abs(mixed[edge] - person).mean() > 40
    assert np.abs(colour[edge] - person).mean() < 6
    np.testing.assert_array_equal(colour[alpha == 1], mixed[alpha == 1])


def test_guided_filter_moves_an_edge_to_the_pictures_edge() -> None:
    step = np.zeros((80, 80), np.float32)
    step[:, 40:] = 1
    guide = np.stack([0.2 + 0.6 * step, 0.5 - 0.3 * step, 0.4 + 0 * step], -1).astype(np.float32)
    blurred = np.asarray(cv2.GaussianBlur(step, (0, 0), 4), np.float32)
    found = guided_filter(guide, blurred, 8, 1e-4)
    assert (found[40, 41] - found[40, 38]) > 2 * (blurred[40, 41] - blurred[40, 38])


def test_guided_filter_keeps_what_the_guide_explains() -> None:
    rng = np.random.default_rng(0)
    guide = cv2.GaussianBlur(rng.random((60, 60, 3)), (0, 0), 2).astype(np.float32)
    source = (0.3 + guide @ np.array([1.0, -2.0, 0.5], np.float32)).astype(np.float32)
    np.testing.assert_allclose(guided_filter(guide, source, 5, 1e-8), source, atol=2e-3)
