"""The tongue comes out over the lower lip; a narrow mouth puckers in proportion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vasa_avatar.appearance import Avatar, load_avatar
from vasa_avatar.appearance.baking import HeadFit, fit_moves, load_face_model
from vasa_avatar.appearance.baking.expression import NARROW_MOUTH
from vasa_avatar.appearance.baking.filmed_lips import with_filmed_lips
from vasa_avatar.datatypes import ARKIT_INDEX, F32, U8, FaceMotion, K
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.render import MeshRenderer, assets


@pytest.fixture(scope="module")
def avatar() -> Avatar:
    return load_avatar(Path(__file__).parents[3] / "character_profiles" / "greta" / "avatar.npz")


def motion(**levels: float) -> FaceMotion:
    expression = np.zeros(K, np.float32)
    for name, level in levels.items():
        expression[ARKIT_INDEX[name]] = level
    return FaceMotion(expression=expression)


def below_lip(renderer: MeshRenderer, shown: FaceMotion) -> U8:
    """A patch of the picture just under the edge of the lower lip."""
    place = renderer.vertices_px(shown)[topo.LIP_OUTER_LOWER[5]]
    x, y = np.rint(place).astype(int)
    return renderer.render(shown)[y - 6 : y + 1, x - 4 : x + 5].copy()


def test_tongue_covers_the_lower_lip(avatar: Avatar) -> None:
    renderer = MeshRenderer(avatar, 512)
    without = below_lip(renderer, motion(jawOpen=0.3)).astype(int)
    covered = below_lip(renderer, motion(jawOpen=0.3, tongueOut=1.0)).astype(int)
    assert np.abs(covered - without).mean() > 6
    assert (covered[..., 0] > covered[..., 1] + 15).mean() > 0.8


@pytest.mark.parametrize(("level", "alpha"), [(0.27, 0), (0.6, 256)])
def test_a_tongue_that_speaks_does_not_veil_the_teeth(
    avatar: Avatar, level: float, alpha: int
) -> None:
    """Speech lifts the tongue by up to .27; only one that comes out lies over the teeth."""
    renderer = MeshRenderer(avatar, 256)
    renderer.render(motion(jawOpen=0.1, tongueOut=level))
    over_teeth = avatar.assets.triangle_layer == assets.LAYER_TONGUE_OUT
    assert set(renderer._mesh.alphas[over_teeth]) == {alpha}


def test_tongue_is_not_drawn_at_rest(avatar: Avatar) -> None:
    made = avatar.assets
    out = np.unique(made.triangles[made.triangle_layer == assets.LAYER_TONGUE_OUT])
    assert len(out) > 0
    moves = made.basis[ARKIT_INDEX["tongueOut"]][out]
    assert np.linalg.norm(moves, axis=1).max() > 0.1
    mouth = made.vertices[[13, 14]].mean(0)
    assert np.linalg.norm(made.vertices[out] - mouth, axis=1).max() < 0.15


@pytest.mark.parametrize(("width", "share"), [(1.0, 1.0), (0.7, 0.7), (0.2, NARROW_MOUTH[0])])
def test_pucker_in_proportion(width: float, share: float) -> None:
    model = load_face_model()
    vertices: F32 = model.mean_shape.copy()
    vertices[:, 0] *= width
    fit = HeadFit(np.eye(3, dtype=np.float32), 200.0, np.zeros(2, np.float32), vertices)
    basis = fit_moves(model, fit)
    usual = with_filmed_lips(model.displacement[:, :468], model.mean_shape)
    pucker = ARKIT_INDEX["mouthPucker"]
    np.testing.assert_allclose(basis[pucker], share * usual[pucker], rtol=0.03, atol=1e-6)
    jaw = ARKIT_INDEX["jawOpen"]
    np.testing.assert_array_equal(basis[jaw], usual[jaw])
