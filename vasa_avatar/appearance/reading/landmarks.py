"""RGB image to 478 face landmarks, 52 expression coefficients and the head's pose.

Runs the three nets inside MediaPipe's face_landmarker.task with LiteRT, with MediaPipe's own steps
before and after each net, so that its numbers are reproduced (see tests/appearance).
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vasa_avatar.appearance.reading.face_detector import COARSE_TILES, Detection, FaceDetector
from vasa_avatar.appearance.reading.head_pose import fit_head_pose
from vasa_avatar.datatypes import ARKIT_INDEX, F32, F64, U8, K
from vasa_avatar.errors import ModelStoreError
from vasa_avatar.geometry.face_topology import N_MESH
from vasa_avatar.geometry.rotation import euler_angles
from vasa_avatar.nets.tflite_model import TfliteModel

N_LANDMARKS = 478
FACE_WIDTH_CM = 15.3
"""of the canonical face, ear to ear"""
MIN_FACE_SCORE = 0.5
"""MediaPipe's own"""
MAX_FACES = 8
"""looked at in one picture"""
_NET_SIDE_PX = 256
"""the landmark net's input"""
_REGION_SCALE = 1.5
"""The net sees a square 1.5 times the face's box (face_landmarks_detector_graph of MediaPipe)."""
_OUTER_EYE_CORNERS = (33, 263)
_ELSEWHERE = (
    (0.12, 0.0, 1.0, 0.0), (-0.12, 0.0, 1.0, 0.0), (0.0, 0.1, 1.0, 0.0), (0.0, -0.1, 1.0, 0.0),
    (0.0, 0.0, 1.25, 0.0), (0.0, 0.0, 0.85, 0.0), (0.0, 0.0, 1.0, 0.26), (0.0, 0.0, 1.0, -0.26),
    (0.06, 0.06, 1.15, 0.14), (-0.06, -0.06, 0.92, -0.14),
)  # fmt: skip
"""from where a face is looked at again: right and down over the face's size, size of the region
over the usual one, clockwise turn in radians"""

# Landmarks that the coefficient net takes (face_blendshapes_graph of MediaPipe).
_COEFFICIENT_LANDMARKS = np.array([
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65,
    66, 67, 70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136,
    144, 145, 146, 148, 149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172,
    173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270, 276,
    282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318, 321,
    323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382,
    384, 385, 386, 387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470,
    471, 472, 473, 474, 475, 476, 477,
])  # fmt: skip

_NET_NAMES = (
    "_neutral", "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft",
    "browOuterUpRight", "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft",
    "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight",
    "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft",
    "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen",
    "jawRight", "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft",
    "mouthFrownRight", "mouthFunnel", "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight", "mouthRollLower",
    "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft", "mouthSmileRight",
    "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight",
)  # fmt: skip
"""Order of the coefficient net's outputs; `_neutral` is left out and tongueOut is not there."""
_TO_ARKIT = np.array([ARKIT_INDEX[name] for name in _NET_NAMES[1:]])


@dataclass(frozen=True, slots=True, eq=False)
class FaceLandmarks:
    """One face."""

    points_px: F32
    """(478, 3) x right, y down in image pixels; 0, 0 is the image's corner, the first pixel's
    centre lies at 0.5, 0.5; z in the same scale, negative towards the viewer as from
    MediaPipe"""
    blendshapes: F32
    """(52,) 0..1 in the order of datatypes.ARKIT_NAMES; tongueOut is always 0"""
    score: float
    """0..1, how sure the net is that this is a face"""
    pose_rad: F32
    """(3,) pitch, yaw, roll of the head relative to one that looks straight at the camera"""
    scale_px: float
    """pixels per centimetre of the canonical face (head's size in the picture)"""

    @property
    def box_px(self) -> F32:
        """(4,) left, top, right, bottom of all landmarks."""
        xy = self.points_px[:, :2]
        return np.concatenate([xy.min(0), xy.max(0)])

    @property
    def width_px(self) -> float:
        """Width between the ears, as if seen from the front."""
        return self.scale_px * FACE_WIDTH_CM

    @property
    def eye_distance_px(self) -> float:
        """Distance between the outer eye corners in the picture."""
        right, left = self.points_px[list(_OUTER_EYE_CORNERS), :2]
        return float(np.linalg.norm(left - right))


