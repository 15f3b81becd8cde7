"""Calibration: render, measure with the landmark nets, correct.

A commanded angle, distance, gaze or coefficient should be what a viewer sees. Each avatar's few
gains are found by rendering known motions and measuring the pictures.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.avatar import Avatar
from vasa_avatar.appearance.landmarks import FaceLandmarker
from vasa_avatar.appearance.measure import Measured, measure_face
from vasa_avatar.datatypes import ARKIT_INDEX, F32, FaceMotion, HeadPose, K
from vasa_avatar.render import MeshRenderer

SIZE_PX = 512
TURNS_DEG = (7.0, 10.0, 8.0)
"""pitch, yaw, roll at which the pose is measured, both ways"""
DISTANCES = (0.82, 0.9, 1.2, 1.4)
GAZES_DEG = ((6.0, 9.0, 12.0), (8.0, 13.0, 18.0))
"""pitch, yaw"""
GAZE_GAIN_RANGE = ((0.85, 1.4), (0.85, 1.2))
"""pitch, yaw; small irises measure badly, the eyeball's geometry is trusted beyond this"""
GAZE_DEAD_ZONE_DEG = 3.0
"""a portrait that looks this little past the camera is taken to look into it"""
UNIT_LEVELS = (0.35, 0.7)
UNITS = (("jawOpen",), ("mouthSmileLeft", "mouthSmileRight"))
UNIT_GAIN_RANGE = (0.9, 1.22)
"""kept narrow: a motion that was tracked should land where the face was"""


def calibrated(avatar: Avatar, landmarker: FaceLandmarker) -> Avatar:
    """The avatar with its gains measured; unchanged where its face is not found when rendered."""
    bench = _Bench(avatar, landmarker)
    if bench.rest is None:
        return dataclasses.replace(
            avatar, warnings=(*avatar.warnings, "the face was not found again, so not calibrated")
        )
    assets = dataclasses.replace(
        avatar.assets,
        pose_gain=bench.pose_gain(),
        distance_gain=bench.distance_gain(),
        gaze_gain=bench.gaze_gain(),
        unit_gain=bench.unit_gain(),
    )
    return dataclasses.replace(avatar, assets=assets)


def looks_past_camera(gaze_rad: NDArray[Any]) -> F32:
    """The portrait's gaze beyond the dead zone, (2,) pitch, yaw."""
    size = float(np.linalg.norm(gaze_rad))
    zone = np.deg2rad(GAZE_DEAD_ZONE_DEG)
    share = max(0.0, 1.0 - zone / max(size, 1e-6))
    return np.asarray(gaze_rad * share, np.float32)


class _Bench:
    """Renders motions of one avatar and measures them."""

    def __init__(self, avatar: Avatar, landmarker: FaceLandmarker) -> None:
        self._renderer = MeshRenderer(avatar, SIZE_PX)
        self._landmarker = landmarker
        self.rest: Measured | None = None
        self.rest = self._measure(FaceMotion())

    def _measure(self, motion: FaceMotion) -> Measured | None:
        return measure_face(self._renderer.render(motion), self._landmarker)

    def _pose(self, rotation_rad: Any, shift: Any = (0.0, 0.0, 0.0)) -> Measured | None:
        head = HeadPose(np.asarray(rotation_rad, np.float32), np.asarray(shift, np.float32))
        return self._measure(FaceMotion(head=head))

    def pose_gain(self) -> F32:
        """Inverse of what the three angles do to the measured ones."""
        seen = np.eye(3)
        for axis, turn in enumerate(np.deg2rad(TURNS_DEG)):
            step = np.zeros(3)
            step[axis] = turn
            plus, minus = self._pose(step), self._pose(-step)
            if plus is not None and minus is not None:
                seen[:, axis] = (plus.pose_rad - minus.pose_rad) / (2.0 * turn)
        seen[np.diag_indices(3)] = np.clip(np.diag(seen), 0.6, 1.5)
        cross = np.clip(seen - np.diag(np.diag(seen)), -0.25, 0.25)
        return np.linalg.inv(np.diag(np.diag(seen)) + cross).astype(np.float32)

    def distance_gain(self) -> float:
        """How much farther the head must be drawn so that it measures as commanded."""
        assert self.rest is not None
        ratios = []
        for distance in DISTANCES:
            seen = self._pose(np.zeros(3), (0.0, 0.0, distance - 1.0))
            if seen is not None:
                measured = self.rest.scale_px / seen.scale_px - 1.0
                ratios.append((distance - 1.0) / measured if abs(measured) > 0.02 else 1.0)
        return float(np.clip(np.mean(ratios), 0.7, 1.4)) if ratios else 1.0

    def gaze_gain(self) -> F32:
        """Inverse of the measured share of commanded gaze, pitch and yaw."""
        gains = np.ones(2)
        for axis, turns in enumerate(np.deg2rad(GAZES_DEG)):
            shares = []
            for turn in turns:
                step = np.zeros(2, np.float32)
                step[axis] = turn
                plus = self._measure(FaceMotion(gaze_rad=step))
                minus = self._measure(FaceMotion(gaze_rad=-step))
                if plus is not None and minus is not None:
                    shares.append(float(plus.gaze_rad[axis] - minus.gaze_rad[axis]) / (2.0 * turn))
            if shares:
                gains[axis] = np.clip(1.0 / max(np.median(shares), 0.1), *GAZE_GAIN_RANGE[axis])
        return gains.astype(np.float32)

    def unit_gain(self) -> F32:
        """Gain of the units that viewers read most, from what the coefficient net reads."""
        assert self.rest is not None
        gains = np.ones(K, np.float32)
        for names in UNITS:
            units = [ARKIT_INDEX[name] for name in names]
            base = float(self.rest.coefficients[units].mean())
            shares = []
            for level in UNIT_LEVELS:
                expression = np.zeros(K, np.float32)
                expression[units] = level
                seen = self._measure(FaceMotion(expression))
                if seen is not None:
                    shares.append((float(seen.coefficients[units].mean()) - base) / level)
            if shares:
                gains[units] = np.clip(1.0 / max(float(np.mean(shares)), 0.3), *UNIT_GAIN_RANGE)
        # mouthClose undoes the parting of jawOpen, so it goes with it.
        gains[ARKIT_INDEX["mouthClose"]] = gains[ARKIT_INDEX["jawOpen"]]
        return gains
