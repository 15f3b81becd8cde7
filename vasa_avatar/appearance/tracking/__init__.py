"""A filmed face to motion: film, landmarks, a fit of each frame."""

from vasa_avatar.appearance.tracking.film import Film, open_film
from vasa_avatar.appearance.tracking.landmark_fit import DrawnGains
from vasa_avatar.appearance.tracking.tracker import (
    FilmTrack,
    calmest_frame,
    fit_motion,
    read_film,
)

__all__ = [
    "DrawnGains",
    "Film",
    "FilmTrack",
    "calmest_frame",
    "fit_motion",
    "open_film",
    "read_film",
]
