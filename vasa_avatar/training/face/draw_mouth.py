"""Anatomical proportions to weights/mouth_interior.npz: teeth with gums and a tongue, drawn.

Each tooth is an outline (neck, scalloped gum line, incisal edge) with enamel shading: warm neck,
bright body, translucent edge, a cylinder's falloff to the sides and a soft highlight. Widths are
as seen from the front, where the back teeth show little of themselves; a row covers ROW_MM. Towards
the cheeks it falls into a warm dark: less light comes in, and what comes has been on skin.

    python -m vasa_avatar.training.face.draw_mouth --out vasa_avatar/weights/mouth_interior.npz
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import F32, U8

PX_PER_MM = 5.5
ROW_MM = 60.0
"""from cheek to cheek, first molars included"""
OVERSAMPLE = 4
SEED = 11
CHEEK_FROM_MM, CHEEK_AT_MM = 9.0, 34.0
"""half widths between which the light falls"""
CHEEK_LIGHT_RGB = (0.42, 0.33, 0.28)
"""share of it that is left at the cheeks"""
NECK_RGB = (204, 165, 131)
BODY_RGB = (228, 199, 177)
EDGE_RGB = (206, 184, 170)
GUM_RGB = (186, 104, 103)
GUM_DEEP_RGB = (136, 62, 66)
SEAM_RGB = (138, 92, 78)
TONGUE_RGB = (186, 98, 98)


@dataclass(frozen=True, slots=True)
class Tooth:
    """One tooth as seen from the front, in mm."""

    width: float
    height: float
    edge: float
    """how far its edge stays behind the longest tooth's"""
    light: float
    point: float = 0.0
    """0 = straight edge, 1 = cusp"""
    neck: float = 0.84
    """width at the gum as a share of the width"""


UPPER = (
    Tooth(8.35, 9.4, 0.0, 1.0), Tooth(6.2, 8.3, 0.7, 0.965, 0.12, 0.80),
    Tooth(5.6, 9.2, 0.15, 0.95, 0.75, 0.82), Tooth(3.9, 7.9, 0.8, 0.94, 0.6),
    Tooth(2.8, 6.9, 1.2, 0.92, 0.5), Tooth(2.6, 6.0, 1.7, 0.90, 0.4),
)  # fmt: skip
LOWER = (
    Tooth(4.9, 7.8, 0.0, 0.95, 0.0, 0.78), Tooth(5.4, 8.0, 0.1, 0.94, 0.05, 0.78),
    Tooth(5.9, 8.8, -0.25, 0.91, 0.7, 0.78), Tooth(4.4, 7.2, 0.4, 0.88, 0.5),
    Tooth(3.2, 6.6, 0.7, 0.84, 0.5), Tooth(2.8, 5.8, 0.8, 0.80, 0.3),
    Tooth(2.4, 5.4, 0.9, 0.76, 0.2),
)  # fmt: skip


def _noise(rng: np.random.Generator, shape: tuple[int, int], sigma_xy: tuple[float, float]) -> F32:
    raw = rng.standard_normal(shape).astype(np.float32)
    field = cv2.GaussianBlur(raw, (0, 0), sigmaX=sigma_xy[0], sigmaY=sigma_xy[1])
    return (field / max(float(field.std()), 1e-6)).astype(np.float32)


def _smooth(x: Any, low: float, high: float) -> Any:
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def tooth_place(
    tooth: Tooth, centre_mm: float, outward: float, xs: F32, ys: F32
) -> tuple[F32, F32, NDArray[np.bool_]]:
    """Local coordinates of a tooth and where it is.

    Args:
        tooth: its sizes.
        centre_mm: its middle, mm from the middle of the row.
        outward: +1 when the side away from the middle is to the right.
        xs: (H, W) mm from the middle of the row.
        ys: (H, W) mm, 0 at the longest edge, upwards positive.

    Returns:
        u (-1..1 across, + outward), v (0 at the gum, 1 at the edge), mask.
    """
    v = 1 - (ys - tooth.edge) / tooth.height
    body = tooth.neck + (1 - tooth.neck) * np.clip(v / 0.72, 0, 1) ** 0.75
    body = body - 0.05 * np.clip((v - 0.75) / 0.25, 0, 1) ** 2
    u = (xs - centre_mm) * outward / (0.5 * tooth.width * body)
    corner = np.where(u > 0, 0.15, 0.07) * np.abs(u) ** 5
    edge = 1 - corner - tooth.point * 0.15 * np.abs(u - 0.05) ** 1.25
    return u, v, (np.abs(u) < 1) & (v < edge) & (v > -0.1)


