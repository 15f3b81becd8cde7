"""One take to figures of life: how fast the head goes, how far brows and head travel, blinks."""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import F64
from vasa_avatar.training.motion.measure_motion import FPS
from vasa_avatar.training.motion.seen_take import SeenTake

JITTER_HZ = 8.0
_SHUT = 0.45
"""coefficient of the lids above which an eye counts as shut, over its own rest"""
_SHORTEST_OPEN_FRAMES = 3


def life_figures(take: SeenTake) -> dict[str, float]:
    """Figures of a whole take."""
    rotation = take.rotation_deg
    brow = take.coefficients["brow_inner"] + take.coefficients["brow_outer"]
    gaze = np.hypot(*(take.gaze_deg - np.median(take.gaze_deg, axis=0)).T)
    return {
        "head_deg_per_frame": float(np.linalg.norm(np.diff(rotation, axis=0), axis=1).mean()),
        "pitch_sd_deg": float(rotation[:, 0].std()),
        "yaw_sd_deg": float(rotation[:, 1].std()),
        "roll_sd_deg": float(rotation[:, 2].std()),
        "place_x_sd": float(take.place[:, 0].std()),
        "place_y_sd": float(take.place[:, 1].std()),
        "brow_range": float(np.percentile(brow, 95) - np.percentile(brow, 5)),
        "blinks_per_min": blinks(take.coefficients["lids"]) / len(take) * FPS * 60,
        "gaze_away_share": float((gaze > 5.0).mean()),
        "lip_per_frame": float(np.abs(np.diff(take.lips)).mean()),
        "jitter_deg": _jitter(rotation),
    }


def blinks(lids: F64) -> int:
    """How often the lids fall and rise again."""
    rest = np.percentile(lids, 20)
    shut = lids > rest + _SHUT * max(1.0 - rest, 0.2)
    starts = np.flatnonzero(shut[1:] & ~shut[:-1])
    apart = np.diff(starts, prepend=-10) > _SHORTEST_OPEN_FRAMES
    return int(apart.sum())


def _jitter(rotation: F64) -> float:
    """Root mean square of the head's rotation above JITTER_HZ, degrees."""
    spectrum = np.fft.rfft(rotation - rotation.mean(0), axis=0)
    spectrum[np.fft.rfftfreq(len(rotation), 1.0 / FPS) < JITTER_HZ] = 0.0
    fast = np.fft.irfft(spectrum, len(rotation), axis=0)
    return float(np.sqrt((fast**2).mean()))
