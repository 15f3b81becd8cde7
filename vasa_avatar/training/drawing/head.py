"""A head's proportions and turn: points on its surface to points in the picture.

The plan's unit is half the face's width at the cheeks; x runs to the viewer's right, y down, z
towards the viewer; 0, 0 lies between the eyes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vasa_avatar.training.drawing.dice import between, chance, pick
from vasa_avatar.training.drawing.paper import Points, curve


@dataclass(frozen=True, slots=True)
class Proportions:
    """Where things are on a face that looks straight ahead."""

    eye_x: float
    eye_y: float
    eye_half_width: float
    eye_height: float
    """of the whole opening"""
    brow_y: float
    nose_y: float
    mouth_y: float
    chin_y: float
    top_y: float
    """upper end of the skull, negative"""
    jaw: tuple[float, float, float]
    """half widths at a third, two thirds and nine tenths of the way from the eyes to the chin"""
    chin_width: float
    temple: float
    """half width of the forehead"""
    depth: float
    """how far the face stands out"""


@dataclass(frozen=True, slots=True)
class Turn:
    """How a head is held and where it is in the picture."""

    yaw_rad: float
    """positive: towards the viewer's right"""
    pitch_rad: float
    """positive: upwards"""
    roll_rad: float
    """positive: clockwise"""
    x_px: float
    y_px: float
    scale_px: float
    """pixels per unit of the plan"""


