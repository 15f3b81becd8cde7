"""The light that falls on a portrait's face, for what is drawn inside its mouth.

Teeth and tongue are drawn as daylight shows them. The whites of the eyes tell the light's colour
and strength, because everybody's are nearly alike; the skin tells the same less surely, because it
comes in many colours, and is believed only near what the whites say. Where lips and skin are no
redder than the whites, as on marble, nothing inside is red either.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vasa_avatar.appearance.baking.lids import LEFT_EYE, RIGHT_EYE, EyeContours
from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.appearance.picture import texture
from vasa_avatar.datatypes import F32, F64, Floats
from vasa_avatar.geometry import face_topology as topo

# Medians of 12 portraits of generated people in plain light, whose interior looks right as drawn.
WHITE_TINT = (1.12, 0.95, 0.91)
"""colour of the whites over their luma"""
SKIN_TINT = (1.25, 0.91, 0.81)
WHITE_LUMA, SKIN_LUMA = 125.0, 155.0
MIN_WHITE_TEXELS = 60
"""of both eyes together"""
DARK_GLASS = 0.35
"""whites darker than this share of the skin are behind dark glass, or none"""
SKIN_SHARE = 0.35
"""of the skin's word on the light's colour"""
SKIN_APART = 0.25
"""log of the ratio by which the skin may at most differ from the whites: more is paint or a mask"""
PLAIN_SPREAD = 0.12
"""length of the log of a tint that people in plain light have anyway"""
MOST_LIGHT = 1.1
"""a brighter portrait is overexposed, and its teeth are white already"""
FLESH_REDNESS = (0.02, 0.07)
"""log of red over green beyond the whites': stone has less than the first, the palest of 12 people
.18, the palest drawn face .08"""
_LUMA = np.array([0.299, 0.587, 0.114])
_SKIN = (50, 280, 101, 330, 205, 425, 36, 266, 9, 151, 4, 195, 118, 347, 117, 346)
"""landmarks on cheeks, forehead and nose"""


@dataclass(frozen=True, slots=True, eq=False)
class MouthLight:
    """How what was drawn in daylight looks in the portrait's light."""

    gain_rgb: F32
    """(3,) light of each channel over plain daylight's"""
    flesh: float
    """0 = stone: what is drawn loses its colour, 1 = a person"""

    def on(self, rgba: F32) -> F32:
        """A picture with premultiplied alpha, (H, W, 4), in this light."""
        lit = rgba.copy()
        lit[..., :3] = np.minimum(self.on_colour(rgba[..., :3]), rgba[..., 3:])
        return lit

    def on_colour(self, rgb: Floats) -> F32:
        """Colours (..., 3) in this light."""
        grey = (rgb @ _LUMA)[..., None]
        return np.asarray((grey + self.flesh * (rgb - grey)) * self.gain_rgb, np.float32)


def mouth_light(bench: Workbench) -> MouthLight:
    """Measure the light on the canvas."""
    skin = _median_at(bench, _SKIN)
    white = _white_of_eyes(bench, float(skin @ _LUMA))
    flesh_red = max(_redness(skin), *_redness_of_lips(bench))
    redness = flesh_red - (0.0 if white is None else _redness(white))
    flesh = float(texture.smoothstep(*FLESH_REDNESS, np.array(redness)))
    level = float(skin @ _LUMA) / SKIN_LUMA
    tint = np.log(_tint(skin) / _plain(SKIN_TINT, flesh))
    if white is not None:
        level = max(level, float(white @ _LUMA) / WHITE_LUMA)
        from_white = np.log(_tint(white) / _plain(WHITE_TINT, flesh))
        apart = np.clip(tint - from_white, -SKIN_APART, SKIN_APART)
        tint = from_white + SKIN_SHARE * apart
    tint *= max(0.0, 1.0 - PLAIN_SPREAD / max(float(np.linalg.norm(tint)), 1e-6))
    gain = np.minimum(level, 1.0) * np.exp(tint)
    return MouthLight(np.clip(gain, 0.0, MOST_LIGHT).astype(np.float32), flesh)


def _redness_of_lips(bench: Workbench) -> tuple[float, float]:
    """At their outer edge, and halfway to the inner one."""
    outer = bench.landmarks_px[[*topo.LIP_OUTER_UPPER[3:8], *topo.LIP_OUTER_LOWER[3:8]]]
    inner = bench.landmarks_px[[*topo.LIP_INNER_UPPER[3:8], *topo.LIP_INNER_LOWER[3:8]]]
    return _redness(_median(bench, outer)), _redness(_median(bench, 0.5 * (outer + inner)))


def _median_at(bench: Workbench, landmarks: tuple[int, ...]) -> F64:
    return _median(bench, bench.landmarks_px[list(landmarks)])


def _median(bench: Workbench, design_xy: F32) -> F64:
    at = bench.texels(design_xy)
    return np.asarray(np.median(texture.sample(bench.canvas.rgb, at), 0), np.float64)


def _white_of_eyes(bench: Workbench, skin_luma: float) -> F64 | None:
    """(3,) colour of the lit part of both whites; None where too little is seen of them."""
    texels = np.concatenate([_white_texels(bench, eye) for eye in (RIGHT_EYE, LEFT_EYE)])
    if len(texels) < MIN_WHITE_TEXELS:
        return None
    luma = texels @ _LUMA
    low, high = np.quantile(luma, (0.6, 0.95))  # neither lashes and shadow nor highlights
    white = np.median(texels[(luma >= low) & (luma <= high)], 0)
    return white.astype(np.float64) if float(white @ _LUMA) > DARK_GLASS * skin_luma else None


def _white_texels(bench: Workbench, eye: EyeContours) -> F32:
    """(n, 3) colours between the lids and beside the iris."""
    xy = bench.landmarks_px[:, :2]
    hole, centre = xy[list(eye.hole)], xy[eye.iris[0]]
    radius = float(np.linalg.norm(xy[list(eye.iris[1:])] - centre, axis=1).mean())
    part = bench.window(hole.min(0) - 2.0, hole.max(0) + 2.0)
    inside = texture.polygon_mask(part.rgb.shape[:2], bench.texels(hole) - part.first)
    inside = np.asarray(cv2.erode(inside, np.ones((3, 3)), iterations=2), np.float32)
    ys, xs = np.mgrid[: inside.shape[0], : inside.shape[1]]
    middle = bench.texels(centre) - part.first
    apart = np.hypot(xs - middle[0], ys - middle[1])
    beside = apart > 1.14 * radius * bench.canvas.texels_per_px
    return np.asarray(part.rgb[(inside > 0.5) & beside], np.float32)


def _tint(rgb: F64) -> F64:
    """(3,) colour over its luma."""
    return np.asarray(np.maximum(rgb, 1.0) / max(float(rgb @ _LUMA), 1.0))


def _plain(tint: tuple[float, float, float], flesh: float) -> F64:
    """What a tint is in plain light, of a person or of stone."""
    return np.asarray(1.0 + flesh * (np.array(tint) - 1.0))


def _redness(rgb: F64) -> float:
    """Log of red over green, without the noise of dark channels."""
    return float(np.log((rgb[0] + 8.0) / (rgb[1] + 8.0)))
