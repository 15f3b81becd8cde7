"""Which of two readings a picture's face gets: the landmark net's, or the one for drawings.

The landmark net learned from photographs; on large drawn eyes its contour covers the upper half,
its face is narrower than the drawn one and its irises lie aside. All three together contradict it.
Flat art, areas of one colour between lines, is a drawing also where nothing contradicts.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from vasa_avatar.appearance.reading.drawn_face import DrawnFace
from vasa_avatar.appearance.reading.landmarks import FaceLandmarks
from vasa_avatar.datatypes import U8
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.geometry.drawn_layout import IRIS, LEFT_EYE, OUTLINE, RIGHT_EYE

MIN_LONE_SCORE = 0.58
"""of a drawn face where the landmark net sees none; 13 drawings have .73 to .92, 600 of our own
pictures without a face have none above .5, nor has a cat or a dog"""
MIN_SURE_SCORE = 0.75
"""of a drawn face that overrules the landmark net; 12 drawings have .85 to .93, but photographs up
to .93 too, so that this alone says little"""
MIN_CONTRADICTION = 0.235
"""93 photographs, frames of films and a painting have .03 to .18 (all but one of them up to .14),
12 drawings .30 and more"""
ASTRAY_WEIGHT = 5.0
"""of the irises' distance, over the eyes' distance, in the contradiction"""
MIN_FLATNESS = 40.0
"""see `flatness`: photographs have 4 to 13, shaded drawings 5 to 29, drawings of plain areas 100
and more"""
FLAT_PX, LEAST_STEP = 160, 0.05
"""longer side that a face is looked at with; least median of its steps of lightness (CIE)"""
MAX_APART = 0.6
"""distance of two readings of the same face, over its size"""


def choose_drawn(
    image_rgb: U8, faces: Sequence[FaceLandmarks], drawn: Sequence[DrawnFace]
) -> DrawnFace | None:
    """The drawn face to go on with, or None where the landmark net is right or both see nothing.

    Args:
        image_rgb: (H, W, 3)
        faces: of the landmark net, the one to be used first.
        drawn: of the nets for drawings, the best first.
    """
    if not faces:
        return drawn[0] if drawn and drawn[0].score >= MIN_LONE_SCORE else None
    for face in drawn:
        if not _is_same(face, faces[0]) or face.score < MIN_SURE_SCORE:
            continue
        if contradicts(face, faces[0]) or flatness(image_rgb, faces[0]) > MIN_FLATNESS:
            return face
    return None


def contradicts(drawn: DrawnFace, face: FaceLandmarks) -> bool:
    """True where the picture surely shows open eyes that the landmark net has not read."""
    if drawn.score < MIN_SURE_SCORE or float(drawn.closed.max()) > 0.5:
        return False
    return contradiction(drawn, face) > MIN_CONTRADICTION


def contradiction(drawn: DrawnFace, face: FaceLandmarks) -> float:
    """How tall the drawn eyes are in the landmark net's face, 0.1 or so for a photographed one.

    More where that face is narrower than the drawn cheeks are apart, and where its irises lie
    beside the drawn ones.
    """
    right, left = drawn.points_px[RIGHT_EYE], drawn.points_px[LEFT_EYE]
    tall_px = np.mean([np.linalg.norm(eye[2] - eye[6]) for eye in (right, left)])
    cheeks = drawn.points_px[OUTLINE]
    across_px = np.linalg.norm(cheeks[0] - cheeks[-1])
    narrow = across_px / max(face.width_px, 1e-6)
    irises = face.points_px[[topo.RIGHT_IRIS[0], topo.LEFT_IRIS[0]], :2]
    off_px = np.linalg.norm(irises - np.stack([right[IRIS], left[IRIS]]), axis=1).max()
    apart_px = max(float(np.linalg.norm(left[IRIS] - right[IRIS])), 1e-6)
    tall = tall_px / max(face.width_px, 1e-6)
    return float(tall * narrow**2 * (1.0 + ASTRAY_WEIGHT * off_px / apart_px))


def flatness(image_rgb: U8, face: FaceLandmarks) -> float:
    """How much larger the large steps of lightness in a face are than the usual ones."""
    height, width = image_rgb.shape[:2]
    left, top, right, bottom = face.box_px.round().astype(int)
    part = image_rgb[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]
    if part.size == 0:
        return 0.0
    scale = FLAT_PX / max(part.shape[:2])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(part, None, fx=scale, fy=scale, interpolation=method)
    light = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[..., 0]
    steps = np.hypot(cv2.Sobel(light, -1, 1, 0) / 8, cv2.Sobel(light, -1, 0, 1) / 8)
    usual, large = np.quantile(steps, [0.5, 0.95])
    return float(large / max(usual, LEAST_STEP))


def _is_same(drawn: DrawnFace, face: FaceLandmarks) -> bool:
    apart = float(np.linalg.norm(drawn.points_px.mean(0) - face.points_px[:, :2].mean(0)))
    return apart < MAX_APART * drawn.size_px
