"""Filmed speech as training and test material: sound beside what the lips did, at 100 Hz.

Mouth measures come from landmarks, in units of the distance between the outer corners of the eyes:
`opening` between the inner lips (landmarks 13, 14) and `width` between the corners (61, 291).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vasa_avatar.datatypes import F32
from vasa_avatar.training.speech.features import warped_log_mel

SPEAKERS: dict[str, str] = {f"clip{i}": "grid" for i in range(11, 17)}
"""Clips under one name are never on both sides of a split; GRID's speakers are not told apart."""
NOT_SPEECH = ("clip18", "clip19", "clip20", "clip24")
"""Marked as speech, but acted, sung over music, or without a word that a recogniser understands."""
FOLDS: tuple[tuple[str, ...], ...] = (
    ("clip00",), ("clip01",), ("clip02", "clip06", "clip08"),
    ("clip07", "clip09", "clip10", "grid"),
)  # fmt: skip
"""Speakers that are kept out together in cross-validation."""
A2F_LATE_S = 0.04
"""audio2face's rig runs this much later than its sound."""
A2F_OPENING = {"mouth_suck_dl": 1.0, "mouth_lowerLipDepress_r": 0.4, "mouth_funnel_dr": 0.1}
A2F_WIDTH = {
    "mouth_suck_dl": 0.5, "mouth_oo_c": -0.5, "mouth_pucker_r": -0.3, "mouth_screamFix_c": -0.3,
}  # fmt: skip
"""Mouth measures from audio2face's rig. Its names do not say what its weights do; these are the
ones that move with the opening and the width which other films teach."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One filmed clip."""

    name: str
    speaker: str
    pcm: F32
    """(N,) at 16 kHz"""
    opening: F32
    """(T,) at 100 Hz, row k at sample k * 160"""
    width: F32
    """(T,)"""
    may_train: bool
    offset_s: float = 0.0
    """how much later than its sound the picture is; already taken out of opening and width"""


def _resampled(times_s: np.ndarray, values: np.ndarray, rows: int) -> F32:
    at_100_hz: F32 = np.interp(np.arange(rows) * 0.01, times_s, values).astype(np.float32)
    return at_100_hz


