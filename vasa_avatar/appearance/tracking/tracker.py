"""A filmed face to a MotionClip: what is rendered from it lands where the face was.

Reading (landmarks, irises, per frame) and fitting (the renderer's motion relative to one frame of
the film) are apart, so that one reading serves several references.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.appearance.baking import WIDE_PER_OPENING, load_face_model
from vasa_avatar.appearance.reading import (
    EYE_RADIUS,
    SEEN_MOVE_XY,
    FaceLandmarker,
    FaceLandmarks,
    Measured,
    looks_past_camera,
    measure_landmarks,
)
from vasa_avatar.appearance.tracking.film import open_film
from vasa_avatar.appearance.tracking.landmark_fit import (
    DrawnGains,
    RestFace,
    expected_coefficients,
    fit_frames,
)
from vasa_avatar.datatypes import ARKIT_INDEX, F32, Floats, MotionClip
from vasa_avatar.errors import PortraitError
from vasa_avatar.geometry import face_topology as topo
from vasa_avatar.geometry.similarity import fit_similarity
from vasa_avatar.render.lid_follow import lid_follow

Progress = Callable[[int], None]

SHUT_RATIO = 0.12
"""lid distance of a shut eye over that of the open one, as the landmark net sees it"""
WIDE_NOISE = 0.08
"""openings within this share of the reference's do not count as wide"""
MIN_OPENING_FOR_GAZE = 0.5
"""of the reference's; below it the lids hide too much of the irises"""
DRAG_TRUST = 0.5
"""how far the way of the eye's corners on the head is believed to be the landmark net's error"""
_SKULL = (
    168, 6, 197, 195, 5, 4, 10, 151, 9, 8, 67, 297, 54, 284, 127, 356, 234, 454, 93, 323,
)  # fmt: skip
"""landmarks that stay with the skull, none of them at the eyes"""
_CORNERS = (33, 133, 263, 362)
_SMOOTH = np.array([0.2, 0.6, 0.2])
"""over three frames, symmetric: takes half of the landmark noise and does not lag"""


@dataclass(frozen=True, slots=True, eq=False)
class FilmTrack:
    """What was read off a film, frame by frame; frames without a face are filled in."""

    fps: float
    points_px: F32
    """(T, 478, 3)"""
    blendshapes: F32
    """(T, 52) readings of the coefficient net"""
    pose_rad: F32
    """(T, 3)"""
    gaze_rad: F32
    """(T, 2)"""
    is_gaze_seen: NDArray[np.bool_]
    """(T,)"""
    is_found: NDArray[np.bool_]
    """(T,) False where there was no face and its neighbours were used"""
    size_wh: tuple[int, int]

    def __len__(self) -> int:
        return len(self.points_px)


def read_film(
    path: str | Path, landmarker: FaceLandmarker, progress: Progress | None = None
) -> FilmTrack:
    """Read landmarks and gaze off every frame.

    Raises:
        PortraitError: the file is no video, or shows no face.
    """
    film = open_film(path)
    stream = landmarker.stream()
    rows: list[Measured | None] = []
    size_wh = (0, 0)
    for count, frame in enumerate(film.frames(), 1):
        size_wh = (frame.shape[1], frame.shape[0])
        face = stream.track(frame)
        rows.append(None if face is None else measure_landmarks(frame, face))
        if progress is not None:
            progress(count)
    found = np.array([row is not None for row in rows], bool)
    if not found.any():
        raise PortraitError("no_face", f"{path} shows no face in any of its {len(rows)} frames")
    seen = [row for row in rows if row is not None]
    known, every = np.flatnonzero(found), np.arange(len(rows))

    def column(values: list[F32]) -> F32:
        return _interpolate(every, known, np.array(values, np.float32))

    gaze_seen = np.zeros(len(rows), bool)
    gaze_seen[known] = [m.is_gaze_seen for m in seen]
    return FilmTrack(
        fps=float(film.fps),
        points_px=column([m.landmarks.points_px for m in seen]),
        blendshapes=column([m.coefficients for m in seen]),
        pose_rad=column([m.pose_rad for m in seen]),
        gaze_rad=column([m.gaze_rad for m in seen]),
        is_gaze_seen=gaze_seen,
        is_found=found,
        size_wh=size_wh,
    )


