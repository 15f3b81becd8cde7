"""Tracks of people who speak to weights/motion_statistics.json: head, brows, blinks, gaze.

    python -m vasa_avatar.training.motion.measure_motion --corpus CORPUS \
        --out vasa_avatar/weights/motion_statistics.json

Everything is measured per clip; the file holds medians and quartiles over clips.
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import ARKIT_INDEX, F64
from vasa_avatar.geometry.rotation import euler_angles
from vasa_avatar.training.face.face_tracks import (
    coefficients_from,
    fit_similarity,
    trainable_clips,
)
from vasa_avatar.training.face.landmark_sets import RIGID

FPS = 25.0
AUDIO_HZ = 16_000
SPECTRUM_HZ = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
MIN_SECONDS = 2.5
LAGS_FRAMES = range(-12, 13)
EYES = ((33, 133, 160, 144, 158, 153, 468), (362, 263, 385, 380, 387, 373, 473))
"""Per eye: viewer's left and right corner, two upper-lower pairs, iris."""
BLINK_DEPTH = 0.55
"""A blink closes the eye below this share of its usual opening."""
EYE_RADIUS = 0.42
"""Radius of the eyeball in eye widths (12 mm of 29 mm)."""
SACCADE_DEG = 2.0
PITCH_HZ = (70.0, 350.0)


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One clip at 25 fps."""

    name: str
    angles_deg: F64
    """(T, 3) pitch, yaw, roll"""
    place: F64
    """(T, 3) x, y in face widths, log of the face's size"""
    opening: F64
    """(T,) of the eyes, 1 = usual"""
    gaze_deg: F64
    """(T, 2) yaw, pitch in the head"""
    brow: F64
    """(T,) mean brow raise"""
    loudness_db: F64
    """(T,)"""
    pitch_log2: F64
    """(T,) log2 of F0 over the speaker's median, NaN where unvoiced"""
    speaking: NDArray[np.bool_]
    """(T,)"""


def resample(values: F64, at: NDArray[np.int64], fps: float, count: int) -> F64:
    """Linear resampling of (T, ...) values at frames `at` to 25 fps."""
    flat = values.reshape(len(values), -1)
    times = np.arange(count) / FPS
    out = np.stack([np.interp(times, at / fps, column) for column in flat.T], 1)
    return out.reshape(count, *values.shape[1:])


