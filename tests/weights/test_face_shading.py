"""The shipped shading maps and mouth interior."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from vasa_avatar.datatypes import ARKIT_INDEX, ARKIT_NAMES, F32

WEIGHTS = files("vasa_avatar") / "weights"


@pytest.fixture(scope="module")
def maps() -> dict[str, F32]:
    with np.load(str(WEIGHTS / "face_shading.npz")) as data:
        gain, units = data["log2_gain"].astype(np.float32), data["units"]
    return {ARKIT_NAMES[unit]: one for unit, one in zip(units, gain, strict=True)}


@pytest.fixture(scope="module")
def uv() -> F32:
    with np.load(str(WEIGHTS / "canonical_face.npz")) as data:
        return np.asarray(data["uv"], np.float32)


def at(one: F32, place: F32) -> float:
    """Darkest value within two texels of a uv place."""
    size = len(one)
    x, y = (place * size - 0.5).round().astype(int)
    return float(one[y - 2 : y + 3, x - 2 : x + 3].min())


def test_ranges(maps: dict[str, F32]) -> None:
    assert len(maps) > 30
    for name, one in maps.items():
        assert one.shape == (128, 128) and np.isfinite(one).all(), name
        assert 0.02 < np.abs(one).max() <= 0.56, name
        assert abs(float(one.mean())) < 0.02, f"{name} changes the light of the whole face"
        assert not one[:8].any() and not one[-4:].any(), f"{name} reaches outside the face"


def test_left_and_right_mirror(maps: dict[str, F32]) -> None:
    for name, one in maps.items():
        if name.endswith("Left"):
            other = maps[name.replace("Left", "Right")]
            assert np.abs(one - other[:, ::-1]).max() < 0.12, name
            assert np.abs(one - other[:, ::-1]).mean() < 0.004, name


def test_folds_are_where_they_belong(maps: dict[str, F32], uv: F32) -> None:
    nasolabial = 0.85 * uv[426] + 0.15 * uv[425]
    assert at(maps["mouthSmileLeft"], nasolabial) < -0.15
    assert at(maps["noseSneerLeft"], 0.78 * uv[423] + 0.22 * uv[425]) < -0.08
    assert at(maps["browDownLeft"], 0.48 * uv[8] + 0.52 * uv[285]) < -0.1
    assert at(maps["browInnerUp"], 0.72 * uv[299] + 0.28 * uv[296]) < -0.08
    assert at(maps["mouthFrownLeft"], 0.25 * uv[273] + 0.75 * uv[422]) < -0.08
    right_half = maps["mouthSmileLeft"][:, :50]
    assert np.abs(right_half).max() < 0.1 * np.abs(maps["mouthSmileLeft"]).max()


def test_units_are_known() -> None:
    with np.load(str(WEIGHTS / "face_shading.npz")) as data:
        units = data["units"]
    assert len(set(units.tolist())) == len(units)
    assert ARKIT_INDEX["mouthSmileLeft"] in units and ARKIT_INDEX["jawOpen"] in units


def test_mouth_interior_shows_teeth_gums_and_tongue() -> None:
    with np.load(str(WEIGHTS / "mouth_interior.npz")) as data:
        upper, lower, tongue = (
            data[f"{key}_rgba"].astype(int) for key in ("upper_teeth", "lower_teeth", "tongue")
        )
    assert upper.shape == (64, 330, 4) and lower.shape == (56, 330, 4)
    assert tongue.shape == (48, 80, 4)
    tooth, gum = upper[40, 137:155, :3].mean(0), upper[4, 137:155, :3].mean(0)
    assert tooth.min() > 150 and tooth[0] > tooth[2], "enamel is light and a little warm"
    assert gum[0] > 1.4 * gum[2], "gums are red, at the top"
    low_gum = lower[-4, 137:155, :3].mean(0)
    assert low_gum[0] > 1.4 * low_gum[2], "gums are red, at the bottom of the lower row"
    edges = np.diff(upper[38, :, :3].sum(1))
    assert (edges < -25).sum() >= 6, "teeth are told apart"
    assert upper[-1, :, 3].max() < 20 and tongue[0, 0, 3] == 0