def calmest_frame(track: FilmTrack) -> int:
    """The frame that makes the best portrait: mouth closed, eyes open, head and gaze as usual."""
    readings = track.blendshapes
    blink = readings[:, [ARKIT_INDEX["eyeBlinkLeft"], ARKIT_INDEX["eyeBlinkRight"]]].max(1)
    names = ("jawOpen", "mouthFunnel", "mouthPucker", "mouthSmileLeft", "mouthSmileRight",
             "mouthLowerDownLeft", "mouthUpperUpLeft", "mouthRollLower", "browInnerUp")  # fmt: skip
    mouth = readings[:, [ARKIT_INDEX[name] for name in names]]
    quiet = np.abs(mouth - np.quantile(mouth, 0.1, axis=0)).sum(1)
    turn = np.linalg.norm(track.pose_rad - np.median(track.pose_rad, axis=0), axis=1)
    look = np.linalg.norm(track.gaze_rad - np.median(track.gaze_rad, axis=0), axis=1)
    gap = np.linalg.norm(track.points_px[:, 13, :2] - track.points_px[:, 14, :2], axis=1)
    width = np.linalg.norm(track.points_px[:, 61, :2] - track.points_px[:, 291, :2], axis=1)
    cost = quiet + 2.0 * blink + 3.0 * turn + 1.0 * look + 4.0 * gap / width
    return int(np.argmin(np.where(track.is_found, cost, np.inf)))


def _nearest_found(track: FilmTrack, reference: int) -> int:
    if not 0 <= reference < len(track):
        raise ValueError(f"reference is {reference}; expected 0 to {len(track) - 1}")
    known = np.flatnonzero(track.is_found)
    return int(known[np.abs(known - reference).argmin()])


def fit_motion(track: FilmTrack, reference: int = 0, gains: DrawnGains | None = None) -> MotionClip:
    """The motion of a film relative to one of its frames.

    Args:
        track: what was read off the film.
        reference: the frame that is the portrait.
        gains: calibration of the avatar that will be driven; typical values when None.

    Raises:
        ValueError: there is no frame of that number.
    """
    reference = _nearest_found(track, reference)
    face = RestFace.of(
        FaceLandmarks(
            track.points_px[reference],
            track.blendshapes[reference],
            1.0,
            track.pose_rad[reference],
            1.0,
        ),
        gains,
    )
    turn = _smooth(_unwrapped(track.pose_rad - track.pose_rad[reference]))
    gaze = _gaze(track, reference)
    blinks, wide = _lids(track, reference, gaze, turn)
    prior = expected_coefficients(
        face, track.blendshapes, track.blendshapes[reference], load_face_model().tracker_gain
    )
    fitted = fit_frames(face, track.points_px, turn, prior, blinks)
    expression = _smooth(fitted.coefficients)
    right, left = ARKIT_INDEX["eyeBlinkRight"], ARKIT_INDEX["eyeBlinkLeft"]
    expression[:, [right, left]] = blinks
    expression[:, [ARKIT_INDEX["eyeWideRight"], ARKIT_INDEX["eyeWideLeft"]]] = wide
    return MotionClip(
        fps=track.fps,
        expression=np.clip(expression, 0.0, 1.0).astype(np.float32),
        head_rotation_rad=turn,
        head_translation=_smooth(fitted.translation),
        gaze_rad=gaze,
    )


def _gaze(track: FilmTrack, reference: int) -> F32:
    """(T, 2) gaze as the renderer takes it; carried over where lids hide the irises."""
    opening = eye_openings(track.points_px).min(1)
    usable = track.is_gaze_seen & (opening > MIN_OPENING_FOR_GAZE * opening[reference])
    usable[reference] = True
    seen_share = 1.0 + DRAG_TRUST * (np.array(SEEN_MOVE_XY[::-1]) - 1.0)
    turned = np.sin(track.gaze_rad) * EYE_RADIUS * seen_share
    # Pitch is upwards, y downwards.
    drag = _smooth(corner_drag(track.points_px, reference))[:, ::-1] * [-1.0, 1.0]
    turned = turned + DRAG_TRUST * drag
    angles = np.arcsin(np.clip(turned / EYE_RADIUS, -0.95, 0.95))
    relative = angles - angles[reference] + looks_past_camera(track.gaze_rad[reference])
    known = np.flatnonzero(usable)
    carried = _interpolate(np.arange(len(track)), known, relative[known])
    padded = np.pad(carried, ((1, 1), (0, 0)), mode="edge")
    middle = np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)
    return np.clip(middle, -0.7, 0.7).astype(np.float32)