class Head:
    """Maps the plan to the picture.

    Args:
        proportions: of the face.
        turn: of the head.
    """

    def __init__(self, proportions: Proportions, turn: Turn) -> None:
        self.plan = proportions
        self.turn = turn
        chin = proportions.chin_y
        top = proportions.top_y
        skull = np.sin(np.linspace(0.0, np.pi / 2, 6))[:-1]
        rows = np.concatenate(
            [top * np.cos(np.arcsin(skull)), [-0.35, 0.0, chin / 3, chin * 2 / 3, chin * 0.9, chin]]
        )
        tip = proportions.chin_width
        widths = np.concatenate([skull * proportions.temple, [0.985, 1.0, *proportions.jaw, tip]])
        self._rows = np.linspace(proportions.top_y, chin, 64)
        self._widths = _smooth(rows, widths, self._rows)
        yaw, pitch = turn.yaw_rad, turn.pitch_rad
        self._yaw = np.cos(yaw), np.sin(yaw)
        self._pitch = np.cos(pitch), np.sin(pitch)
        self._roll = np.cos(turn.roll_rad), np.sin(turn.roll_rad)

    def half_width(self, y: Points) -> Points:
        """The face's half width at heights of the plan."""
        return np.interp(y, self._rows, self._widths).astype(np.float32)

    def project(self, points: Points) -> Points:
        """(..., 3) of the plan to (..., 2) pixels."""
        x, y, z = np.moveaxis(np.asarray(points, np.float64), -1, 0)
        (cy, sy), (cp, sp), (cr, sr) = self._yaw, self._pitch, self._roll
        x, z = x * cy + z * sy, z * cy - x * sy
        y = y * cp - z * sp
        turn = self.turn
        return np.stack(
            [
                turn.x_px + turn.scale_px * (x * cr - y * sr),
                turn.y_px + turn.scale_px * (x * sr + y * cr),
            ],
            -1,
        ).astype(np.float32)

    def surface(self, points: Points, lift: float = 0.0) -> Points:
        """(..., 2) on the face's skin to pixels; `lift` is how far above it."""
        points = np.asarray(points, np.float64)
        x, y = points[..., 0], points[..., 1]
        width = np.maximum(self.half_width(y), 0.05)
        edge = self._edge_depth(y)
        front = self.plan.depth
        across = np.sqrt(np.clip(1 - (x / width) ** 2, 0, 1))
        z = edge + (front - edge) * across + lift
        return self.project(np.stack([x, y, z], -1))

    def shell(self, angles: Points, y: Points, grow: float) -> Points:
        """Points on the hair around the skull to pixels.

        Args:
            angles: radians around the head, 0 in front, positive to the viewer's right.
            y: height of the plan.
            grow: size relative to the skull.
        """
        angles, y = np.broadcast_arrays(np.asarray(angles, np.float64), np.asarray(y, np.float64))
        top = self.plan.top_y
        height = np.clip((y - 0.1) / (top * grow - 0.1), 0, 1)
        width = np.sqrt(np.clip(1 - height**2.4, 0, 1))
        x = np.sin(angles) * 1.02 * grow * width
        z = np.cos(angles) * (0.95 * grow) * width - 0.06
        return self.project(np.stack([x, y, z], -1))

    def flat(self, points: Points) -> Points:
        """(..., 2) x, y that do not turn with the face (as wide from any side) to pixels."""
        points = np.asarray(points, np.float64)
        (cr, sr), turn = self._roll, self.turn
        x, y = points[..., 0], points[..., 1]
        spot = np.stack([x * cr - y * sr, x * sr + y * cr], -1) * turn.scale_px
        return (spot + [turn.x_px, turn.y_px]).astype(np.float32)

    def silhouette(self) -> tuple[Points, Points]:
        """(48, 2) pixels each: the visible outline on the viewer's left and right, top to chin."""
        y = np.linspace(self.plan.top_y, self.plan.chin_y, 48)
        return self.edge(y, -1), self.edge(y, 1)

    def edge(self, y: Points, side: int) -> Points:
        """(n, 2) pixels of the visible outline at heights of the plan; side -1 left, 1 right."""
        y = np.asarray(y, np.float64)
        width = np.maximum(self.half_width(y).astype(np.float64), 0.02)
        depth_edge = self._edge_depth(y)
        bulge = self.plan.depth - depth_edge
        cosine, sine = self._yaw
        if side * sine > 0:
            across = width * cosine / np.maximum(np.hypot(width * cosine, bulge * sine), 1e-6)
            x = side * across * width
            z = depth_edge + bulge * np.sqrt(np.clip(1 - across**2, 0, 1))
            dent = np.exp(-(((y - self.plan.eye_y + 0.02) / 0.22) ** 2)) * 0.07
            cheek = np.exp(-(((y - 0.42 * self.plan.chin_y) / 0.25) ** 2)) * 0.05
            x = x * (1 + (cheek - dent) * abs(sine))
        else:
            x, z = side * width, depth_edge
        return self.project(np.stack([x, y, z], -1))

    def length_px(self, units: float) -> float:
        """A length of the plan in pixels."""
        return units * self.turn.scale_px

    def _edge_depth(self, y: Points) -> Points:
        down = np.clip(np.asarray(y, np.float64) / self.plan.chin_y, 0, 1)
        depth: Points = self.plan.depth * 0.92 * down**2.6
        return depth


def _smooth(rows: Points, widths: Points, at: Points) -> Points:
    line = curve(np.stack([widths, rows], 1), 200)
    order = np.argsort(line[:, 1])
    widths_at: Points = np.interp(at, line[order, 1], line[order, 0])
    return widths_at


