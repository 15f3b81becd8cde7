"""Hair before a drawn forehead stays when the brows move; the brows' own strokes go with them."""

from __future__ import annotations

from importlib.resources import files

import cv2
import numpy as np

from vasa_avatar.appearance.baking.drawn_fringe import BROWS, covered_landmarks
from vasa_avatar.appearance.picture import MARGIN_PX, Canvas, Square
from vasa_avatar.datatypes import F32
from vasa_avatar.geometry import face_topology as topo

SKIN, HAIR = np.array([250, 215, 190], np.float32), (90.0, 60.0, 50.0)
SIDE = 512 + 2 * MARGIN_PX
FOREHEAD, CHEEK = 9, 50

with np.load(str(files("vasa_avatar") / "weights" / "canonical_face.npz")) as _face:
    _turned = _face["vertices"].astype(np.float32) * [1, -1, 1]
    LANDMARKS = np.zeros((478, 3), np.float32)
    LANDMARKS[: topo.N_MESH] = 300 / np.ptp(_turned[:, 0]) * _turned + [256, 256, 0]


def covered(hair_below_px: float, is_browed: bool = True) -> F32:
    """How landmarks are covered where all above a height of the frame is hair."""
    rgb = np.tile(SKIN, (SIDE, SIDE, 1))
    rgb[: max(0, round(hair_below_px + MARGIN_PX))] = HAIR
    for brow in BROWS if is_browed else ():
        line = np.round(LANDMARKS[list(brow), :2] + MARGIN_PX).astype(np.int32)
        cv2.polylines(rgb, [line], False, HAIR, 7)
    return covered_landmarks(Canvas(rgb, 1.0, Square(0, 0, 512)), LANDMARKS, SKIN, (1.0, 1.0))


def test_brows_on_a_bare_forehead_are_free() -> None:
    free = covered(-MARGIN_PX)
    assert free.max() < 0.05


def test_a_fringe_is_held_and_the_skin_far_below_it_is_not() -> None:
    height = float(LANDMARKS[FOREHEAD, 1])
    held = covered(height + 5)
    assert held[FOREHEAD] > 0.95
    above = LANDMARKS[: topo.N_MESH, 1] < height
    assert held[above].min() > 0.95
    assert held[CHEEK] == 0.0


def test_hair_down_to_the_lids_holds_the_brows() -> None:
    lids_line = float(LANDMARKS[[159, 386], 1].min())
    held = covered(lids_line - 2, is_browed=False)
    assert held[[i for brow in BROWS for i in brow]].min() > 0.95
