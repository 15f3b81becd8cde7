"""RGB image to what a viewer sees a face do: head pose, gaze, coefficients, opening of the eyes.

Used on rendered frames, to calibrate an avatar at bake and to check it in the benchmarks, and on
filmed frames by the tracker. The gaze model: an iris centre sits on a circle of radius r around the
eye's centre of rotation, which is fixed to the head at a place relative to the middle m of the
eye's corners. With w the distance between the corners and R the head's rotation,

    iris - m = w * R @ (0, -LIFT, -DEPTH) + r * (sin(yaw), -sin(pitch)),    r = RADIUS * w.

RADIUS: the rim of an adult's cornea turns 10.5 mm in front of the eye's centre of rotation, the
iris is 11.7 mm wide and .45 of w in the landmark net's terms, so w is 26 mm. DEPTH and LIFT were
read off filmed people: DEPTH from the slope of the iris against a head that turns while the eyes
stay on one thing, LIFT from people who look into the camera.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vasa_avatar.appearance.reading.head_pose import fit_head_pose
from vasa_avatar.appearance.reading.iris import Irises, locate_irises
from vasa_avatar.appearance.reading.landmarks import FaceLandmarker, FaceLandmarks
from vasa_avatar.datatypes import F32, F64, U8, Floats
from vasa_avatar.geometry.rotation import rotation_matrix

EYE_RADIUS = 0.40
"""distance iris to centre of rotation / distance of the eye's corners"""
SEEN_MOVE_XY = (0.94, 0.72)
"""share of the iris's move against the landmark net's corners of the eye: those follow the gaze, up
and down most (both in film and in drawn faces whose corners do not move)"""
EYE_DEPTH_XY = (0.24, 0.12)
"""how far the centre of rotation seems to lie behind the corners when the head yaws or pitches /
distance of the corners"""
EYE_LIFT = 0.10
"""how far it lies above the line of the corners / distance of the corners"""
GAZE_DEAD_ZONE_DEG = 3.0
"""a portrait that looks this little past the camera is taken to look into it"""
MIN_IRIS_VISIBILITY = 0.18
"""share of an iris's rim that must be seen for its place to be believed (by eye, filmed people)"""
FAINT_VISIBILITY_XY = (0.12, 0.18)
"""an iris that is seen less than this does not count beside the other eye's: one in the eye's
corner still shows how far aside it is, not how high"""

_CORNERS = np.array([(33, 133), (362, 263)])
_LIDS = np.array([(159, 145), (386, 374)])


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What one picture shows."""

    pose_rad: F32
    """(3,) pitch, yaw, roll of the head relative to one that looks straight at the camera"""
    scale_px: float
    """pixels per centimetre of the canonical face; distance is its inverse"""
    centre_px: F32
    """(2,) place of the head's middle, between the ears"""
    gaze_rad: F32
    """(2,) pitch, yaw relative to the camera; (0, 0) looks at the viewer"""
    is_gaze_seen: bool
    """False where the lids hide both irises: gaze_rad is then the landmark net's guess"""
    coefficients: F32
    """(52,) in ARKIT_NAMES order, as the coefficient net reads them"""
    eye_opening: F32
    """(2,) height between the lids / distance of the corners; right eye first"""
    landmarks: FaceLandmarks
    irises: Irises


def measure_face(image_rgb: U8, landmarker: FaceLandmarker) -> Measured | None:
    """Measure the largest face of a picture; None when there is none.

    Args:
        image_rgb: (H, W, 3)
        landmarker: the nets.
    """
    face = next(iter(landmarker.detect(image_rgb)), None)
    return None if face is None else measure_landmarks(image_rgb, face)


def measure_landmarks(image_rgb: U8, face: FaceLandmarks) -> Measured:
    """Measure a face whose landmarks are known."""
    points = face.points_px
    irises = locate_irises(image_rgb, points)
    fit = fit_head_pose(points)
    eye_width = _eye_width(points)
    opening = np.linalg.norm(points[_LIDS[:, 0], :2] - points[_LIDS[:, 1], :2], axis=1) / eye_width
    return Measured(
        pose_rad=face.pose_rad,
        scale_px=face.scale_px,
        centre_px=fit.offset[:2].astype(np.float32),
        gaze_rad=gaze_of_irises(points, face.pose_rad, irises),
        is_gaze_seen=bool((irises.visibility >= MIN_IRIS_VISIBILITY).any()),
        coefficients=face.blendshapes,
        eye_opening=opening.astype(np.float32),
        landmarks=face,
        irises=irises,
    )


def eye_centres_px(points_px: Floats, pose_rad: Floats) -> F64:
    """(2, 2) where the irises lie when they look at the camera; right eye first."""
    middle = points_px[_CORNERS, :2].astype(np.float64).mean(1)
    rotation = rotation_matrix(pose_rad)[:2]
    offset = -EYE_LIFT * rotation[:, 1] - rotation[:, 2] * EYE_DEPTH_XY
    centres: F64 = middle + _eye_width(points_px)[:, None] * offset
    return centres


def gaze_of_irises(points_px: Floats, pose_rad: Floats, irises: Irises) -> F32:
    """(2,) pitch, yaw of the gaze, the mean of both eyes as far as they are visible."""
    radius = EYE_RADIUS * _eye_width(points_px)[:, None]
    offset = (irises.centre_px - eye_centres_px(points_px, pose_rad)) / (radius * SEEN_MOVE_XY)
    angles = np.arcsin(np.clip(offset, -0.95, 0.95))
    x, y = _of_both_eyes(angles, irises.visibility + 0.02)
    return np.array([-y, x], np.float32)


def _of_both_eyes(values: Floats, visibility: Floats) -> F64:
    """(2,) x, y of both eyes, (2, 2), each as far as it is visible."""
    weights = np.clip(visibility[:, None] - FAINT_VISIBILITY_XY, 0.0, 0.2) + 1e-4
    return np.asarray((weights * values).sum(0) / weights.sum(0))


def gaze_from_rest(seen: Measured, rest: Measured) -> F32:
    """(2,) pitch, yaw that the gaze turned since `rest`, the head having stayed where it was.

    The way of the irises in the picture, without the corners of the eyes that the landmark net lets
    follow them.
    """
    radius = EYE_RADIUS * _eye_width(rest.landmarks.points_px)[:, None]
    moved = (seen.irises.centre_px - rest.irises.centre_px) / radius
    x, y = _of_both_eyes(moved, np.minimum(seen.irises.visibility, rest.irises.visibility))
    angles = np.arcsin(np.clip(np.sin(rest.gaze_rad) + [-y, x], -0.95, 0.95))
    return np.asarray(angles - rest.gaze_rad, np.float32)


def looks_past_camera(gaze_rad: Floats) -> F32:
    """The portrait's gaze beyond the dead zone, (2,) pitch, yaw."""
    size = float(np.linalg.norm(gaze_rad))
    zone = np.deg2rad(GAZE_DEAD_ZONE_DEG)
    share = max(0.0, 1.0 - zone / max(size, 1e-6))
    return np.asarray(gaze_rad * share, np.float32)


def _eye_width(points_px: Floats) -> F64:
    """(2,) distance of each eye's corners in space, so that a turned head does not shorten it."""
    corners = points_px[_CORNERS].astype(np.float64)
    width: F64 = np.linalg.norm(corners[:, 0] - corners[:, 1], axis=1)
    return width