def enamel(tooth: Tooth, u: F32, v: F32, grain: F32) -> F32:
    """(H, W, 3) colour of a tooth."""
    neck, body, edge = (np.array(c, np.float32) for c in (NECK_RGB, BODY_RGB, EDGE_RGB))
    warm = (1 - _smooth(v, 0.05, 0.55))[..., None]
    glassy = (0.75 * _smooth(v, 0.78, 0.98))[..., None]
    colour = body + (neck - body) * warm * 0.85
    colour = colour + (edge - colour) * glassy
    round_off = 1 - 0.22 * np.abs(u) ** 2.6
    lobes = 1 - 0.018 * np.cos(3 * np.pi * u) * _smooth(v, 0.3, 0.9)
    shine = np.exp(-(((u + 0.22) / 0.20) ** 2) - ((v - 0.48) / 0.22) ** 2)
    light = tooth.light * round_off * lobes * (1 + 0.012 * grain)
    lit: F32 = colour * light[..., None] + (20 * tooth.light * shine)[..., None]
    return lit


def draw_row(teeth: tuple[Tooth, ...], rows: int, seed: int) -> U8:
    """(rows, 330, 4) straight-alpha RGBA of an upper row; edges at the bottom."""
    scale = PX_PER_MM * OVERSAMPLE
    height, width = rows * OVERSAMPLE, round(ROW_MM * PX_PER_MM) * OVERSAMPLE
    rng = np.random.default_rng(seed)
    jitter = np.random.default_rng(seed + 1)
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    xs = (xs + 0.5 - width / 2) / scale
    ys = (height - ys - 0.5) / scale - 0.35
    grain = _noise(rng, (height, width), (3.0, 9.0)) + _noise(rng, (height, width), (14.0, 14.0))
    colour = np.zeros((height, width, 3), np.float32)
    alpha = np.zeros((height, width), np.float32)
    seams = np.zeros((height, width), np.float32)
    layers = []
    for outward in (1.0, -1.0):
        at = 0.0
        for tooth in teeth:
            centre = at + tooth.width / 2
            at += tooth.width
            wide = tooth.width * (1 + 0.015 * jitter.standard_normal())
            own = Tooth(
                wide, tooth.height * (1 + 0.02 * jitter.standard_normal()),
                tooth.edge + 0.10 * jitter.standard_normal(), tooth.light, tooth.point, tooth.neck,
            )  # fmt: skip
            layers.append((own, outward * centre, outward))
    layers.sort(key=lambda item: -abs(item[1]))
    for tooth, centre, outward in layers:
        u, v, mask = tooth_place(tooth, centre, outward, xs, ys)
        near = (np.abs(u) < 1.12) & (v > 0.2) & (v < 0.93)
        seams = np.maximum(seams, near * (1 - _smooth(v, 0.80, 0.93)))
        colour = np.where(mask[..., None], enamel(tooth, u, v, grain), colour)
        alpha = np.maximum(alpha, mask)
    gums = _gums(xs, ys, teeth, rng, grain.shape)
    below_gum = _gum_height(xs, teeth) - ys
    colour = np.where((alpha > 0)[..., None], colour, np.array(SEAM_RGB, np.float32))
    colour = colour * (1 - 0.16 * np.exp(-np.maximum(below_gum, 0) / 0.45))[..., None]
    colour = np.where((below_gum < 0)[..., None], gums, colour)
    alpha = np.maximum(alpha, np.maximum(below_gum < 0, seams * 0.9))
    colour = colour * _cheek_light(xs)
    ends = 1 - _smooth(np.abs(xs), 26.5, 29.5)
    top = _smooth(height - np.mgrid[:height, :width][0][::-1], 0, 2 * OVERSAMPLE)
    rgba = np.dstack([colour, 255 * alpha * ends * top])
    return _down(rgba)


