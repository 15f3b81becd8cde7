"""Face landmarks in pixels to the head's rotation, size and place, by the canonical face."""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import Floats
from vasa_avatar.geometry.canonical_face import canonical_face
from vasa_avatar.geometry.similarity import Similarity, fit_similarity


def fit_head_pose(points_px: Floats) -> Similarity:
    """Head pose of landmarks, relative to a head that looks straight at the camera.

    Args:
        points_px: (478, 3) or (468, 3) as in FaceLandmarks.points_px.

    Returns:
        From the canonical face's centimetres to pixels; its offset is the place of the middle
        between the ears, z towards the viewer.
    """
    face = canonical_face()
    target = points_px[face.rigid_ids].astype(np.float64) * (1, 1, -1)
    return fit_similarity(face.vertices[face.rigid_ids], target, face.rigid_weights)
