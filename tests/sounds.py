"""Sounds made by formula, for tests."""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import I16


def speech_like(seconds: float, rate: int, seed: int = 0) -> I16:
    """A voice that says syllables: harmonics through moving formants, pauses, int16."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    f0 = 130 + 25 * np.sin(2 * np.pi * 0.7 * t) + 8 * np.sin(2 * np.pi * 2.3 * t)
    phase = 2 * np.pi * np.cumsum(f0) / rate
    first = 450 + 250 * np.sin(2 * np.pi * 1.9 * t)
    second = 1500 + 700 * np.sin(2 * np.pi * 1.3 * t + 1)
    voice = np.zeros_like(t)
    for harmonic in range(1, 25):
        hz = harmonic * f0
        gain = 1 / (1 + ((hz - first) / 120) ** 2) + 0.4 / (1 + ((hz - second) / 200) ** 2)
        voice += gain * np.sin(harmonic * phase) * (hz < rate / 2.2)
    syllables = np.clip(np.sin(2 * np.pi * 3.7 * t) + 0.4, 0, None)
    phrases = (np.sin(2 * np.pi * 0.31 * t + 0.3) > -0.6).astype(float)
    sound = voice * syllables * phrases + 0.002 * rng.standard_normal(len(t))
    return (sound / np.abs(sound).max() * 14_000).astype(np.int16)
