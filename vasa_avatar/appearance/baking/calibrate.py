"""Calibration: render, measure with the landmark nets, correct.

A commanded angle, distance, gaze or coefficient should be what a viewer sees. Each avatar's few
gains are found by rendering known motions and measuring the pictures.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import ArrayLike

from vasa_avatar.appearance.avatar import Avatar
from vasa_avatar.appearance.baking.bake import CURVE_STEPS
from vasa_avatar.appearance.reading import FaceLandmarker, Measured, gaze_from_rest, measure_face
from vasa_avatar.datatypes import ARKIT_INDEX, F32, F64, FaceMotion, Floats, HeadPose, K
from vasa_avatar.render import MeshRenderer

SIZE_PX = 512
"""of the pictures that are measured: the size that is shown most"""
TURNS_DEG = (7.0, 10.0, 8.0)
"""pitch, yaw, roll at which the pose is measured, both ways: what a talking head does"""
DISTANCES = (0.82, 0.9, 1.2, 1.4)
"""ratios of the portrait's at which the distance is measured"""
GAZES_DEG = ((6.0, 10.0, 14.0), (8.0, 13.0, 18.0))
"""pitch, yaw at which the gaze is measured, both ways"""
GAZE_GAIN_RANGE = ((0.85, 1.3), (0.85, 1.25))
"""pitch, yaw; small irises measure badly, the eyeball's geometry is trusted beyond this"""
MIN_GAZES = 3
"""readings of the six that a gain needs"""
SMALL_TURNS = ((0.0, 0.1, 1.0), (1.0, 0.45, 0.25))
"""how far a head is turned beyond what looks good (at 30, 31.5 and 45 degrees), and the share of a
commanded yaw that it then makes at most: beyond 11 and 6 degrees the cheek that it hides is drawn
out (by eye, 15 generated portraits turned by 31 to 45 degrees)"""
UNITS = (("jawOpen",), ("mouthSmileLeft", "mouthSmileRight"))
"""coefficients whose readings are straightened, one curve each: what viewers read most"""
UNIT_LEVELS = (0.2, 0.4, 0.6, 0.8, 1.0, 1.2)
"""amounts of a unit that are drawn and read"""
MAX_AMOUNT = UNIT_LEVELS[-1]
UNIT_RANGE = (0.85, 1.3)
"""amount over command; kept narrow, as the net that reads is not a viewer"""
UNIT_TRUST = 0.7
"""how far a curve goes from the straight line to what makes the reading straight: units that act
together read higher than alone"""


def calibrated(avatar: Avatar, landmarker: FaceLandmarker) -> Avatar:
    """The avatar with its gains measured; unchanged where its face is not found when rendered."""
    probe = _Probe(avatar, landmarker)
    if probe.rest is None:
        return dataclasses.replace(
            avatar, warnings=(*avatar.warnings, "the face was not found again, so not calibrated")
        )
    assets = dataclasses.replace(
        avatar.assets,
        pose_gain=probe.pose_gain(),
        distance_gain=probe.distance_gain(),
        gaze_gain=probe.gaze_gain(),
        unit_curve=probe.unit_curve(),
    )
    return dataclasses.replace(avatar, assets=assets)


def with_small_turns(avatar: Avatar, turned_beyond: float) -> Avatar:
    """The avatar of a portrait that is turned far aside, with its turns kept to what looks right.

    Args:
        avatar: calibrated.
        turned_beyond: see `Portrait.turned_beyond`; 0 changes nothing.
    """
    if turned_beyond <= 0.0:
        return avatar
    most = float(np.interp(turned_beyond, *SMALL_TURNS))
    gain = avatar.assets.pose_gain.copy()
    gain[:, 1] *= min(1.0, most / max(float(abs(gain[1, 1])), 1e-3))
    assets = dataclasses.replace(avatar.assets, pose_gain=gain)
    return dataclasses.replace(avatar, assets=assets)


