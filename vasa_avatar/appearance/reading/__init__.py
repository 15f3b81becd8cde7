"""What a picture shows: face, landmarks, head pose, irises, glasses."""

from vasa_avatar.appearance.reading.drawn_crop import (
    FACE_MARGIN,
    Square,
    face_square,
    mouth_square,
    part_square,
)
from vasa_avatar.appearance.reading.drawn_face import DrawnFace, find_drawn_faces
from vasa_avatar.appearance.reading.drawn_mesh import mesh_landmarks
from vasa_avatar.appearance.reading.drawn_nets import DrawnNets, PartReading, load_drawn_nets
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
from vasa_avatar.appearance.reading.portrait import Portrait, eye_openings, load_portrait

__all__ = [
    "eye_openings",
    "EYE_RADIUS",
    "FACE_MARGIN",
    "SEEN_MOVE_XY",
    "DrawnFace",
    "DrawnNets",
    "FaceLandmarker",
    "FaceLandmarks",
    "Measured",
    "PartReading",
    "Portrait",
    "Square",
    "face_square",
    "find_drawn_faces",
    "gaze_from_rest",
    "glasses_mask",
    "load_drawn_nets",
    "load_portrait",
    "looks_past_camera",
    "measure_face",
    "measure_landmarks",
    "mesh_landmarks",
    "mouth_square",
    "open_to_teeth",
    "part_square",
]
