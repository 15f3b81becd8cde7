"""Masks grow by squares; connected parts are kept where a seed lies in them."""

from __future__ import annotations

import numpy as np

from vasa_avatar.appearance.picture import grown, touching


def test_a_mask_grows_by_a_square() -> None:
    mask = np.zeros((9, 9), np.float32)
    mask[4, 4] = 0.5
    wide = grown(mask, 2)
    assert wide.dtype == np.float32
    assert (wide == 0.5).sum() == 25 and (wide[2:7, 2:7] == 0.5).all()
    np.testing.assert_array_equal(grown(mask, 0), mask)
    assert grown(mask > 0, 1).max() == 1.0


def test_parts_that_touch_a_seed_are_kept_whole() -> None:
    mask, seeds = np.zeros((2, 8, 8), bool)
    mask[0, :3] = mask[1, 3] = mask[5:7, 5:7] = True
    seeds[1, 3] = seeds[7, 0] = True
    kept = touching(mask, seeds)
    assert kept[0, :3].all() and kept[1, 3] and kept.sum() == 4
    assert not touching(mask, np.zeros_like(mask)).any()
