"""Portrait and landmarks to how surely there is a person's face: one that stands further looks.

The landmark net lays a human face over animals, fruit and clouds as well. Seen a little from
elsewhere, larger, smaller or turned, a person's landmarks stay; those of what only resembles a face
wander, each time to other edges. Flat drawings have little that could hold landmarks, so more is
allowed them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from vasa_avatar.appearance.reading.landmarks import FaceLandmarker, FaceLandmarks
from vasa_avatar.appearance.reading.upright_view import upright_view
from vasa_avatar.datatypes import U8
from vasa_avatar.geometry.face_topology import FACE_OVAL

STEADY = 0.026
"""most of a person. Of 450 generated, filmed, painted and turned people 99 in 100 have less than
.020, the worst (turned by 42 degrees) .025; twenty of them blurred, in the dark, in noise, masked
or behind dark glasses .019; a mountain carved into faces .025. A cat and an owl have .027, dogs
.027 to .034, gorillas .04 to .07"""
NO_FACE, NO_DRAWN_FACE = 0.05, 0.07
"""from here on nothing can be made of it: other animals and things; drawn people have up to .043"""
FLAT_SHARE = 0.16
"""of a drawing's face that has no texture at all; photographed faces that are unsteady have up to
.13, drawn ones .22 or more"""
_FLAT_LEVELS = 1.0
"""deviation of 3 x 3 pixels, of 255"""
_FINE_PX = 116
"""edge of the view in which texture is looked for"""


@dataclass(frozen=True, slots=True)
class Steadiness:
    """How a face stands further looks."""

    moved: float
    """see `FaceLandmarker.unsteadiness`"""
    flat_share: float
    """0..1 of the face that has no texture"""

    @property
    def is_drawn(self) -> bool:
        """Whether the face is flat, as drawings are."""
        return self.flat_share > FLAT_SHARE

    @property
    def is_face(self) -> bool:
        """Whether it can be taken for a face at all."""
        return self.moved < (NO_DRAWN_FACE if self.is_drawn else NO_FACE)

    @property
    def is_person(self) -> bool:
        """Whether it surely is a person's, or drawn."""
        return self.is_face and (self.is_drawn or self.moved < STEADY)


def steadiness(image_rgb: U8, face: FaceLandmarks, landmarker: FaceLandmarker) -> Steadiness:
    """Look again.

    Args:
        image_rgb: (H, W, 3)
        face: found in it.
        landmarker: who found it.
    """
    return Steadiness(landmarker.unsteadiness(image_rgb, face), _flat_share(image_rgb, face))


def _flat_share(image_rgb: U8, face: FaceLandmarks) -> float:
    grey, points = upright_view(image_rgb, face)
    scale = _FINE_PX / len(grey)
    grey = np.asarray(cv2.resize(grey, (_FINE_PX, _FINE_PX), interpolation=cv2.INTER_AREA))
    inside = np.zeros(grey.shape, np.uint8)
    cv2.fillPoly(inside, [np.rint(points[list(FACE_OVAL)] * scale).astype(np.int32)], 1)
    mean = cv2.blur(grey, (3, 3))
    deviation = np.sqrt(np.maximum(cv2.blur(grey * grey, (3, 3)) - mean * mean, 0.0))
    face_levels = deviation[inside > 0]
    return float((face_levels < _FLAT_LEVELS).mean()) if face_levels.size else 0.0