def voice(audio: NDArray[np.int16], count: int) -> tuple[F64, F64]:
    """Loudness (dB) and log2 F0 (NaN unvoiced) per 40 ms frame, by autocorrelation."""
    hop, window = round(AUDIO_HZ / FPS), 1024
    padded = np.pad(audio.astype(np.float64) / 32768, (window // 2, window + hop * count))
    loudness, pitch = np.zeros(count), np.full(count, np.nan)
    low, high = int(AUDIO_HZ / PITCH_HZ[1]), int(AUDIO_HZ / PITCH_HZ[0])
    for frame in range(count):
        piece = padded[frame * hop : frame * hop + window]
        piece = piece - piece.mean()
        power = float((piece**2).mean())
        loudness[frame] = 10 * np.log10(power + 1e-9)
        if power < 1e-5:
            continue
        spectrum = np.fft.rfft(piece * np.hanning(window), 2 * window)
        correlation = np.fft.irfft(np.abs(spectrum) ** 2)[:window]
        best = low + int(np.argmax(correlation[low:high]))
        if correlation[best] > 0.45 * correlation[0]:
            pitch[frame] = np.log2(AUDIO_HZ / best)
    return loudness, pitch - np.nanmedian(pitch) if np.isfinite(pitch).any() else pitch


def eye_signals(landmarks: F64) -> tuple[F64, F64]:
    """Opening (1 = usual) and gaze (yaw, pitch degrees in the head) of frontal landmarks."""
    openings, gazes = [], []
    for left, right, up1, low1, up2, low2, iris in EYES:
        width = np.linalg.norm(landmarks[:, right] - landmarks[:, left], axis=1)
        gap = np.linalg.norm(landmarks[:, low1] - landmarks[:, up1], axis=1)
        gap += np.linalg.norm(landmarks[:, low2] - landmarks[:, up2], axis=1)
        openings.append(gap / 2 / width)
        middle = (landmarks[:, left] + landmarks[:, right]) / 2
        offset = (landmarks[:, iris] - middle)[:, :2] / (EYE_RADIUS * width[:, None])
        gazes.append(np.degrees(np.arcsin(np.clip(offset, -1, 1))) * np.array([1, -1]))
    opening = np.mean(openings, axis=0)
    return opening / np.median(opening), np.mean(gazes, axis=0)


def load_take(path: Path, mean_shape: F64) -> Take:
    """Read one track."""
    with np.load(path) as data:
        landmarks = data["landmarks_px"].astype(np.float64) * np.array([1, 1, -1])
        values = coefficients_from(data["blendshape_names"], data["blendshapes"])
        at, fps, audio = data["frame_index"], float(data["fps"]), data["audio_16k"]
    rigid, rows, frontal = list(RIGID), [], []
    for points in landmarks:
        scale, rotation, shift = fit_similarity(mean_shape[rigid], points[rigid])
        rows.append([*np.degrees(euler_angles(rotation)), *(shift[:2]), scale])
        frontal.append((points - shift) @ rotation / scale)
    count = int(at[-1] / fps * FPS)
    table = resample(np.array(rows), at, fps, count)
    width = np.median(table[:, 5])
    place = np.column_stack([table[:, 3:5] / width, np.log(table[:, 5] / width)])
    opening, gaze = eye_signals(resample(np.array(frontal), at, fps, count))
    brows = [ARKIT_INDEX[n] for n in ("browInnerUp", "browOuterUpLeft", "browOuterUpRight")]
    brow = resample(values[:, brows].mean(1, keepdims=True), at, fps, count)[:, 0]
    loudness, pitch = voice(audio, count)
    speaking = loudness > np.percentile(loudness, 95) - 25
    return Take(
        path.stem, table[:, :3], place, opening, gaze, brow, loudness, pitch, speaking
    )  # fmt: skip


def spectrum(values: F64) -> list[float]:
    """Share of variance per band of SPECTRUM_HZ (first: below)."""
    power = np.abs(np.fft.rfft((values - values.mean()) * np.hanning(len(values)))) ** 2
    hz = np.fft.rfftfreq(len(values), 1 / FPS)
    edges = (0.0, *SPECTRUM_HZ)
    total = power.sum() + 1e-12
    return [
        float(power[(hz >= low) & (hz < high)].sum() / total)
        for low, high in zip(edges[:-1], edges[1:], strict=True)
    ]


def best_lag(signal: F64, driver: F64, use: NDArray[np.bool_]) -> tuple[float, float]:
    """Highest correlation of signal with driver, and by how many seconds the signal follows."""
    best = (0.0, 0.0)
    for lag in LAGS_FRAMES:
        a = signal[max(lag, 0) : len(signal) + min(lag, 0)]
        b = driver[max(-lag, 0) : len(driver) + min(-lag, 0)]
        good = use[max(-lag, 0) : len(use) + min(-lag, 0)] & np.isfinite(b)
        if good.sum() < 40:
            continue
        r = float(np.corrcoef(a[good], b[good])[0, 1])
        if r > best[0]:
            best = (r, lag / FPS)
    return best


def blinks(opening: F64) -> dict[str, float]:
    """Rate, durations and gaps of blinks."""
    closed = (opening < BLINK_DEPTH).astype(int)
    starts = np.flatnonzero(np.diff(closed, prepend=0) == 1)
    ends = np.flatnonzero(np.diff(closed, append=0) == -1)
    spans = (ends - starts + 1) / FPS
    starts, spans = starts[spans < 0.6], spans[spans < 0.6]
    seconds = len(opening) / FPS
    out = {"per_minute": 60 * len(starts) / seconds}
    if len(starts):
        out["closed_s"] = float(np.median(spans))
        lowest = [opening[s : s + 8].min() for s in starts]
        out["depth"] = float(np.median(lowest))
    if len(starts) > 2:
        out["gap_s"] = float(np.median(np.diff(starts) / FPS))
        out["gap_variation"] = float(np.std(np.diff(starts)) / np.mean(np.diff(starts)))
    return out


def saccades(gaze_deg: F64, opening: F64) -> dict[str, float]:
    """Sizes and gaps of quick eye movements while the eyes are open."""
    steady = np.stack([np.convolve(g, np.ones(3) / 3, "same") for g in gaze_deg.T], 1)
    jump = np.linalg.norm(steady[3:] - steady[:-3], axis=1)
    clear = np.convolve((opening < 0.75).astype(float), np.ones(9), "same")[3:] == 0
    is_peak = (jump > SACCADE_DEG) & clear
    is_peak &= jump >= np.maximum(np.roll(jump, 1), np.roll(jump, -1))
    at = np.flatnonzero(is_peak)
    at = at[np.diff(at, prepend=-99) > 3]
    out = {"per_second": len(at) / (len(jump) / FPS)}
    if len(at) > 3:
        out["size_deg_median"] = float(np.median(jump[at]))
        out["size_deg_90"] = float(np.percentile(jump[at], 90))
        out["gap_s"] = float(np.median(np.diff(at) / FPS))
    return out


def measure(take: Take) -> dict[str, float]:
    """All figures of one clip, flat."""
    out: dict[str, float] = {}
    axes = {"pitch": 0, "yaw": 1, "roll": 2}
    smooth = np.stack([np.convolve(a, np.ones(3) / 3, "valid") for a in take.angles_deg.T], 1)
    speed = np.gradient(smooth, 1 / FPS, axis=0)
    for axis, column in axes.items():
        out[f"head.{axis}_std_deg"] = float(smooth[:, column].std())
        out[f"head.{axis}_speed_rms_deg_s"] = float(np.sqrt((speed[:, column] ** 2).mean()))
        for band, share in zip(SPECTRUM_HZ, spectrum(smooth[:, column]), strict=True):
            out[f"head.{axis}_share_below_{band:g}_hz"] = share
    for axis, column in (("x", 0), ("y", 1), ("log_size", 2)):
        out[f"head.{axis}_std"] = float(take.place[:, column].std())
    total = np.linalg.norm(speed, axis=1)
    total = np.convolve(np.pad(total, (1, 1), "edge"), np.ones(5) / 5, "same")
    speaking, silent = take.speaking, ~take.speaking
    if silent.sum() > 25:
        out["head.speed_speaking_over_silent"] = float(
            total[speaking].mean() / total[silent].mean()
        )
    loud = np.convolve(take.loudness_db, np.ones(5) / 5, "same")
    for name, signal in (
        ("head_speed", total),
        ("brow", take.brow),
        ("pitch", take.angles_deg[:, 0]),
    ):
        for driver_name, driver in (("loudness", loud), ("f0", take.pitch_log2)):
            r, lag = best_lag(signal, driver, speaking)
            out[f"prosody.{name}_with_{driver_name}_r"] = r
            out[f"prosody.{name}_with_{driver_name}_lag_s"] = lag
    if len(take.opening) / FPS > 8:
        out |= {f"blink.{k}": v for k, v in blinks(take.opening).items()}
        out |= {f"saccade.{k}": v for k, v in saccades(take.gaze_deg, take.opening).items()}
    return out


def summary(takes: list[dict[str, float]]) -> dict[str, Any]:
    """Median, quartiles and number of clips of every figure."""
    out: dict[str, Any] = {}
    for key in sorted({k for take in takes for k in take}):
        values = np.array([take[key] for take in takes if key in take])
        low, middle, high = np.percentile(values, [25, 50, 75])
        group, name = key.split(".", 1)
        out.setdefault(group, {})[name] = {
            "median": round(float(middle), 4),
            "quartiles": [round(float(low), 4), round(float(high), 4)],
            "clips": len(values),
        }
    return out


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    with np.load(str(files("vasa_avatar") / "weights" / "face_basis.npz")) as basis:
        mean_shape = basis["mean_shape"].astype(np.float64)
    with (args.corpus / "MANIFEST.csv").open(newline="") as file:
        spoken = {row["name"] for row in csv.DictReader(file) if row["speech"] == "1"}
    takes, seconds = [], 0.0
    for path in trainable_clips(args.corpus):
        if path.stem not in spoken:
            continue
        take = load_take(path, mean_shape)
        if len(take.opening) / FPS < MIN_SECONDS:
            continue
        seconds += len(take.opening) / FPS
        takes.append(measure(take))
    text = json.dumps(
        {"clips": len(takes), "seconds": round(seconds, 1), **summary(takes)}, indent=1
    )
    args.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
