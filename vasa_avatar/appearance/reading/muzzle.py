"""Portrait and landmarks to whether the face is an animal's: a dark nose on lighter fur.

The landmark net lays a human face over the muzzles of dogs and bears as surely as over people. Two
things tell them apart without another net: leather on the nose that is far darker than everything
around it, and eyes that show no white. People, paintings, masks, statues and drawn figures lack the
first: their noses are of skin, stone or paint like their cheeks.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vasa_avatar.appearance.reading.landmarks import FaceLandmarks
from vasa_avatar.appearance.reading.upright_view import upright_view
from vasa_avatar.datatypes import F32, F64, U8
from vasa_avatar.geometry.face_topology import LEFT_EYE_HOLE, RIGHT_EYE_HOLE

NOSE_OVER_CHEEKS = 0.52
"""brightness of the nose over the cheeks', most of an animal; the darkest of 300 generated people
has .67, a mountain carved into faces .57, a dog .41"""
NOSE_OVER_BRIDGE = 0.56
"""the same over the bridge of the nose; of those people three are below, the dog has .49"""
WHITE_OVER_CHEEKS = 0.55
"""brightest part of the eyes over the cheeks', most of an animal; half of all people have more than
.77, the dog .40"""
_NOSE, _BRIDGE = (1, 4), (6, 197, 195)
_CHEEKS = (50, 280, 205, 425, 117, 346)
_SPOT_PX = 6
"""radius of what is looked at around a landmark, in the view"""


@dataclass(frozen=True, slots=True)
class MuzzleEvidence:
    """What speaks for an animal."""

    nose_over_cheeks: float
    nose_over_bridge: float
    white_over_cheeks: float

    @property
    def is_animal(self) -> bool:
        """Whether nose and eyes are an animal's."""
        return (
            self.nose_over_cheeks < NOSE_OVER_CHEEKS
            and self.nose_over_bridge < NOSE_OVER_BRIDGE
            and self.white_over_cheeks < WHITE_OVER_CHEEKS
        )


def muzzle_evidence(image_rgb: U8, face: FaceLandmarks) -> MuzzleEvidence:
    """Compare nose, bridge, cheeks and eyes.

    Args:
        image_rgb: (H, W, 3)
        face: its landmarks.
    """
    grey, points = upright_view(image_rgb, face)
    cheeks = max(float(np.median([_spot(grey, points[[i]]) for i in _CHEEKS])), 1.0)
    nose = _spot(grey, points[list(_NOSE)])
    bridge = max(_spot(grey, points[list(_BRIDGE)]), 1.0)
    white = max(_brightest(grey, points[list(eye)]) for eye in (RIGHT_EYE_HOLE, LEFT_EYE_HOLE))
    return MuzzleEvidence(nose / cheeks, nose / bridge, white / cheeks)


def _spot(grey: F32, points: F64) -> float:
    """Median brightness around some landmarks."""
    mask = np.zeros(grey.shape, np.uint8)
    for x, y in np.rint(points).astype(int).tolist():
        cv2.circle(mask, (x, y), _SPOT_PX, 1, -1)
    return float(np.median(grey[mask > 0])) if mask.any() else 0.0


def _brightest(grey: F32, contour: F64) -> float:
    """What an eye's brighter sixth begins at; its white, in a person."""
    mask = np.zeros(grey.shape, np.uint8)
    cv2.fillPoly(mask, [np.rint(contour).astype(np.int32)], 1)
    return float(np.percentile(grey[mask > 0], 85)) if mask.any() else 0.0