def corner_drag(points_px: Floats, reference: int) -> F32:
    """How far the landmark net's eye corners left their place on the head since the reference.

    They follow lids and irises; a gaze read against them takes a lid that opens for an eye that
    turns down.

    Args:
        points_px: (T, 478, 3)
        reference: the frame they are compared with.

    Returns:
        (T, 2) x, y of both eyes' mean, over the distance of an eye's corners.
    """
    points = points_px.astype(np.float64) * (1, 1, -1)
    still, corners = points[reference][list(_SKULL)], points[reference][list(_CORNERS)]
    weights = np.ones(len(_SKULL))
    drags = []
    for frame in points:
        fit = fit_similarity(still, frame[list(_SKULL)], weights)
        carried = fit.moved(corners)
        seen = frame[list(_CORNERS)]
        width = 0.5 * (np.linalg.norm(seen[0] - seen[1]) + np.linalg.norm(seen[2] - seen[3]))
        drags.append((seen - carried).mean(0)[:2] / max(float(width), 1e-6))
    return np.array(drags, np.float32)


def eye_openings(points_px: Floats) -> F32:
    """(T, 2) mean lid distance / distance of the eye's corners, right eye first."""
    columns = []
    for upper, lower in (
        (topo.RIGHT_EYE_UPPER, topo.RIGHT_EYE_LOWER),
        (topo.LEFT_EYE_UPPER, topo.LEFT_EYE_LOWER),
    ):
        above, below = points_px[:, upper[3:6]], points_px[:, lower[3:6]]
        gap = np.linalg.norm(above - below, axis=-1).mean(1)
        width = np.linalg.norm(points_px[:, upper[0]] - points_px[:, upper[-1]], axis=-1)
        columns.append(gap / np.maximum(width, 1e-6))
    return np.stack(columns, 1).astype(np.float32)


def _lids(track: FilmTrack, reference: int, gaze: F32, turn: F32) -> tuple[F32, F32]:
    """(T, 2) blinks and (T, 2) wide eyes from the lids' distance, right eye first.

    The renderer lets the lids follow the gaze by itself; what it does is taken out.
    """
    ratio = eye_openings(track.points_px)
    ratio = ratio / np.maximum(ratio[reference], 1e-3)
    eye_pitch = gaze[:, 0] - turn[:, 0] - gaze[reference, 0]
    follow = np.array([[lid_follow(pitch)] for pitch in eye_pitch.tolist()], np.float32)
    closure = (1.0 - ratio) / (1.0 - SHUT_RATIO)
    blinks = np.clip((closure - follow) / (1.0 - follow), 0.0, 1.0)
    wider = ratio - 1.0 - WIDE_NOISE + np.minimum(follow, 0.0)
    wide = np.clip(wider / WIDE_PER_OPENING, 0.0, 1.0)
    return blinks.astype(np.float32), _smooth(wide.astype(np.float32))


def _interpolate(every: NDArray[np.int64], known: NDArray[np.int64], values: F32) -> F32:
    """Values of the known frames at every frame, linear between, held at the ends."""
    place = np.interp(every, known, np.arange(len(known)))
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, len(known) - 1)
    share = (place - low).reshape(-1, *([1] * (values.ndim - 1))).astype(np.float32)
    return np.asarray(values[low] * (1 - share) + values[high] * share, np.float32)


def _smooth(values: Floats) -> F32:
    """Three-frame symmetric mean over time."""
    padded = np.pad(values, ((1, 1), (0, 0)), mode="edge")
    mixed = _SMOOTH[0] * padded[:-2] + _SMOOTH[1] * padded[1:-1] + _SMOOTH[2] * padded[2:]
    return np.asarray(mixed, np.float32)


def _unwrapped(angles: Floats) -> F32:
    return np.asarray((angles + np.pi) % (2 * np.pi) - np.pi, np.float32)
