"""Changes log-mel rows as rooms, microphones, lines, noise, other tempi and other voices would.

All works on mel power, where sounds add, rooms smear along time and lines cut bands: cheap enough
to do afresh for every crop. Arrays are (T, 40) natural-log power at 100 Hz.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vasa_avatar.audio.log_mel import HIGH_HZ, LOW_HZ
from vasa_avatar.datatypes import F32
from vasa_avatar.training.speech.features import N_MELS

FLOOR = -23.0
Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class AugmentStrength:
    """How often each change is made."""

    voice: float = 0.6
    noise: float = 0.55
    room: float = 0.45
    line: float = 0.35
    equaliser: float = 0.7
    mask: float = 0.3


def band_centres_hz() -> F32:
    """(40,) middle of each mel band, by the scale of audio.log_mel."""
    step = np.log(6.4) / 27

    def to_mel(hz: float) -> float:
        return hz * 3 / 200 if hz < 1000 else 15 + np.log(hz / 1000) / step

    edges = np.linspace(to_mel(LOW_HZ), to_mel(HIGH_HZ), N_MELS + 2)[1:-1]
    return np.where(edges < 15, edges * 200 / 3, 1000 * np.exp((edges - 15) * step)).astype(
        np.float32
    )


def time_warp_path(rows: int, rng: Rng, is_vowel: np.ndarray, sing: bool = False) -> F32:
    """Source positions (float rows) of a faster, slower or sung version.

    Args:
        rows: length of the source.
        rng: source of choices.
        is_vowel: (rows,) bool; sung vowels are held 2 to 8 times as long.
        sing: hold the vowels.
    """
    stretch = np.full(rows, float(np.exp(rng.normal(0.0, 0.14))))
    if sing:
        edges = np.flatnonzero(np.diff(is_vowel.astype(np.int8), prepend=0, append=0))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            stretch[start:end] *= float(np.exp(rng.uniform(0.2, 2.0)))
    ends = np.cumsum(stretch)
    return np.interp(np.arange(int(ends[-1])), ends, np.arange(rows)).astype(np.float32)


def take_rows(values: F32, path: F32) -> F32:
    """(len(path), C) rows of (T, C) values at fractional positions."""
    low = path.astype(np.int64)
    high = np.minimum(low + 1, len(values) - 1)
    share = (path - low)[:, None]
    return (values[low] * (1 - share) + values[high] * share).astype(np.float32)


def equalise(rows: F32, rng: Rng) -> F32:
    """A smooth random tilt and bumps of some dB, as microphones have."""
    knots = rng.normal(0, 1.0, 6)
    curve = np.interp(np.linspace(0, 5, N_MELS), np.arange(6), knots)
    curve += rng.normal(0, 0.8) * np.linspace(-1, 1, N_MELS)
    return (rows + curve).astype(np.float32)


def move_bands(rows: F32, rng: Rng) -> F32:
    """Another vocal tract and pitch: bands slide along the scale by up to two, unevenly."""
    knots = rng.normal(0, 0.7, 5) + rng.normal(0, 0.4)
    position = np.arange(N_MELS) + np.interp(np.linspace(0, 4, N_MELS), np.arange(5), knots)
    position = np.clip(position, 0, N_MELS - 1.001)
    low = position.astype(np.int64)
    share = (position - low).astype(np.float32)
    out = rows[:, low] * (1 - share) + rows[:, low + 1] * share
    if rng.random() < 0.4:
        out[:, 1:-1] = 0.25 * out[:, :-2] + 0.5 * out[:, 1:-1] + 0.25 * out[:, 2:]
    return out.astype(np.float32)


def smear(rows: F32, rng: Rng) -> F32:
    """Late reverberation: power decays exponentially after each row (T60 of .15 to .8 s)."""
    t60_s = rng.uniform(0.15, 0.8) * np.linspace(1.15, 0.7, N_MELS)
    keep = (10 ** (-6 / (t60_s * 100))).astype(np.float32)
    wet = float(np.exp(rng.uniform(np.log(0.02), np.log(0.35)))) * (1 - keep)
    power = np.exp(rows)
    tail = np.zeros_like(power)
    state = np.zeros(N_MELS, np.float32)
    for k in range(len(power)):
        tail[k] = state
        state = keep * (state + power[k])
    echoing: F32 = np.log(power + wet * tail + 1e-10).astype(np.float32)
    return echoing


def _share_above(top_hz: float, over_hz: float) -> F32:
    """(40,) 0 for bands below `top_hz`, 1 from `over_hz` above it on."""
    share: F32 = np.clip((band_centres_hz() - top_hz) / over_hz, 0, 1)
    return share


def cut_line(rows: F32, rng: Rng) -> F32:
    """A telephone, radio or codec: bands cut above (and at times below), coding noise."""
    top_hz = float(rng.choice([3400, 3800, 4000, 5500, 7000], p=[0.2, 0.25, 0.25, 0.15, 0.15]))
    cut = -_share_above(top_hz, 0.04 * top_hz) * rng.uniform(6, 14)
    if rng.random() < 0.4:
        low_hz = float(rng.uniform(80, 300))
        cut -= np.clip((low_hz - band_centres_hz()) / (0.3 * low_hz), 0, 1) * rng.uniform(3, 8)
    out = rows + cut
    if rng.random() < 0.4:
        floor = np.log(np.exp(rows).mean(axis=1, keepdims=True) + 1e-10) - rng.uniform(6.5, 10)
        out = np.logaddexp(out, floor + rng.normal(0, 0.5, rows.shape))
    return np.maximum(out, FLOOR).astype(np.float32)


def telephone(rows: F32, rng: Rng) -> F32:
    """The same sound sent at 8 kHz: nothing above 3.6 to 4 kHz."""
    above = _share_above(float(rng.uniform(3600, 4000)), 120)
    narrow: F32 = np.maximum(rows - above * 14, FLOOR).astype(np.float32)
    return narrow


def add_noise(rows: F32, noise: F32, snr_db: float) -> F32:
    """Add another sound at a signal-to-noise ratio measured on the louder half of the rows."""
    level = np.log(np.exp(rows).mean(axis=1) + 1e-10)
    loud = float(np.log(np.mean(np.exp(level[level >= np.median(level)]))))
    noise_level = float(np.log(np.exp(noise).mean() + 1e-10))
    gain = loud - noise_level - snr_db / 4.343
    mixed: F32 = np.logaddexp(rows, noise + gain).astype(np.float32)
    return mixed


def mask(rows: F32, rng: Rng) -> F32:
    """Replace a few bands or some rows by their mean, so that nothing depends on one band."""
    out = rows.copy()
    for _ in range(int(rng.integers(1, 3))):
        low = int(rng.integers(0, N_MELS - 4))
        width = int(rng.integers(1, 6))
        out[:, low : low + width] = rows.mean(axis=1, keepdims=True)
    return out


def augment(rows: F32, noise: F32, rng: Rng, strength: AugmentStrength = AugmentStrength()) -> F32:
    """One random version of clean log-mel rows.

    Args:
        rows: (T, 40).
        noise: (T, 40) rows of some other sound: noise, music, babble.
        rng: source of choices.
        strength: how often each change is made.
    """
    out = move_bands(rows, rng) if rng.random() < strength.voice else rows
    if rng.random() < strength.equaliser:
        out = equalise(out, rng)
    if rng.random() < strength.room:
        out = smear(out, rng)
    if rng.random() < strength.noise:
        out = add_noise(out, noise, float(rng.uniform(2, 35)))
    if rng.random() < strength.line:
        out = cut_line(out, rng)
    if rng.random() < strength.mask:
        out = mask(out, rng)
    gain = float(rng.uniform(-30, 4)) / 4.343
    louder: F32 = np.maximum(out + gain, FLOOR).astype(np.float32)
    return louder