def draw_proportions(rng: np.random.Generator, kind: str) -> Proportions:
    """Sample a face of one kind: anime, chibi, cartoon, doll or sober."""
    ranges = _RANGES[kind]
    eye_half = between(rng, *ranges["eye_half"])
    eye_x = max(between(rng, *ranges["eye_x"]), eye_half + between(rng, 0.03, 0.12))
    eye_x = min(eye_x, 0.93 - eye_half)
    height = between(rng, *ranges["eye_height"])
    chin = between(rng, *ranges["chin"])
    low_eye = height * 0.55
    mouth_room = chin - low_eye
    mouth = low_eye + mouth_room * between(rng, *ranges["mouth"])
    nose = low_eye * 0.6 + (mouth - low_eye * 0.6) * between(rng, 0.35, 0.72)
    shape = pick(rng, ["pointed", "round", "square", "long"], ranges["shapes"])
    third, two, nine, tip = _JAWS[shape]
    third, two, nine = (share + between(rng, -0.05, 0.05) for share in (third, two, nine))
    return Proportions(
        eye_x=eye_x,
        eye_y=between(rng, -0.03, 0.05),
        eye_half_width=eye_half,
        eye_height=height,
        brow_y=-height * 0.55 - between(rng, *ranges["brow"]),
        nose_y=nose,
        mouth_y=mouth,
        chin_y=chin,
        top_y=-between(rng, *ranges["top"]),
        jaw=(min(third, 1.02), two, max(nine, 0.16)),
        chin_width=max(0.02, tip + between(rng, -0.04, 0.06)),
        temple=between(rng, 0.86, 0.97),
        depth=between(rng, 0.6, 0.85),
    )


_JAWS = {
    "pointed": (0.93, 0.66, 0.33, 0.04),
    "round": (0.98, 0.84, 0.56, 0.18),
    "square": (0.97, 0.87, 0.66, 0.34),
    "long": (0.95, 0.76, 0.46, 0.14),
}
_RANGES: dict[str, dict[str, tuple[float, ...]]] = {
    "anime": {
        "eye_half": (0.19, 0.31), "eye_x": (0.42, 0.56), "eye_height": (0.24, 0.58),
        "chin": (0.88, 1.2), "mouth": (0.42, 0.68), "brow": (0.06, 0.24), "top": (1.1, 1.5),
        "shapes": (0.6, 0.25, 0.05, 0.1),
    },
    "chibi": {
        "eye_half": (0.17, 0.30), "eye_x": (0.42, 0.58), "eye_height": (0.34, 0.64),
        "chin": (0.58, 0.85), "mouth": (0.25, 0.7), "brow": (0.04, 0.22), "top": (1.1, 1.5),
        "shapes": (0.2, 0.7, 0.1, 0.0),
    },
    "cartoon": {
        "eye_half": (0.05, 0.34), "eye_x": (0.26, 0.52), "eye_height": (0.12, 0.66),
        "chin": (0.8, 1.5), "mouth": (0.4, 0.72), "brow": (0.05, 0.3), "top": (0.9, 1.5),
        "shapes": (0.1, 0.45, 0.25, 0.2),
    },
    "doll": {
        "eye_half": (0.19, 0.30), "eye_x": (0.42, 0.52), "eye_height": (0.24, 0.5),
        "chin": (0.8, 1.15), "mouth": (0.45, 0.68), "brow": (0.1, 0.26), "top": (1.0, 1.4),
        "shapes": (0.2, 0.6, 0.1, 0.1),
    },
    "sober": {
        "eye_half": (0.15, 0.23), "eye_x": (0.40, 0.50), "eye_height": (0.07, 0.2),
        "chin": (1.05, 1.45), "mouth": (0.55, 0.7), "brow": (0.08, 0.22), "top": (1.1, 1.5),
        "shapes": (0.3, 0.15, 0.2, 0.35),
    },
}  # fmt: skip


def draw_turn(rng: np.random.Generator, x_px: float, y_px: float, scale_px: float) -> Turn:
    """Sample how the head is held; most are nearly upright, some look far aside."""
    spread = pick(rng, [0.1, 0.3, 0.5], [0.35, 0.35, 0.3])
    yaw = float(np.clip(rng.normal(0, spread), -0.95, 0.95))
    roll = float(rng.normal(0, 0.28 if chance(rng, 0.6) else 0.06))
    pitch = float(np.clip(rng.normal(0, 0.14), -0.35, 0.35))
    return Turn(yaw, pitch, float(np.clip(roll, -1.0, 1.0)), x_px, y_px, scale_px)