def load_clip(corpus: Path, row: dict[str, str], offset_s: float = 0.0) -> Clip | None:
    """One clip, moved by its offset; None where it has no usable sound."""
    name = row["name"]
    with np.load(corpus / "tracks" / f"{name}.npz") as data:
        pcm = data["audio_16k"].astype(np.float32) / 32768
        landmarks = data["landmarks_px"].astype(np.float64)
        times_s = (data["frame_index"] + 0.5) / float(data["fps"]) - offset_s
    rows = min(len(pcm) // 160, int(times_s[-1] * 100))
    if row["speech"] != "1" or rows < 80 or np.sqrt(np.mean(pcm**2)) < 1e-3:
        return None

    def distance(a: int, b: int) -> np.ndarray:
        distances: np.ndarray = np.linalg.norm(landmarks[:, a] - landmarks[:, b], axis=1)
        return distances

    eyes = distance(33, 263)
    return Clip(
        name,
        SPEAKERS.get(name, name),
        pcm,
        _resampled(times_s, distance(13, 14) / eyes, rows),
        _resampled(times_s, distance(61, 291) / eyes, rows),
        not row["may_train"].startswith("no"),
        offset_s,
    )


def load_clips(corpus: Path, offsets_s: dict[str, float] | None = None) -> list[Clip]:
    """All clips with usable speech."""
    with (corpus / "MANIFEST.csv").open(newline="", encoding="utf-8") as handle:
        table = list(csv.DictReader(handle))
    found = [load_clip(corpus, r, (offsets_s or {}).get(r["name"], 0.0)) for r in table]
    return [c for c in found if c is not None and c.name not in NOT_SPEECH]


def load_audio2face(corpus: Path) -> list[Clip]:
    """Four takes of one Mandarin speaker's rig weights as clips of one speaker."""
    clips = []
    for path in sorted((corpus / "audio2face").glob("*.npz")):
        with np.load(path) as data:
            pcm = data["audio"].astype(np.float32) / 32768
            weights, fps = data["weights"], float(data["fps"])
            column = {str(name): weights[:, i] for i, name in enumerate(data["names"])}
        times_s = (np.arange(len(weights)) + 0.5) / fps - A2F_LATE_S
        rows = min(len(pcm) // 160, int(times_s[-1] * 100))
        opening, width = (
            _resampled(times_s, sum(w * column[n] for n, w in parts.items()), rows)
            for parts in (A2F_OPENING, A2F_WIDTH)
        )
        clips.append(Clip(f"audio2face {path.stem}", "audio2face", pcm, opening, width, True))
    return clips


def band_lags(pcm: F32, rows: int, lookahead_rows: int, mels: int = 20, lags: int = 8) -> F32:
    """(rows, mels * lags + 1) features of the honest baseline: pooled mel bands at past lags.

    Row k sees bands of rows k + lookahead_rows - 3 * lag. The sound's own mean is taken out.
    """
    mel = warped_log_mel(pcm)[0]
    pooled = mel.reshape(len(mel), mels, -1).mean(axis=2)
    pooled = np.maximum(pooled, np.percentile(pooled, 98) - 10)
    pooled -= pooled.mean(axis=0)
    index = np.arange(rows)
    parts = [
        pooled[np.clip(index + lookahead_rows - 3 * lag, 0, len(mel) - 1)] for lag in range(lags)
    ]
    return np.concatenate([*parts, np.ones((rows, 1))], axis=1).astype(np.float32)


def standard(values: F32) -> F32:
    """Zero mean, unit deviation."""
    scaled: F32 = ((values - values.mean()) / (values.std() + 1e-6)).astype(np.float32)
    return scaled


def ridge_predictions(
    clips: list[Clip], measure: str, lookahead_rows: int, strength: float = 300.0
) -> dict[str, F32]:
    """What a ridge on mel bands, trained on all other speakers, says of each clip."""
    made = {c.name: band_lags(c.pcm, len(c.opening), lookahead_rows) for c in clips}
    moments = {}
    for clip in clips:
        x, y = made[clip.name], standard(getattr(clip, measure))
        moments[clip.name] = (x.T @ x, x.T @ y)
    out = {}
    for clip in clips:
        others = [c.name for c in clips if c.speaker != clip.speaker and c.may_train]
        gram = sum(moments[n][0] for n in others) + strength * np.eye(made[clip.name].shape[1])
        weights = np.linalg.solve(gram, sum(moments[n][1] for n in others))
        out[clip.name] = (made[clip.name] @ weights).astype(np.float32)
    return out


def correlation(a: F32, b: F32) -> float:
    """Pearson's, over whole clips."""
    return float(np.mean(standard(a) * standard(b)))


def estimate_offsets(corpus: Path) -> dict[str, float]:
    """By how much each clip's picture is later than its sound, in seconds.

    From the sound's mel bands alone: the lag at which a ridge trained on the other speakers fits
    the filmed opening and width best, drawn towards nought the more the shorter the clip is.
    """
    clips = load_clips(corpus)
    lags = np.arange(-25, 26)
    offsets: dict[str, float] = {}
    for _ in range(2):
        moved = [replace(c) for c in load_clips(corpus, offsets)]
        predicted = {m: ridge_predictions(moved, m, 6) for m in ("opening", "width")}
        for clip in clips:
            score = np.zeros(len(lags))
            for measure, said in predicted.items():
                for i, lag in enumerate(lags.tolist()):
                    filmed = getattr(clip, measure)
                    n = min(len(filmed), len(said[clip.name]))
                    low, high = max(0, lag), min(n, n + lag)
                    score[i] += correlation(
                        filmed[low:high], said[clip.name][low - lag : high - lag]
                    )
            prior = (lags / 8.0) ** 2 * min(1.0, 4.0 / (len(clip.opening) / 100)) * 0.15
            offsets[clip.name] = float(lags[int(np.argmax(score - prior))]) / 100
    return offsets
