"""The shipped expression basis: shapes, symmetry, sizes, closed lips and lids."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from vasa_avatar.datatypes import ARKIT_INDEX, ARKIT_NAMES, F32

UPPER_INNER = (191, 80, 81, 82, 13, 312, 311, 310, 415)
LOWER_INNER = (95, 88, 178, 87, 14, 317, 402, 318, 324)
LEFT_UPPER_LID = (398, 384, 385, 386, 387, 388, 466)
LEFT_LOWER_LID = (382, 381, 380, 374, 373, 390, 249)
CHIN, LEFT_CORNER, RIGHT_CORNER, UPPER_LIP, LOWER_LIP = 152, 291, 61, 0, 17
CM = 14.0
"""Centimetres per unit, for a face 14 cm wide."""


class Basis:
    """face_basis.npz as attributes."""

    def __init__(self) -> None:
        path = files("vasa_avatar") / "weights" / "face_basis.npz"
        with np.load(str(path)) as data:
            self.names = data["names"]
            self.mean: F32 = data["mean_shape"]
            self.displacement: F32 = data["displacement"]
            self.triangles = data["triangles"]
            self.rigid = data["rigid"]
            self.mirror = data["mirror"]
            self.tracker_gain: F32 = data["tracker_gain"]

    def unit(self, *names: str) -> F32:
        """(478, 3) sum of units at coefficient 1."""
        total = sum(self.displacement[ARKIT_INDEX[name]] for name in names)
        assert isinstance(total, np.ndarray)
        return total

    def width_ratio(self, *names: str) -> float:
        """Mouth width under units, relative to rest."""
        moved = self.mean + self.unit(*names)
        rest = np.linalg.norm(self.mean[LEFT_CORNER] - self.mean[RIGHT_CORNER])
        return float(np.linalg.norm(moved[LEFT_CORNER] - moved[RIGHT_CORNER]) / rest)


@pytest.fixture(scope="module")
def basis() -> Basis:
    return Basis()


def both(name: str) -> tuple[str, str]:
    return name + "Left", name + "Right"


def test_shapes_and_frame(basis: Basis) -> None:
    assert tuple(basis.names) == ARKIT_NAMES
    assert basis.mean.shape == (478, 3) and basis.mean.dtype == np.float32
    assert basis.displacement.shape == (52, 478, 3) and basis.displacement.dtype == np.float32
    assert np.isfinite(basis.mean).all() and np.isfinite(basis.displacement).all()
    assert np.linalg.norm(basis.mean[454] - basis.mean[234]) == pytest.approx(1.0, abs=1e-4)
    np.testing.assert_allclose(basis.mean[[33, 133, 362, 263]].mean(0), 0, atol=1e-5)
    assert basis.mean[454, 0] > 0 > basis.mean[234, 0], "character's left is at the viewer's right"
    assert basis.mean[CHIN, 1] > 0, "y points down"
    assert basis.mean[4, 2] > basis.mean[234, 2], "z points towards the viewer"
    assert basis.triangles.max() < 468 and len(basis.triangles) == 852


def test_mean_shape_and_units_mirror(basis: Basis) -> None:
    flip = np.array([-1, 1, 1], np.float32)
    np.testing.assert_array_equal(basis.mirror[basis.mirror], np.arange(478))
    np.testing.assert_allclose(basis.mean[basis.mirror] * flip, basis.mean, atol=1e-5)
    for i, name in enumerate(ARKIT_NAMES):
        other = name.replace("Left", "#").replace("Right", "Left").replace("#", "Right")
        mirrored = basis.displacement[ARKIT_INDEX[other]][basis.mirror] * flip
        np.testing.assert_allclose(mirrored, basis.displacement[i], atol=1e-5, err_msg=name)


@pytest.mark.parametrize(
    "name",
    ["mouthSmile", "mouthFrown", "mouthStretch", "mouthDimple", "browOuterUp", "eyeBlink",
     "eyeSquint", "cheekSquint"],
)  # fmt: skip
def test_sided_units_stay_on_their_side(basis: Basis, name: str) -> None:
    size = np.linalg.norm(basis.unit(name + "Left"), axis=1)
    far_right = basis.mean[:, 0] < -0.15
    assert size[far_right].max() < 0.12 * size.max()


def test_rigid_points_hardly_move(basis: Basis) -> None:
    still = [n for n in ARKIT_NAMES if not n.startswith(("brow", "nose", "cheek", "eye"))]
    for name in still:
        assert np.abs(basis.unit(name)[basis.rigid]).max() < 0.02, name


def test_full_range_sizes(basis: Basis) -> None:
    assert basis.unit("jawOpen")[CHIN, 1] * CM == pytest.approx(2.4, abs=0.15)
    assert 0.54 <= basis.width_ratio("mouthPucker") <= 0.62
    pucker = basis.unit("mouthPucker")
    assert min(pucker[UPPER_LIP, 2], pucker[LOWER_LIP, 2]) * CM > 0.4, "lips protrude"
    assert basis.width_ratio("mouthFunnel") < 0.75
    funnel = basis.unit("mouthFunnel")
    assert (funnel[14, 1] - funnel[13, 1]) * CM > 0.8, "lips part"
    assert basis.width_ratio(*both("mouthSmile")) > 1.2
    assert -basis.unit("mouthSmileLeft")[LEFT_CORNER, 1] * CM > 0.7
    assert basis.unit("mouthFrownLeft")[LEFT_CORNER, 1] * CM > 0.5
    assert basis.width_ratio(*both("mouthStretch")) > 1.2
    assert -basis.unit("browInnerUp")[336, 1] * CM > 0.5
    assert -basis.unit("browOuterUpLeft")[334, 1] * CM > 0.5
    assert basis.unit("browDownLeft")[334, 1] * CM > 0.5
    assert basis.unit("jawForward")[CHIN, 2] * CM > 0.6
    for name in ARKIT_NAMES:
        if name != "tongueOut":
            assert np.linalg.norm(basis.unit(name), axis=1).max() * CM > 0.3, name


def test_mouth_close_cancels_the_parting_of_jaw_open(basis: Basis) -> None:
    moved = basis.unit("jawOpen", "mouthClose")
    gap = moved[list(LOWER_INNER)] - moved[list(UPPER_INNER)]
    opened = basis.unit("jawOpen")[14] - basis.unit("jawOpen")[13]
    assert opened[1] * CM > 2.5
    assert np.abs(gap).max() < 0.02 * opened[1]
    assert moved[CHIN, 1] == pytest.approx(basis.unit("jawOpen")[CHIN, 1], rel=0.02)


def test_blink_closes_the_lids_of_the_mean_face(basis: Basis) -> None:
    shape = basis.mean + basis.unit("eyeBlinkLeft")
    gap = shape[list(LEFT_LOWER_LID)] - shape[list(LEFT_UPPER_LID)]
    assert np.abs(gap).max() < 1e-3
    upper, lower = basis.unit("eyeBlinkLeft")[386, 1], basis.unit("eyeBlinkLeft")[374, 1]
    assert upper > 0 > lower and upper > 4 * -lower


@pytest.mark.parametrize(
    "names",
    [("mouthPucker",), ("mouthRollLower",), ("mouthShrugLower",), both("mouthPress"),
     both("mouthSmile"), both("mouthStretch")],
)  # fmt: skip
def test_closed_lips_do_not_pass_through_each_other(basis: Basis, names: tuple[str, ...]) -> None:
    moved = basis.unit(*names)
    overlap = moved[list(UPPER_INNER), 1] - moved[list(LOWER_INNER), 1]
    assert overlap.max() < 0.0075


def test_fields_are_smooth(basis: Basis) -> None:
    edges = np.concatenate([basis.triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    length = np.linalg.norm(basis.mean[edges[:, 0]] - basis.mean[edges[:, 1]], axis=1)
    skin = np.ones(478, bool)
    for contour in (UPPER_INNER, LOWER_INNER, LEFT_UPPER_LID, LEFT_LOWER_LID):
        skin[list(contour)] = False
    long = (length > 0.03) & skin[edges].all(1)
    for name in ARKIT_NAMES:
        field = basis.unit(*(("jawOpen", name) if name == "mouthClose" else (name,)))
        step = np.linalg.norm(field[edges[:, 0]] - field[edges[:, 1]], axis=1)
        assert (step[long] / length[long]).max() < 1.8, name


def test_lower_teeth_ride_on_the_jaw_bone(basis: Basis) -> None:
    path = files("vasa_avatar") / "weights" / "face_basis.npz"
    with np.load(str(path)) as data:
        place, motion = data["lower_incisor"], data["lower_incisor_displacement"]
    assert basis.mean[13, 1] < place[1] < basis.mean[17, 1] and place[2] < basis.mean[13, 2]
    jaw = motion[ARKIT_INDEX["jawOpen"]]
    chin, lip = basis.unit("jawOpen")[CHIN, 1], basis.unit("jawOpen")[14, 1]
    assert chin < jaw[1] < lip
    assert motion[ARKIT_INDEX["jawLeft"]][0] > 0.05
    assert not motion[[ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["mouthClose"]]].any()


def test_tracker_gain(basis: Basis) -> None:
    assert basis.tracker_gain.shape == (52,)
    assert ((basis.tracker_gain >= 0.3) & (basis.tracker_gain <= 1.6)).all()
