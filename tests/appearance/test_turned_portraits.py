"""Portraits turned aside by up to 45 degrees: made, with a warning, and kept to small turns."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from vasa_avatar.appearance import Avatar, build_avatar, load_avatar
from vasa_avatar.datatypes import ARKIT_INDEX, U8, FaceMotion, HeadPose, K
from vasa_avatar.errors import PortraitError
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.nets import ModelStore
from vasa_avatar.render import MeshRenderer, assets

pytestmark = pytest.mark.slow

PROFILES = Path(__file__).parents[2] / "character_profiles"
YAWS = {"slightly": -26.0, "left": -39.0, "right": 48.0, "too far": -51.0}
"""what is commanded of the character that sits for the picture; some 26, 39, 34 and 49 degrees are
measured"""


def motion(yaw_deg: float = 0.0, **levels: float) -> FaceMotion:
    expression = np.zeros(K, np.float32)
    for name, level in levels.items():
        expression[ARKIT_INDEX[name]] = level
    turn = np.deg2rad(np.array([0.0, yaw_deg, 0.0], np.float32))
    return FaceMotion(expression, head=HeadPose(turn))


def turned_picture(yaw_deg: float) -> U8:
    """(640, 640, 3) a shipped character that looks aside."""
    sitter = load_avatar(PROFILES / "greta" / "avatar.npz")
    return MeshRenderer(sitter, 640).render(motion(yaw_deg)).copy()


@pytest.fixture(scope="module", params=["left", "right"])
def turned(request: pytest.FixtureRequest, store: ModelStore) -> Avatar:
    return build_avatar(turned_picture(YAWS[request.param]), store=store)


def test_it_is_made_with_a_warning(turned: Avatar) -> None:
    (warning,) = [note for note in turned.warnings if "turned" in note]
    assert any(f"turned {degrees} degrees" in warning for degrees in range(31, 45))


def test_its_turns_stay_small(turned: Avatar) -> None:
    nose = [
        MeshRenderer(turned, 512).head_rotation(np.deg2rad([0.0, yaw, 0.0]))[0, 2]
        for yaw in (-25.0, 25.0)
    ]
    assert np.abs(np.rad2deg(np.arcsin(nose))).max() < 12.0


def test_teeth_and_tongue_stay_behind_the_lips(turned: Avatar) -> None:
    made = turned.assets
    points = MeshRenderer(turned, 512).vertices_px(motion(jawOpen=0.6))
    inside = np.isin(
        made.triangle_layer,
        [assets.LAYER_TONGUE, assets.LAYER_LOWER_TEETH, assets.LAYER_UPPER_TEETH],
    )
    x = points[np.unique(made.triangles[inside]), 0]
    lips = points[[*topo.LIP_OUTER_LOWER, *topo.LIP_INNER_UPPER], 0]
    far_is_right = made.rest_rotation[0, 2] < 0.0
    beyond_px = lips.min() - x.min() if far_is_right else x.max() - lips.max()
    assert beyond_px < 0.5  # the upper lip's shade hangs from its very edge


def test_nothing_of_the_far_cheek_lies_over_the_open_mouth(turned: Avatar) -> None:
    made = turned.assets
    points = np.rint(MeshRenderer(turned, 512).vertices_px(motion(jawOpen=0.6))).astype(np.int32)
    hole, skin = np.zeros((2, 512, 512), np.uint8)
    cv2.fillPoly(hole, [points[list(topo.MOUTH_HOLE)]], 1)
    hole = np.asarray(cv2.erode(hole, np.ones((7, 7), np.uint8)), np.uint8)
    for corners in points[made.triangles[made.triangle_layer == assets.LAYER_SKIN]]:
        cv2.fillConvexPoly(skin, corners, 1)
    assert hole.sum() > 100
    assert (skin & hole).sum() < 0.02 * hole.sum()


def test_up_to_thirty_degrees_nothing_is_held_back(store: ModelStore) -> None:
    made = build_avatar(turned_picture(YAWS["slightly"]), store=store, calibrate=False)
    assert not [note for note in made.warnings if "turned" in note]
    np.testing.assert_array_equal(made.assets.pose_gain, np.eye(3))


def test_beyond_it_is_refused_with_the_number(store: ModelStore) -> None:
    too_far = r"turned (4[6-9]|5\d) degrees .* at most 45 work"
    with pytest.raises(PortraitError, match=too_far) as refused:
        build_avatar(turned_picture(YAWS["too far"]), store=store)
    assert refused.value.reason == "turned_too_far"
