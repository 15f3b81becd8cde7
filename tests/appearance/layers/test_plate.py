"""The plate goes on where the person was: no halo, no ghost, the background's own texture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vasa_avatar.appearance.layers.plate import (
    SHARP_CONTRAST,
    background_plate,
    filled_in,
    fine_contrast,
)
from vasa_avatar.appearance.picture import fill_with_patches, membrane, soft_fill
from vasa_avatar.datatypes import F32, U8


def person_matte(size: int = 256) -> F32:
    y, x = np.mgrid[:size, :size] / size
    head = np.hypot((x - 0.5) / 0.2, (y - 0.42) / 0.26)
    body = np.hypot((x - 0.5) / 0.4, (y - 1.05) / 0.38)
    return np.clip((1 - np.minimum(head, body)) * 20 + 0.5, 0, 1).astype(np.float32)


def compose(background: F32, alpha: F32) -> U8:
    person = np.array([240.0, 30, 30])
    mixed = person * alpha[..., None] + background * (1 - alpha[..., None])
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def strip_of(alpha: F32, reach_px: float) -> np.ndarray:
    inside = cv2.distanceTransform((alpha > 0.02).astype(np.uint8), cv2.DIST_L2, 5)
    return (inside > 0) & (inside < reach_px)


def test_soft_background_is_continued_without_a_halo() -> None:
    y, x = np.mgrid[:256, :256] / 256
    background = np.stack([60 + 80 * x, 110 + 60 * y, 150 - 50 * x], -1)
    alpha = person_matte()
    plate = background_plate(compose(background, alpha), alpha).rgb
    error = np.abs(plate - background).max(-1)
    assert error[strip_of(alpha, 20)].mean() < 4
    assert np.percentile(error[strip_of(alpha, 20)], 99) < 12
    far = cv2.erode((alpha == 0).astype(np.uint8), np.ones((17, 17), np.uint8)) > 0
    assert error[far].max() <= 1, "what is seen is kept"


def test_grain_is_matched() -> None:
    rng = np.random.default_rng(0)
    background = 120 + 5 * rng.standard_normal((256, 256, 3))
    alpha = person_matte()
    plate = background_plate(compose(background, alpha), alpha).rgb.astype(np.float32)
    detail = plate - cv2.GaussianBlur(plate, (0, 0), 2)
    inside, outside = strip_of(alpha, 30), alpha == 0
    assert detail[inside].std() == pytest.approx(detail[outside].std(), rel=0.35)


def test_sharp_background_is_continued_with_its_texture() -> None:
    y, x = np.mgrid[:256, :256]
    stripes = 120 + 90 * np.sign(np.sin(2 * np.pi * x / 16))
    background = np.stack([stripes, 0.8 * stripes, 255 - stripes], -1).astype(np.float32)
    alpha = person_matte()
    image = compose(background, alpha)
    known = np.asarray(cv2.erode((alpha < 0.02).astype(np.uint8), np.ones((5, 5), np.uint8))) > 0
    assert fine_contrast(image.astype(np.float32), known, 0.5) > SHARP_CONTRAST
    strip = strip_of(alpha, 12)
    soft = soft_fill(image.astype(np.float32), known.astype(np.float32))
    plate = background_plate(image, alpha).rgb
    error = np.abs(plate - background).mean(-1)[strip].mean()
    assert error < 0.45 * np.abs(soft - background).mean(-1)[strip].mean()


def test_patch_fill_is_repeatable_and_copies_only_known_colours() -> None:
    rng = np.random.default_rng(1)
    tiles = np.kron(rng.integers(0, 2, (16, 16)), np.ones((8, 8)))[..., None]
    image = (tiles * (200.0, 40, 90) + (1 - tiles) * (10.0, 90, 160)).astype(np.float32)
    known = np.ones((128, 128), bool)
    known[40:80, 50:90] = False
    start = np.where(known[..., None], image, 100.0).astype(np.float32)
    first, second = (fill_with_patches(image, known, ~known, start) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first[known], start[known])
    between = (first[~known] - (10.0, 90, 160)) / (190.0, -50, -70)
    assert between.min() > -0.01 and between.max() < 1.01


def test_a_person_that_fills_the_frame_gets_a_plain_plate() -> None:
    image = np.full((64, 64, 3), (10, 20, 30), np.uint8)
    plate = background_plate(image, np.ones((64, 64), np.float32)).rgb
    np.testing.assert_array_equal(plate, image)


def test_stray_hair_leaves_no_ghost() -> None:
    y, x = np.mgrid[:256, :256] / 256
    background = np.stack([180 + 20 * x, 190 + 20 * y, 200 + 0 * x], -1)
    alpha = person_matte()
    image = compose(background, alpha)
    rim = cv2.dilate((alpha > 0.02).astype(np.uint8), np.ones((13, 13), np.uint8))
    outline, _ = cv2.findContours(rim, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(image, outline, -1, (120, 70, 50), 1)  # a strand that the matte has missed
    plate = background_plate(image, alpha).rgb
    inner = np.s_[8:240, 8:-8]
    assert np.abs(plate - background).max(-1)[inner].max() < 20


def test_stray_strands_do_not_stay_behind() -> None:
    """What is thin and sharp beside the person does not belong to a background out of focus."""
    y, x = np.mgrid[:256, :256] / 256
    background = np.stack([60 + 80 * x, 110 + 60 * y, 150 - 50 * x], -1).astype(np.float32)
    alpha = person_matte()
    image = np.ascontiguousarray(compose(background, alpha))
    for k in range(5):
        cv2.line(image, (70 + 4 * k, 40), (58 + 8 * k, 66), (20, 10, 5), 1, cv2.LINE_AA)
    plate = background_plate(image, alpha)
    assert plate.is_soft
    assert np.abs(image - background).max() > 60, "there are strands to be missed"
    assert np.abs(plate.rgb[30:70, 50:100] - background[30:70, 50:100]).max() < 16


def test_membrane_is_flat_between_edges_and_follows_them() -> None:
    x = np.tile(np.linspace(0, 200, 96, dtype=np.float32), (96, 1))
    image = np.stack([x, 200 - x, np.full_like(x, 90)], -1)
    known = np.ones((96, 96), bool)
    known[24:72, 24:72] = False
    holed = np.where(known[..., None], image, 0.0).astype(np.float32)
    filled = membrane(holed, known)
    np.testing.assert_array_equal(filled[known], image[known])
    assert np.abs(filled - image).max() < 8.0


def test_a_patched_place_takes_on_the_colours_around_it() -> None:
    """Also deep inside: no ring of another ground where the person was."""
    rng = np.random.default_rng(3)
    blocks = np.kron(rng.uniform(-25, 25, (32, 32, 1)), np.ones((8, 8, 3)))
    background = (np.array([150.0, 110, 80]) + blocks).astype(np.float32)
    alpha = person_matte()
    plate = background_plate(compose(background, alpha), alpha)
    assert not plate.is_soft
    hole = alpha > 0.5
    depth = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
    for part in (hole & (depth < 16), hole & (depth > 30)):
        assert np.abs(plate.rgb[part].mean(0) - background[~hole].mean(0)).max() < 12


def test_filling_a_soft_plate_anew_leaves_no_outline() -> None:
    y, x = np.mgrid[:256, :256] / 256
    background = np.stack([60 + 80 * x, 110 + 60 * y, 150 - 50 * x], -1).astype(np.float32)
    alpha = person_matte()
    stale = background + 30.0 * (alpha > 0.02)[..., None]
    filled = filled_in(stale.astype(np.float32), alpha)
    assert np.abs(filled - background).mean() < 2.0
    np.testing.assert_array_equal(filled[alpha == 0][:200], background[alpha == 0][:200])
