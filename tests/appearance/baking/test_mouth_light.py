"""Teeth and tongue stand in the portrait's light; a smile is filled with teeth that fade away."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from vasa_avatar.appearance import Avatar, build_avatar, load_avatar
from vasa_avatar.appearance.reading import FaceLandmarks
from vasa_avatar.datatypes import ARKIT_INDEX, F32, F64, U8, FaceMotion, K
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.nets import ModelStore
from vasa_avatar.render import MeshRenderer, assets

PROFILES = Path(__file__).parents[3] / "character_profiles"
SIZE_PX = 512
LUMA = np.array([0.299, 0.587, 0.114])
LAUGH = {"mouthSmile": 0.9, "mouthUpperUp": 0.5, "mouthLowerDown": 0.4, "jawOpen": 0.4}
GRIN = {"mouthSmile": 1.0, "mouthUpperUp": 0.4, "mouthLowerDown": 0.25, "jawOpen": 0.1}


def motion(levels: dict[str, float]) -> FaceMotion:
    expression = np.zeros(K, np.float32)
    for name, level in levels.items():
        for full in (name, f"{name}Left", f"{name}Right"):
            if full in ARKIT_INDEX:
                expression[ARKIT_INDEX[full]] = level
    return FaceMotion(expression)


def on_layer(avatar: Avatar, layer: int) -> F32:
    """Indices of a layer's vertices."""
    made = avatar.assets
    return np.unique(made.triangles[made.triangle_layer == layer])


def colour_of(avatar: Avatar, layer: int) -> F64:
    """(3,) what a laughing face shows of the middle of a layer."""
    renderer = MeshRenderer(avatar, SIZE_PX)
    shown = motion(LAUGH)
    xy = renderer.vertices_px(shown)
    lips = xy[list(topo.MOUTH_HOLE)]
    at = xy[on_layer(avatar, layer)]
    middle = lips[:, 0].mean()
    inside = (np.abs(at[:, 0] - middle) < 0.25 * np.ptp(lips[:, 0])) & (
        (at[:, 1] > xy[13, 1] + 3) & (at[:, 1] < xy[14, 1] - 3)
    )
    assert inside.any()
    x, y = np.rint(at[inside]).astype(int).T
    frame = renderer.render(shown)
    patch = [frame[y + dy, x + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return np.median(np.concatenate(patch), 0).astype(np.float64)


def bake(rgb: U8, light: tuple[float, float, float], store: ModelStore) -> Avatar:
    lit = np.clip(rgb * np.array(light), 0, 255).astype(np.uint8)
    return build_avatar(lit, store=store, calibrate=False)


@pytest.fixture(scope="module")
def plain(synthetic_rgb: U8, store: ModelStore, landmarker: object) -> Avatar:
    return bake(synthetic_rgb, (1.0, 1.0, 1.0), store)


@pytest.mark.slow
@pytest.mark.parametrize(
    "light", [(0.32, 0.37, 0.95), (0.9, 0.25, 0.2), (0.4, 0.9, 0.45), (0.42, 0.42, 0.42)]
)
@pytest.mark.parametrize("layer", [assets.LAYER_UPPER_TEETH, assets.LAYER_TONGUE])
def test_the_inside_stands_in_the_portraits_light(
    plain: Avatar,
    lit_avatars: dict[tuple[float, float, float], Avatar],
    light: tuple[float, float, float],
    layer: int,
) -> None:
    seen = colour_of(lit_avatars[light], layer) / colour_of(plain, layer)
    np.testing.assert_allclose(seen, light, rtol=0.4, atol=0.06)


@pytest.fixture(scope="module")
def lit_avatars(
    synthetic_rgb: U8, store: ModelStore, plain: Avatar
) -> dict[tuple[float, float, float], Avatar]:
    lights = [(0.32, 0.37, 0.95), (0.9, 0.25, 0.2), (0.4, 0.9, 0.45), (0.42, 0.42, 0.42)]
    return {light: bake(synthetic_rgb, light, store) for light in lights}


@pytest.mark.slow
def test_marble_has_no_red_mouth(synthetic_rgb: U8, store: ModelStore, plain: Avatar) -> None:
    """A stone face before coloured things: the picture is not in one tone."""
    grey = (synthetic_rgb @ LUMA)[..., None] * np.array([1.02, 1.0, 0.97])
    stone = np.where(np.arange(len(grey))[None, :, None] < 40, synthetic_rgb, grey)
    avatar = build_avatar(np.clip(stone, 0, 255).astype(np.uint8), store=store, calibrate=False)
    for layer in (assets.LAYER_TONGUE, assets.LAYER_UPPER_TEETH):
        red, green, blue = colour_of(avatar, layer)
        assert red < 1.12 * green and blue > 0.85 * green
    red, green, _ = colour_of(plain, assets.LAYER_TONGUE)
    assert red > 1.4 * green


@pytest.mark.slow
def test_eyes_without_white_are_no_stone(
    synthetic_rgb: U8, synthetic_face: FaceLandmarks, store: ModelStore
) -> None:
    """Narrow eyes show lids where their white is looked for; lips tell that this is a person."""
    skin = np.median(synthetic_rgb[180:200, 180:200].reshape(-1, 3), 0) * (1.0, 0.8, 0.8)
    squinting = synthetic_rgb.copy()
    for hole in (topo.RIGHT_EYE_HOLE, topo.LEFT_EYE_HOLE):
        outline = np.rint(synthetic_face.points_px[list(hole), :2]).astype(np.int32)
        cv2.fillPoly(squinting, [outline], skin.tolist())
    avatar = build_avatar(squinting, store=store, calibrate=False)
    red, green, _ = colour_of(avatar, assets.LAYER_TONGUE)
    assert red > 1.2 * green


@pytest.mark.parametrize("name", ["greta", "iris", "leo"])
def test_a_smile_is_filled_and_fades_into_a_warm_dark(name: str) -> None:
    avatar = load_avatar(PROFILES / name / "avatar.npz")
    renderer = MeshRenderer(avatar, SIZE_PX)
    shown = motion(GRIN)
    frame, xy = renderer.render(shown).astype(np.float64), renderer.vertices_px(shown)
    left, right = xy[78], xy[308]
    teeth = xy[on_layer(avatar, assets.LAYER_UPPER_TEETH)]
    assert np.ptp(teeth[:, 0]) > 0.93 * (right[0] - left[0])
    half, middle = 0.5 * (right[0] - left[0]), 0.5 * (right[0] + left[0])
    front = at_height(frame, xy, middle)
    lumas = []
    for share in (0.5, 0.7, 0.85):
        for x in (middle - share * half, middle + share * half):
            colour = at_height(frame, xy, x)
            lumas.append(float(colour @ LUMA) / float(front @ LUMA))
            assert colour[0] > 1.1 * colour[2], "warm"
    assert min(lumas) > 0.18, "no black corner"
    assert np.mean(lumas[4:]) < np.mean(lumas[2:4]) < np.mean(lumas[:2]) < 1.0


def at_height(frame: F64, xy: F32, x: float) -> F64:
    """The brighter part of the column between the lips at x."""
    upper, lower = (
        np.interp(x, xy[list(row), 0], xy[list(row), 1])
        for row in (topo.LIP_INNER_UPPER, topo.LIP_INNER_LOWER)
    )
    column = frame[int(upper) + 2 : max(int(lower) - 1, int(upper) + 3), int(x)]
    return column[column @ LUMA >= np.quantile(column @ LUMA, 0.7)].mean(0)
