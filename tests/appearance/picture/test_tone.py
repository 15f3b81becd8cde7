"""Black-and-white and sepia pictures are known as such, and their patches take on the tone."""

from __future__ import annotations

import numpy as np

from vasa_avatar.appearance.baking.mesh_builder import AtlasBuilder
from vasa_avatar.appearance.picture import in_tone, texture, tone_curve
from vasa_avatar.datatypes import U8


def grey_picture() -> U8:
    rng = np.random.default_rng(0)
    return np.repeat(rng.integers(10, 240, (80, 80, 1)), 3, 2).astype(np.uint8)


def test_a_grey_picture_gives_greys() -> None:
    curve = tone_curve(grey_picture())
    assert curve is not None
    np.testing.assert_allclose(curve, np.arange(256.0)[:, None] * np.ones(3), atol=1.0)


def test_a_sepia_picture_gives_its_own_browns() -> None:
    grey = grey_picture().astype(np.float32)
    sepia = np.clip(grey * (1.05, 0.9, 0.72) + (15, 8, 0), 0, 255).astype(np.uint8)
    curve = tone_curve(sepia)
    assert curve is not None
    red = np.array([[[200.0, 40, 40, 255]]], np.float32)
    toned = in_tone(red, curve)[0, 0]
    assert toned[0] > toned[1] > toned[2]
    assert abs(float(toned[:3] @ [0.299, 0.587, 0.114]) - 88.0) < 4.0
    assert toned[3] == 255.0


def test_a_coloured_picture_has_no_tone(synthetic_rgb: U8) -> None:
    assert tone_curve(synthetic_rgb) is None


def test_half_transparent_texels_stay_within_their_alpha() -> None:
    curve = tone_curve(grey_picture())
    assert curve is not None
    half = np.array([[[100.0, 20, 20, 128]]], np.float32)
    toned = in_tone(half, curve)[0, 0]
    assert np.ptp(toned[:3]) < 1.5
    assert toned[:3].max() <= toned[3] == 128.0


def test_patches_of_flat_art_keep_their_colours() -> None:
    """Red hair and brown skin are one colour for each luma, but a grey iris is still grey."""
    canvas = np.full((64, 64, 3), (200, 50, 6), np.float32)
    canvas[32:] = (208, 139, 91)
    grey = np.full((8, 8, 3), 76.0, np.float32)
    for is_drawn in (True, False):
        atlas = AtlasBuilder(texture.rgba(canvas, np.ones((64, 64), np.float32)))
        x, y = atlas.place(texture.rgba(grey, np.ones((8, 8), np.float32)))
        kept = np.ptp(atlas.finish(is_drawn)[y + 4, x + 4, :3].astype(int)) == 0
        assert kept == is_drawn
