"""Head, brows, lids, gaze and breath: the seam, and the dynamics by rule."""

from __future__ import annotations

from vasa_avatar.motion.dynamics.base import (
    Attention,
    DynamicsFrame,
    DynamicsGains,
    DynamicsModel,
    DynamicsStream,
)
from vasa_avatar.motion.dynamics.human import HumanDynamics

__all__ = [
    "Attention",
    "DynamicsFrame",
    "DynamicsGains",
    "DynamicsModel",
    "DynamicsStream",
    "HumanDynamics",
]