@dataclass(frozen=True, slots=True)
class _Region:
    """The rotated square that the landmark net looks at; pixels and radians, clockwise."""

    x: float
    y: float
    side: float
    angle: float


class FaceLandmarker:
    """The three nets; loaded once and shared (calls from several threads take turns).

    Args:
        model_path: face_landmarker.task, see `ModelStore.path("face_landmarker")`.
        threads: threads per net call.

    Raises:
        ModelStoreError: the file is not a face_landmarker.task.
    """

    def __init__(self, model_path: Path | str, threads: int = 1) -> None:
        try:
            with zipfile.ZipFile(model_path) as task:
                detector = task.read("face_detector.tflite")
                mesh = task.read("face_landmarks_detector.tflite")
                coefficients = task.read("face_blendshapes.tflite")
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise ModelStoreError(f"{model_path} is no face_landmarker.task ({error})") from error
        self._detector = FaceDetector(detector, threads)
        self._mesh = TfliteModel(
            "face_landmarks_detector.tflite",
            mesh,
            (1, _NET_SIDE_PX, _NET_SIDE_PX, 3),
            [(1, 1, 1, 3 * N_LANDMARKS), (1, 1, 1, 1)],
            threads,
        )
        self._coefficients = TfliteModel(
            "face_blendshapes.tflite",
            coefficients,
            (1, len(_COEFFICIENT_LANDMARKS), 2),
            [(len(_NET_NAMES),)],
            threads,
        )

    def detect(
        self, image_rgb: U8, refinements: int = 1, finest_tiles: float = COARSE_TILES
    ) -> list[FaceLandmarks]:
        """All faces in a picture, largest first; small ones beside a large one may be missed.

        Args:
            image_rgb: (H, W, 3)
            refinements: how often to look again at the square that the landmarks themselves ask
                for; 0 gives what MediaPipe gives in image mode, 1 or more what a track settles on.
            finest_tiles: see `FaceDetector.search`.
        """
        faces: list[FaceLandmarks] = []
        for detection in self._detector.search(image_rgb, finest_tiles)[:MAX_FACES]:
            region: _Region | None = _region_of_detection(detection)
            face = None
            for _ in range(1 + refinements):
                face = None if region is None else self._read(image_rgb, region)
                region = None if face is None else _region_of_points(face.points_px)
            if face is not None and not any(_is_same(face, other) for other in faces):
                faces.append(face)
        return sorted(faces, key=lambda f: -f.scale_px)

    def stream(self) -> FaceTrack:
        """State for one video, one face."""
        return FaceTrack(self)

    def follow(self, image_rgb: U8, previous: FaceLandmarks) -> FaceLandmarks | None:
        """The face of the previous frame in this one, or None when it is gone."""
        return self._read(image_rgb, _region_of_points(previous.points_px))

    def unsteadiness(self, image_rgb: U8, face: FaceLandmarks) -> float:
        """How far the landmarks move when the net looks at the face from elsewhere.

        Args:
            image_rgb: (H, W, 3)
            face: found in it.

        Returns:
            The median over several looks of the landmarks' mean way, over the face's width.
        """
        region = _region_of_points(face.points_px)
        seen = [self._see(image_rgb, look)[0][:N_MESH, :2] for look in _looks(region)]
        moved = [np.linalg.norm(points - seen[0], axis=1).mean() for points in seen[1:]]
        return float(np.median(moved)) / face.width_px

    def _see(self, image_rgb: U8, region: _Region) -> tuple[F32, float]:
        """(478, 3) landmarks in image pixels and the net's score in one region, face or not."""
        matrix = _region_to_net(region)
        crop = cv2.warpAffine(
            image_rgb,
            matrix,
            (_NET_SIDE_PX, _NET_SIDE_PX),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        raw, logit = self._mesh.run((crop.astype(np.float32) / 255.0)[None])
        score = float(1.0 / (1.0 + np.exp(-logit.reshape(()))))
        return _net_to_image(raw.reshape(N_LANDMARKS, 3), region), score

    def _read(self, image_rgb: U8, region: _Region) -> FaceLandmarks | None:
        """Landmarks in one region, or None when the net sees no face there."""
        points_px, score = self._see(image_rgb, region)
        if score < MIN_FACE_SCORE:
            return None
        pose = fit_head_pose(points_px)
        return FaceLandmarks(
            points_px,
            self._read_coefficients(points_px),
            score,
            euler_angles(pose.rotation).astype(np.float32),
            pose.scale,
        )

    def _read_coefficients(self, points_px: F32) -> F32:
        (values,) = self._coefficients.run(points_px[None, _COEFFICIENT_LANDMARKS, :2])
        coefficients = np.zeros(K, np.float32)
        coefficients[_TO_ARKIT] = np.clip(values[1:], 0.0, 1.0)
        return coefficients


class FaceTrack:
    """Follows one face through a video: each frame is read where the last one's landmarks were.

    Nothing is smoothed, so nothing lags. When the face is lost, the whole frame is searched and the
    largest face taken.
    """

    def __init__(self, landmarker: FaceLandmarker) -> None:
        self._landmarker = landmarker
        self._last: FaceLandmarks | None = None

    def track(self, image_rgb: U8) -> FaceLandmarks | None:
        """The face in the next frame; None when there is none."""
        face = None
        if self._last is not None:
            face = self._landmarker.follow(image_rgb, self._last)
        if face is None:
            face = next(iter(self._landmarker.detect(image_rgb)), None)
        self._last = face
        return face

    def reset(self) -> None:
        """Forget the last frame (a cut in the video)."""
        self._last = None


def _region_of_detection(detection: Detection) -> _Region:
    x0, y0, x1, y1 = (float(v) for v in detection.box_px)
    dx, dy = (float(v) for v in detection.left_eye_px - detection.right_eye_px)
    side = max(x1 - x0, y1 - y0) * _REGION_SCALE
    return _Region((x0 + x1) / 2, (y0 + y1) / 2, side, float(np.arctan2(dy, dx)))


def _region_of_points(points_px: F32) -> _Region:
    right, left = points_px[list(_OUTER_EYE_CORNERS), :2].astype(np.float64)
    angle = float(np.arctan2(left[1] - right[1], left[0] - right[0]))
    low, high = points_px[:, :2].min(0), points_px[:, :2].max(0)
    x, y = (low + high) / 2
    return _Region(float(x), float(y), float((high - low).max()) * _REGION_SCALE, angle)


def _looks(region: _Region) -> list[_Region]:
    """The region itself, then moved, enlarged and turned."""
    unit = region.side / _REGION_SCALE
    return [region] + [
        _Region(region.x + dx * unit, region.y + dy * unit, region.side * k, region.angle + turn)
        for dx, dy, k, turn in _ELSEWHERE
    ]


def _region_to_net(region: _Region) -> F64:
    """(2, 3) affine map from indices of image pixels to indices of the net's input pixels.

    Pixel centres lie at whole indices plus a half in both; MediaPipe leaves the halves out, which
    shifts its landmarks by half a pixel of the net.
    """
    scale = _NET_SIDE_PX / region.side
    c, s = np.cos(region.angle) * scale, np.sin(region.angle) * scale
    x, y = region.x - 0.5, region.y - 0.5
    half = _NET_SIDE_PX / 2 - 0.5
    return np.array([[c, s, half - c * x - s * y], [-s, c, half + s * x - c * y]])


def _net_to_image(raw: F32, region: _Region) -> F32:
    """(478, 3) landmarks in the net's pixels to image pixels."""
    local = raw.astype(np.float64) / _NET_SIDE_PX
    x, y = local[:, 0] - 0.5, local[:, 1] - 0.5
    c, s = np.cos(region.angle), np.sin(region.angle)
    out = np.stack([c * x - s * y, s * x + c * y, local[:, 2]], 1) * region.side
    out[:, :2] += (region.x, region.y)
    return out.astype(np.float32)


def _is_same(a: FaceLandmarks, b: FaceLandmarks) -> bool:
    """Whether two finds are one face: their centres are closer than half its size."""
    offset = (a.box_px - b.box_px).reshape(2, 2).mean(0)
    size = float((b.box_px[2:] - b.box_px[:2]).max())
    return float(np.linalg.norm(offset)) < size / 2