class _Probe:
    """Renders motions of one avatar and measures them."""

    def __init__(self, avatar: Avatar, landmarker: FaceLandmarker) -> None:
        # Straight curves that reach beyond 1, so that every amount can be drawn.
        curves = np.tile(np.linspace(0.0, MAX_AMOUNT, CURVE_STEPS, dtype=np.float32), (K, 1))
        assets = dataclasses.replace(avatar.assets, unit_curve=curves)
        self._renderer = MeshRenderer(dataclasses.replace(avatar, assets=assets), SIZE_PX)
        self._landmarker = landmarker
        self.rest: Measured | None = None
        self.rest = self._measure(FaceMotion())

    def _measure(self, motion: FaceMotion) -> Measured | None:
        return measure_face(self._renderer.render(motion), self._landmarker)

    def _pose(self, rotation_rad: F64, shift: ArrayLike = (0.0, 0.0, 0.0)) -> Measured | None:
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
        """Inverse of the measured share of commanded gaze, pitch and yaw.

        Each picture is read twice: as a viewer would read it alone, and by the way of the irises
        from their places at rest.
        """
        gains = np.ones(2)
        for axis, turns in enumerate(np.deg2rad(GAZES_DEG)):
            turns = np.concatenate([turns, -turns])
            commanded, read = [], []
            for turn in turns:
                step = np.zeros(2, np.float32)
                step[axis] = turn
                seen = self._measure(FaceMotion(gaze_rad=step))
                if seen is not None:
                    commanded.append(turn)
                    read.append(self._gaze(seen)[axis])
            if len(read) >= MIN_GAZES:
                share = _robust_slope(np.array(commanded), np.array(read))
                gains[axis] = np.clip(1.0 / max(share, 0.1), *GAZE_GAIN_RANGE[axis])
        return gains.astype(np.float32)

    def _gaze(self, seen: Measured) -> F64:
        assert self.rest is not None
        alone = seen.gaze_rad - self.rest.gaze_rad
        return np.asarray(0.5 * (alone + gaze_from_rest(seen, self.rest)))

    def unit_curve(self) -> F32:
        """Curves of the units that viewers read most, from what the coefficient net reads."""
        assert self.rest is not None
        steps = np.linspace(0.0, 1.0, CURVE_STEPS)
        curves = np.tile(steps, (K, 1))
        for names in UNITS:
            units = [ARKIT_INDEX[name] for name in names]
            amounts, readings = [0.0], [float(self.rest.coefficients[units].mean())]
            for amount in UNIT_LEVELS:
                seen = self._measure(self._amount(units, amount))
                if seen is not None:
                    amounts.append(amount)
                    readings.append(float(seen.coefficients[units].mean()))
            curves[units] = _straightening(np.array(amounts), np.array(readings), steps)
        # mouthClose undoes the parting of jawOpen, so it goes with it.
        curves[ARKIT_INDEX["mouthClose"]] = curves[ARKIT_INDEX["jawOpen"]]
        return curves.astype(np.float32)

    def _amount(self, units: list[int], amount: float) -> FaceMotion:
        """Motion that draws an amount, up to MAX_AMOUNT."""
        expression = np.zeros(K, np.float32)
        expression[units] = amount / MAX_AMOUNT
        return FaceMotion(expression)


def _robust_slope(x: F64, y: F64) -> float:
    """Slope through zero; the lowest and the highest third of the readings are left out."""
    shares = np.sort(y / x)
    cut = len(shares) // 3
    return float(shares[cut : len(shares) - cut].mean())


def _straightening(amounts: Floats, readings: Floats, steps: Floats) -> F64:
    """(S,) amounts at equal steps of command whose readings rise on a straight line.

    Args:
        amounts: (L,) drawn, from 0 up.
        readings: (L,) what was read at them.
        steps: (S,) commands.
    """
    rising = np.maximum.accumulate(readings)
    rising = rising + 1e-4 * np.arange(len(rising))
    reach = min(1.0 - rising[0], rising[-1] - rising[0])
    wanted = np.interp(rising[0] + reach * steps, rising, amounts)
    curve = steps + UNIT_TRUST * (wanted - steps)
    curve = np.clip(curve, UNIT_RANGE[0] * steps, UNIT_RANGE[1] * steps)
    return np.asarray(np.maximum.accumulate(curve + 1e-4 * np.arange(len(steps))))
