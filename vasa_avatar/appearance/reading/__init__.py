"""What a picture shows: face, landmarks, head pose, irises, glasses."""

from vasa_avatar.appearance.reading.glasses import glasses_mask
from vasa_avatar.appearance.reading.inner_lips import open_to_teeth
from vasa_avatar.appearance.reading.landmarks import FaceLandmarker, FaceLandmarks
from vasa_avatar.appearance.reading.measure import (
    EYE_RADIUS,
    SEEN_MOVE_XY,
    Measured,
    gaze_from_rest,
    looks_past_camera,
    measure_face,
    measure_landmarks,
)
from vasa_avatar.appearance.reading.portrait import Portrait, load_portrait

__all__ = [
    "EYE_RADIUS",
    "SEEN_MOVE_XY",
    "FaceLandmarker",
    "FaceLandmarks",
    "Measured",
    "Portrait",
    "gaze_from_rest",
    "glasses_mask",
    "load_portrait",
    "looks_past_camera",
    "measure_face",
    "measure_landmarks",
    "open_to_teeth",
]
