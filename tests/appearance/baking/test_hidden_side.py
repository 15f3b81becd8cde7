"""The far cheek of a portrait turned aside: hidden where it is narrow, shown from the near one."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from vasa_avatar.appearance.baking.hidden_side import _hidden
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.geometry.rotation import rotation_matrix

with np.load(str(files("vasa_avatar") / "weights" / "canonical_face.npz")) as _face:
    CANONICAL = _face["vertices"].astype(np.float32)
    SKIN, _ = topo.split_holes(_face["triangles"].astype(np.int32))
MIRROR = topo.mirror_index(CANONICAL)


def hidden_when_turned(yaw_deg: float) -> np.ndarray:
    """Weights for the canonical face, turned; y down, as in a picture."""
    head = CANONICAL * [1, -1, 1]
    turned = head @ rotation_matrix(np.array([0.0, np.deg2rad(yaw_deg), 0.0])).T
    texels = (40 * turned[:, :2] + 400).astype(np.float32)
    lateral = CANONICAL[:, 0] * np.sign(yaw_deg) / np.abs(CANONICAL[:, 0]).max()
    return _hidden(texels, SKIN, MIRROR, lateral)


@pytest.mark.parametrize("yaw_deg", [22.0, -22.0])
def test_only_the_far_cheek_is_hidden(yaw_deg: float) -> None:
    hidden = hidden_when_turned(yaw_deg)
    far = np.sign(CANONICAL[:, 0]) == np.sign(yaw_deg)
    assert hidden[~far].max() == 0.0
    assert hidden[far].max() > 0.5
    middle = np.abs(CANONICAL[:, 0]) < 0.25 * np.abs(CANONICAL[:, 0]).max()
    assert hidden[middle].max() == 0.0, "nose and mouth stay the portrait's own"


def test_the_more_it_is_turned_the_more_is_hidden() -> None:
    totals = [hidden_when_turned(yaw).sum() for yaw in (1.0, 10.0, 18.0, 26.0)]
    assert totals == sorted(totals)
    assert totals[0] < 0.05 * totals[-1]


def test_both_sides_are_treated_alike() -> None:
    right, left = hidden_when_turned(20.0), hidden_when_turned(-20.0)
    np.testing.assert_allclose(right, left[MIRROR[:468]], atol=0.02)