def _cheek_light(xs: F32) -> F32:
    """(H, W, 3) light that is left at each place of a row."""
    fall = _smooth(np.abs(xs), CHEEK_FROM_MM, CHEEK_AT_MM)[..., None]
    light: F32 = 1.0 - fall * (1.0 - np.array(CHEEK_LIGHT_RGB, np.float32))
    return light


def _gum_height(xs: F32, teeth: tuple[Tooth, ...]) -> F32:
    """Height (mm above the longest edge) where gums begin between and above the teeth."""
    bound = np.zeros_like(xs)
    at = 0.0
    for tooth in teeth:
        middle = at + tooth.width / 2
        u = (np.abs(xs) - middle) / (0.5 * tooth.width)
        arch = tooth.edge + tooth.height * (1 - 0.36 * np.abs(u) ** 2.6)
        bound = np.where(np.abs(u) <= 1.0, arch, bound)
        at += tooth.width
    return np.where(np.abs(xs) >= at, 5.5, bound).astype(np.float32)


def _gums(
    xs: F32, ys: F32, teeth: tuple[Tooth, ...], rng: np.random.Generator, shape: tuple[int, int]
) -> F32:
    light, deep = np.array(GUM_RGB, np.float32), np.array(GUM_DEEP_RGB, np.float32)
    above = ys - _gum_height(xs, teeth)
    colour = light + (deep - light) * (_smooth(above, 0.9, 3.6) * 0.75)[..., None]
    rim = np.exp(-(((above - 0.45) / 0.35) ** 2))
    stipple = _noise(rng, shape, (2.2, 2.2))
    lit: F32 = colour * (1 + 0.02 * stipple)[..., None] + (16 * rim)[..., None]
    return lit


def _down(rgba: NDArray[Any]) -> U8:
    alpha = rgba[..., 3:] / 255.0
    premultiplied = np.concatenate([rgba[..., :3] * alpha, rgba[..., 3:]], -1).astype(np.float32)
    size = (rgba.shape[1] // OVERSAMPLE, rgba.shape[0] // OVERSAMPLE)
    small: Any = cv2.resize(premultiplied, size, interpolation=cv2.INTER_AREA)
    small[..., :3] /= np.maximum(small[..., 3:] / 255.0, 1e-3)
    straight: U8 = np.clip(small + 0.5, 0, 255).astype(np.uint8)
    return straight


def draw_tongue(rows: int = 48, columns: int = 80) -> U8:
    """(rows, columns, 4) tongue from above and in front: groove, papillae, moist light."""
    rng = np.random.default_rng(SEED)
    height, width = rows * OVERSAMPLE, columns * OVERSAMPLE
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    x, y = (xs + 0.5) / width * 2 - 1, (ys + 0.5) / height
    outline = np.abs(x) ** 2.6 + (np.clip(0.42 - y, 0, 1) / 0.42) ** 2.4
    alpha = 1 - _smooth(outline, 0.90, 1.0)
    body = 1 - 0.34 * np.abs(x) ** 2.2 - 0.22 * (1 - y) ** 2
    groove = 1 - 0.13 * np.exp(-((x / 0.07) ** 2)) * _smooth(y, 0.05, 0.4)
    papillae = 1 + 0.028 * _noise(rng, (height, width), (2.0, 2.0))
    patches = 1 + 0.035 * _noise(rng, (height, width), (16.0, 12.0))
    wet = np.exp(-(((np.abs(x) - 0.34) / 0.16) ** 2) - ((y - 0.36) / 0.14) ** 2)
    wet = wet * (1 + 0.5 * _noise(rng, (height, width), (5.0, 3.0)))
    colour = np.array(TONGUE_RGB, np.float32) * (body * groove * papillae * patches)[..., None]
    colour = colour + np.clip(26 * wet, 0, 60)[..., None]
    return _down(np.dstack([colour, 255 * alpha]))


def main() -> None:
    """Draw and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    np.savez_compressed(
        args.out,
        upper_teeth_rgba=draw_row(UPPER, 64, SEED),
        lower_teeth_rgba=draw_row(LOWER, 56, SEED + 10)[::-1].copy(),
        tongue_rgba=draw_tongue(),
    )


if __name__ == "__main__":
    main()
